"""An official on the page of absences: names a colleague, sees for whom they stand in, and ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from services.launcher.story.people import wait_for
from shared.clock import business_date
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import World


@pytest.fixture
def county(world: World) -> Iterator[Browser]:
    """Somebody on the page, for whom nobody stands in before or after."""
    browser = world.browser("county")
    browser.open("/")
    browser.click("委托代理")
    yield browser
    while "结束委托" in browser.open("/absences").text:
        browser.submit("/end")


def on(world: World, days: int) -> str:
    return (today(world) + timedelta(days=days)).isoformat()


def today(world: World) -> date:
    return business_date(world.clock.now())


def shown(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def test_an_official_names_a_colleague_and_both_are_told(world: World, county: Browser) -> None:
    assert "目前没有委托他人代办" in county.page.text
    assert f'value="{on(world, 0)}"' in county.page.html
    colleague = world.people["county2"].account_id
    page = county.submit(
        "/absences", delegate_account_id=colleague, until_day=on(world, 2), business_types=["star_rating"]
    )
    assert "已委托 韩雪 代办" in page.text
    assert "由 韩雪 代办 代办中" in page.text
    assert f"{shown(today(world) + timedelta(days=2))} 24:00 星级认定" in page.text

    other = world.browser("county2")
    assert "代 何建民 办理 代办中" in other.open("/absences").text
    assert "结束委托" not in other.page.text
    wait_for(lambda: "何建民委托您代办" in other.open("/messages").text, what="the message to who stands in")
    wait_for(lambda: "委托代理已设置：由韩雪代办" in county.open("/messages").text, what="the message to who is away")
    county.submit("/messages/read")
    assert county.submit("/read", then="open").path == "/absences"

    ended = county.submit("/end")
    assert "韩雪 不再代您办理" in ended.text
    assert "目前没有委托他人代办" in ended.text
    assert "已提前结束" in ended.text
    wait_for(lambda: "不再代何建民办理" in other.open("/messages").text, what="the news of the end")


def test_whole_days_ahead_are_told_in_days(world: World, county: Browser) -> None:
    colleague = world.people["clerk"].account_id
    page = county.submit("/absences", delegate_account_id=colleague, from_day=on(world, 3), until_day=on(world, 4))
    first, last = (shown(today(world) + timedelta(days=days)) for days in (3, 4))
    assert f"由 郭静 代办 未开始 {first} – {last} 全部事项" in page.text


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"delegate": ""}, "delegate_account_id", "必填项未填写"),
        ({"until": ""}, "until_day", "必填项未填写"),
        ({"delegate": "city"}, "delegate_account_id", "同一地区的在任经办或审批人员"),
        ({"until": "-1"}, "until_day", "结束时间须晚于开始时间"),
        ({"until": "91"}, "until_day", "一次委托不能超过90天"),
        ({"until": "next week"}, "until_day", "时间格式不正确"),
        ({"until": "9999-12-31"}, "until_day", "时间格式不正确"),
        ({"from": "-1"}, "from_day", "开始时间不能早于现在"),
        ({"from": "366", "until": "367"}, "from_day", "只能预设365天以内的委托"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    world: World, county: Browser, typed: dict[str, str], field: str, said: str
) -> None:
    delegate = typed.get("delegate", "clerk")
    days = {name: typed.get(name, default) for name, default in (("from", "1"), ("until", "2"))}
    sent = {name: on(world, int(day)) if day.removeprefix("-").isdigit() else day for name, day in days.items()}
    page = county.submit(
        "/absences",
        delegate_account_id=world.people[delegate].account_id if delegate else "",
        from_day=sent["from"],
        until_day=sent["until"],
        business_types=["commendation"],
    )
    assert page.status == 422
    assert said in page.text
    assert f'id="{field}-fault"' in page.html
    assert f'href="#{field}"' in page.html
    assert 'value="commendation" checked' in page.html
    assert "目前没有委托他人代办" in page.text


def test_a_second_deputy_and_a_circle_are_refused_in_words(world: World, county: Browser) -> None:
    clerk, second = (world.people[handle].account_id for handle in ("clerk", "county2"))
    until = on(world, 2)
    county.submit("/absences", delegate_account_id=clerk, until_day=until)
    page = county.submit("/absences", delegate_account_id=second, until_day=until)
    assert page.status == 409
    assert "您在这段时间已委托郭静代办" in page.text
    other = world.browser("clerk")
    other.open("/absences")
    page = other.submit("/absences", delegate_account_id=world.people["county"].account_id, until_day=until)
    assert page.status == 409
    assert "委托会绕回本人（郭静 → 何建民 → 郭静）" in page.text


def test_a_rule_is_ended_once_however_often_the_form_is_sent(world: World, county: Browser) -> None:
    clerk = world.people["clerk"].account_id
    county.submit("/absences", delegate_account_id=clerk, until_day=on(world, 1))
    form = county.page.form("/end")
    for _ in range(2):
        assert "郭静 不再代您办理" in county.send(form).text
    assert county.open(form.action).path == "/absences"


def test_who_has_no_colleagues_reads_whom_to_ask(world: World) -> None:
    page = world.browser("city").open("/absences")
    assert "您所在地区没有其他在任经办或审批人员" in page.text
    assert "确认委托" not in page.text


@pytest.mark.parametrize("handle", ["wang", "head", "system"])
def test_nobody_else_is_led_there(world: World, handle: str) -> None:
    browser = world.browser(handle)
    assert "委托代理" not in browser.open("/").text
    assert browser.open("/absences").status == 403
