"""Volunteers, organisations and administrators do their work on the pages."""

from __future__ import annotations

import random
from datetime import timedelta

from services.launcher.story.numbers import made_up_id_number
from services.launcher.story.people import wait_for
from shared.clock import business_date
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import COUNTY, SUMMARY, World


def test_somebody_registers_and_sees_their_faults_at_the_fields(world: World) -> None:
    browser = make_account(world)
    browser.click("注册为志愿者")
    typed = {"name": "赵敏", "id_number": "130123199001011234", "mobile": "13900001111", "region": COUNTY}
    page = browser.submit("/register/volunteer", **typed, category="other", consents="privacy")
    assert page.status == 422
    assert "须分别同意隐私政策和身份证号的使用" in page.text
    both = ["privacy", "id_number"]
    browser.open("/language/en?next=/register/volunteer")
    page = browser.submit("/register/volunteer", **typed, category="other", consents=both)
    assert page.status == 422
    assert "ID number" in page.text
    assert 'id="id_number-fault"' in page.html

    typed["id_number"] = made_up_id_number(random.Random(7))
    browser.submit("/register/volunteer", **typed, category="other", consents=both)
    browser.open("/language/zh-CN?next=/")
    assert "石家庄市正定县正在审核" in browser.page.text

    clerk = world.browser("clerk")
    wait_for(lambda: "志愿者注册：赵敏" in clerk.open("/").text, what="the task")
    clerk.click("志愿者注册：赵敏")
    assert typed["id_number"] not in clerk.page.html
    clerk.submit("/approve")
    # The post is felt at once: the next page takes a new token.
    wait_for(lambda: "离我下一颗星" in browser.open("/").text, what="the volunteer's desk")
    assert "还差 100 小时" in browser.page.text
    wait_for(lambda: "注册已通过" in browser.open("/messages").text, what="the message")
    browser.submit("/read")
    assert "未读 0" in browser.open("/messages").text


def make_account(world: World) -> Browser:
    """Make an account, with a good password at the second try; answers the browser that is signed in."""
    browser = world.browser()
    browser.open("/register")
    browser.submit("/register", name="赵敏", username="zhaomin", password="Aa1-zhaomin", password_again="Aa1-zhaomin")
    weak = browser.page
    assert weak.status == 422
    assert "且不含用户名" in weak.text
    good = "Aa1-feng-yu-8"
    browser.submit("/register", name="赵敏", username="zhaomin", password=good, password_again=good)
    assert "账号已建立" in browser.page.text
    return browser


def test_a_volunteer_sees_records_by_their_state(world: World) -> None:
    world.draft("记录显示待审")
    browser = world.browser("wang")
    page = browser.open("/me?state=pending")
    assert "记录显示待审" in page.text
    assert "3 小时" in page.text
    assert "记录显示待审" not in browser.open("/me?state=confirmed").text
    assert browser.open("/my/stars").path == "/me#stars"


def test_an_organisation_goes_from_a_project_to_a_submitted_report(world: World) -> None:
    browser = world.browser("head")
    open_activity(browser)
    path = browser.page.path
    record_and_close(world, browser)

    wait_for(lambda: "安全第一课" in browser.open("/").text, what="the draft")
    browser.click("安全第一课")
    short = browser.submit("/reports/", then="submit", summary="太短")
    assert short.status == 422
    assert "至少20字" in short.text
    assert "太短" in short.html
    browser.submit("/reports/", then="save", summary=SUMMARY)
    assert "已保存，尚未提交" in browser.page.text
    assert SUMMARY in browser.page.html
    browser.submit("/reports/", then="submit")
    assert "已提交审批" in browser.page.text
    wait_for(lambda: "查看报告" in browser.open(path).text, what="the way from the activity to its report")


def open_activity(browser: Browser) -> None:
    """Open a project and an activity in it, the activity at the second try."""
    browser.open("/projects")
    browser.submit("/projects", name="青春护航进校园", theme="youth_escort", description="走进中小学讲安全第一课")
    assert "项目“青春护航进校园”已建立" in browser.page.text
    browser.open(browser.page.html.split("青春护航进校园</strong>")[1].split('href="')[1].split('"')[0])
    incomplete = browser.submit("/activities/new", name="安全第一课", place="正定中学")
    assert incomplete.status == 422
    assert "必填项未填写" in incomplete.text
    browser.submit(
        "/activities/new",
        name="安全第一课",
        place="正定中学",
        beneficiaries="初一学生",
        content="讲解交通和防溺水安全",
        leader="马立新",
        category="daily",
        enters="school",
    )
    assert "活动“安全第一课”已建立" in browser.page.text


def record_and_close(world: World, browser: Browser) -> None:
    """Record one line on an activity's page, at the second try, and close the activity."""
    day = (business_date(world.clock.now()) - timedelta(days=1)).isoformat()
    line = {
        "lines-2-volunteer_number": world.people["li"].volunteer_number,
        "lines-2-served_on": day,
        "lines-2-starts": "08:00",
    }
    wrong = browser.submit("/records", **line, **{"lines-2-ends": "07:00"})
    assert wrong.status == 422
    assert "结束时间须晚于开始时间" in wrong.text
    assert 'href="#lines-2-ends"' in wrong.html
    browser.submit("/records", **line, **{"lines-2-ends": "10:30"})
    assert "已录入 1 条服务记录" in browser.page.text
    assert "2.5 小时" in browser.page.text
    browser.submit("/close")
    assert "活动已结束" in browser.page.text


def test_administrators_propose_and_confirm_a_post(world: World) -> None:
    system, security = world.browser("system"), world.browser("security")
    system.open("/posts")
    made = system.submit("/accounts", name="贾文", username="jiawen-t")
    assert made.status == 201
    assert "口令只显示这一次" in made.text
    secret = made.html.split('class="secret">')[1].split("<")[0]
    system.submit("/posts", role="clerk", region=COUNTY)
    assert "待安全管理员确认" in system.page.text

    newcomer = world.browser()
    newcomer.open("/activate")
    password = "Aa1-qing-feng"
    newcomer.submit("/activate", secret=secret, password=password, password_again=password)
    assert "账号 jiawen-t 已启用" in newcomer.page.text

    desk = security.open("/")
    assert "待确认的任职" in desk.text
    security.submit("/confirm")
    assert "任职已确认" in security.page.text
    assert "待我审批" in newcomer.sign_in("jiawen-t", password).text
