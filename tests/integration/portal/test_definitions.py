"""Officials see by which route a case is decided, as a picture and in words."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.integration.portal.conftest import World
from tests.integration.portal.test_deciding import opened

ROUTE = "/definitions/reporting/activity_report/1"


def test_the_route_of_a_case_is_one_click_away(world: World) -> None:
    browser = opened(world, "county", world.submitted("查看流程的活动"))
    page = browser.click("查看审批流程")
    assert page.path == ROUTE
    assert page.status == 200
    assert "县级审批（县级）：或签：审批；须填意见：驳回、退回" in page.text
    assert "随系统发布" in page.text
    picture = browser.open(f"{ROUTE}/drawing.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert ET.fromstring(picture.html).get("role") == "img"  # noqa: S314  # our own


def test_officials_and_administrators_find_all_routes_in_the_navigation(world: World) -> None:
    for handle in ("county", "system"):
        page = world.browser(handle).open("/definitions")
        for title in ("活动报告审批", "志愿者注册审核", "五星级认定"):
            assert title in page.text
        assert 'aria-current="page">审批流程' in page.html
    assert "审批流程" not in world.browser("wang").open("/").text


def test_a_volunteer_may_see_the_route_of_their_own_case_too(world: World) -> None:
    assert world.browser("wang").open(ROUTE).status == 200


def test_pictures_speak_the_language_of_the_page(world: World) -> None:
    browser = world.browser("county")
    browser.open("/language/en?next=/definitions")
    assert "In use" in browser.page.text
    assert "Submitted" in browser.open(f"{ROUTE}/drawing.svg").html


def test_what_is_not_there_is_not_found(world: World) -> None:
    browser = world.browser("county")
    for path in ("/definitions/records/x/1", "/definitions/reporting/x/1", "/definitions/reporting/activity_report/9"):
        assert browser.open(path).status == 404
        assert browser.open(f"{path}/drawing.svg").status == 404
