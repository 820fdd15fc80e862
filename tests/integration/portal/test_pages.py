"""What every page keeps to: its language, its protection, and a next step when something went wrong."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from services.portal.app import POLICY, create_app
from tests.integration.portal.browsing import Browser, Page
from tests.integration.portal.conftest import World

INLINE = re.compile(
    r"""<style|\sstyle\s*=|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=|javascript:|\bhttps?://""", re.IGNORECASE
)
PAGES = {
    "": ["/", "/login", "/register", "/activate", "/claim", "/nowhere"],
    "wang": ["/", "/me", "/messages", "/register/organisation"],
    "head": ["/", "/projects", "/register/volunteer", "/posts"],
    "county": ["/", "/messages", "/absences", "/definitions", "/definitions/reporting/activity_report/1"],
    "city": ["/absences"],
    "security": ["/", "/posts"],
    "system": ["/", "/posts", "/definitions"],
}


def check(page: Page) -> None:
    """Make sure that a page loads nothing but our own files and runs nothing that is written into it."""
    assert not INLINE.search(page.html), INLINE.search(page.html)
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.html.count("<h1") == 1 or page.path == "/"
    labels = set(re.findall(r'<label[^>]*for="([^"]+)"', page.html))
    inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page.html)
    for one in inputs:
        if 'type="hidden"' not in one and "aria-label" not in one:
            found = re.search(r'\bid="([^"]+)"', one)
            assert found, one
            assert found[1] in labels, one


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("handle", PAGES)
def test_every_page_is_protected_labelled_and_in_one_language(world: World, handle: str, language: str) -> None:
    browser = world.browser(handle)
    browser.open(f"/language/{language}?next=/login")
    for path in PAGES[handle]:
        page = browser.open(path)
        check(page)
        assert f'<html lang="{language}">' in page.html
        if language == "en":
            assert "首页" not in page.text
            assert "登录" not in page.text


def test_an_error_says_what_to_do_next(world: World) -> None:
    browser = world.browser("county")
    forbidden = browser.open("/posts")
    assert forbidden.status == 403
    assert "请联系本单位的系统管理员核对任职" in forbidden.text
    assert "返回首页" in forbidden.text
    lost = browser.open("/cases/reporting/none")
    assert lost.status == 404
    assert "没有找到该事项" in lost.text


def test_a_form_without_its_token_is_refused(world: World) -> None:
    browser = world.browser()
    answer = browser.client.post("/login", data={"username": "x", "password": "y"})
    assert answer.status_code == 400
    assert "已失效" in answer.get_data(as_text=True)


def test_a_wrong_password_is_said_on_the_form(world: World) -> None:
    page = world.browser().sign_in("nobody-of-this-name", "wrong")
    assert page.status == 401
    assert "用户名或密码不正确" in page.text
    assert 'value="wrong"' not in page.html


def test_a_page_that_needs_a_person_leads_back_to_itself(world: World) -> None:
    browser = world.browser()
    page = browser.open("/messages?unread=true")
    assert page.path.startswith("/login?next=")
    who = world.people["wang"]
    assert browser.submit("/login", username=who.username, password=who.password).path == "/messages?unread=true"


def test_an_expired_token_is_renewed_and_nobody_notices(world: World) -> None:
    browser = world.browser("wang")
    before = browser.client.get_cookie("anyuan")
    world.clock.offset += timedelta(minutes=11)
    assert browser.open("/me").status == 200
    after = browser.client.get_cookie("anyuan")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_two_tabs_of_one_browser_renew_the_same_session(world: World) -> None:
    browser = world.browser("wang")
    cookie = browser.client.get_cookie("anyuan")
    assert cookie is not None
    world.clock.offset += timedelta(minutes=11)
    assert browser.open("/me").status == 200
    other_tab = Browser(world.node.wsgi)
    other_tab.client.set_cookie("anyuan", cookie.value)
    assert other_tab.open("/me").path == "/me"
    assert browser.open("/me").path == "/me"


def test_signing_out_ends_the_session_for_good(world: World) -> None:
    browser = world.browser("wang")
    cookie = browser.client.get_cookie("anyuan")
    assert cookie is not None
    assert "您已退出登录" in browser.submit("/logout").text
    world.clock.offset += timedelta(minutes=11)
    browser.client.set_cookie("anyuan", cookie.value)
    page = browser.open("/me")
    assert page.path.startswith("/login")
    assert "登录已失效" in page.text


class Away(httpx.BaseTransport):
    """The services, one of them away."""

    def __init__(self, there: httpx.BaseTransport, away: str) -> None:
        self._there = there
        self._away = away

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(f"/api/{self._away}/"):
            raise httpx.ConnectError("nobody there", request=request)
        return self._there.handle_request(request)


def test_a_service_that_is_away_leaves_a_gap_and_not_an_error(world: World) -> None:
    transport = Away(httpx.WSGITransport(app=world.node.wsgi), "awards")
    api = httpx.Client(transport=transport, base_url="http://anyuan/api")
    browser = Browser(create_app(api=api, secret=b"another", secure_cookies=False, clock=world.clock))
    who = world.people["county"]
    page = browser.sign_in(who.username, who.password)
    assert page.status == 200
    assert "暂时无法显示：星级表彰" in page.text
    gone = browser.open("/cases/awards/any")
    assert gone.status == 503
    assert "请等待一分钟后再试" in gone.text
    api.close()


def test_cookies_of_a_site_on_https_are_bound_to_it(world: World) -> None:
    api = httpx.Client(transport=httpx.WSGITransport(app=world.node.wsgi), base_url="http://anyuan/api")
    app = create_app(api=lambda: api, secret=b"another", secure_cookies=True)
    client = app.test_client()
    page = client.get("/login", base_url="https://anyuan").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    who = world.people["wang"]
    answer = client.post(
        "/login",
        base_url="https://anyuan",
        headers={"Referer": "https://anyuan/login"},
        data={"csrf_token": found[1], "username": who.username, "password": who.password},
    )
    cookies = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-anyuan=")]
    assert len(cookies) == 1
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookies[0].split("; "))
    api.close()
