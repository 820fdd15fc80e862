"""An organiser asks for a volunteer who is registered elsewhere, sees how that stands, and records them."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from services.launcher.story import acts
from services.portal.app import create_app
from services.records.model import Guest
from services.records.rules import INTRODUCTION_TAKES
from shared.clock import business_date
from shared.contracts.records import VolunteerSought
from shared.contracts.registration import VolunteerIntroduced
from tests.integration.listening import published
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import COUNTY, World
from tests.waiting import wait_until

NAME = "唐静"


@pytest.fixture
def organiser(world: World) -> Browser:
    """The head of an organisation at the site of a node that has neighbours."""
    return at_a_linked_site(world, "head")


def at_a_linked_site(world: World, handle: str) -> Browser:
    api = httpx.Client(transport=httpx.WSGITransport(app=world.node.wsgi), base_url="http://anyuan/api")
    portal = create_app(api=api, secret=b"s" * 32, secure_cookies=False, clock=world.clock, has_neighbours=True)
    browser = Browser(portal)
    browser.sign_in(world.people[handle].username, world.people[handle].password)
    return browser


def sought(world: World, number: str) -> int:
    """Answer how often the home of a number was asked."""
    told = published(world.node.databases["records"])
    return sum(isinstance(event, VolunteerSought) and event.volunteer_number == number for event in told)


def introduce(world: World, number: str) -> None:
    """Let the home of a volunteer introduce them, as it arrives from another node."""
    with world.node.databases["registration"].unit_of_work() as uow:
        uow.publish(
            VolunteerIntroduced(
                volunteer_number=number, account_id="tang", name=NAME, region="130281", to_region=COUNTY
            )
        )


def test_from_a_number_that_is_not_found_to_a_record(world: World, organiser: Browser) -> None:
    number = "A1200000017"
    head = world.people["head"]
    activity = acts.open_activity(
        head, organisation_id=world.organisation_id, name="夏季用电检查", place="正定镇文化广场"
    )
    yesterday = business_date(world.clock.now()) - timedelta(days=1)
    organiser.open(f"/activities/{activity}")
    typed = {"lines-0-volunteer_number": number, "lines-0-served_on": yesterday.isoformat()}
    refused = organiser.submit(f"/activities/{activity}/records", **typed)
    assert (refused.status, "请先登记为外来志愿者" in refused.text) == (422, True)

    page = organiser.click("询问外来志愿者")
    assert (page.status, "还没有询问过外来志愿者" in page.text) == (200, True)
    asked = organiser.submit("/guests", volunteer_number=number.lower(), name=NAME)
    assert f"已询问 {NAME}（{number}）的注册地" in asked.text
    assert "等待注册地核对" in asked.text
    assert sought(world, number) == 1

    introduce(world, number)
    look = organiser.page.link("查看最新情况")
    wait_until(lambda: "可以录入" in organiser.open(look).text, limit=10, what="the introduction")
    assert "可以在活动中按编号录入服务记录" in organiser.page.text
    organiser.click("返回活动，录入服务记录")
    assert organiser.page.path == f"/activities/{activity}"
    assert "已录入 1 条服务记录" in organiser.submit(f"/activities/{activity}/records", **typed).text


def test_whom_nobody_introduces_is_not_known_after_a_while_and_can_be_asked_for_again(
    world: World, organiser: Browser
) -> None:
    number = "A1200000025"
    organiser.open("/guests")
    organiser.submit("/guests", volunteer_number=number, name=NAME)
    long_ago = world.clock.now() - INTRODUCTION_TAKES - timedelta(seconds=1)
    with world.node.databases["records"].unit_of_work() as uow:
        uow.session.execute(update(Guest).where(Guest.volunteer_number == number).values(asked_at=long_ago))

    page = organiser.open("/guests")
    assert "未获确认" in page.text
    assert "请与志愿者核对编号和姓名" in page.text
    form = next(one for one in page.forms() if one.values.get("volunteer_number") == number)
    for _ in range(2):
        assert "等待注册地核对" in organiser.send(form).text
    assert sought(world, number) == 2, "sent twice, it asks once more"


def test_what_cannot_be_asked_is_said_at_its_field(world: World, organiser: Browser) -> None:
    organiser.open("/guests")
    assert organiser.submit("/guests", volunteer_number="", name=NAME).status == 422
    page = organiser.submit("/guests", volunteer_number="B1", name=NAME)
    assert (page.status, 'id="volunteer_number-fault"' in page.html) == (422, True)
    known = world.people["wang"].volunteer_number
    page = organiser.submit("/guests", volunteer_number=known, name="王小明")
    assert (page.status, "志愿者编号与姓名不符" in page.text) == (422, True)
    at_once = organiser.submit("/guests", volunteer_number=known, name="王晓明")
    assert f"王晓明（{known}）可以录入服务记录了" in at_once.text


def test_the_page_speaks_english(organiser: Browser) -> None:
    organiser.open("/guests")
    english = organiser.open("/language/en?next=/guests").text
    assert "Volunteers who are registered elsewhere may serve with you" in english


def test_where_one_node_has_everybody_there_are_no_guests(world: World) -> None:
    alone = world.browser("head")
    assert alone.open("/guests").status == 404
    assert "外来志愿者" not in alone.open("/projects").text


def test_the_guests_of_an_organisation_are_not_for_others(world: World, organiser: Browser) -> None:
    organiser.open("/guests")
    organiser.submit("/guests", volunteer_number="A1200000033", name="赵小刚")
    for handle in ("clerk", "wang"):
        page = at_a_linked_site(world, handle).open("/guests")
        assert "赵小刚" not in page.text
