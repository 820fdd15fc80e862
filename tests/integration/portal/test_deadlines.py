"""Officials see until when they are to decide, what is late, and what is only provisional."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from services.portal.formats import Formats
from services.portal.words import Language, Words
from shared.approval.tables import StageRow
from shared.clock import business_date
from tests.integration.portal.conftest import World
from tests.integration.portal.test_deciding import opened


def line_of(page: str, title: str) -> str:
    """Answer what the list of work says of a case."""
    return page.split(title)[1][:200]


def test_a_case_and_the_list_of_work_tell_its_deadline(world: World) -> None:
    case_id = world.submitted("期限写在事项上")
    due_at = world.people["county"].get(f"/reporting/cases/{case_id}")["stages"][0]["due_at"]
    formats = Formats(Words(Language.CHINESE), business_date(world.clock.now()))
    told = f"应于 {formats.deadline(due_at)}前办结"
    browser = opened(world, "county", case_id)
    assert told in browser.page.text
    assert "已超期" not in browser.page.text
    assert told in line_of(browser.open("/").text, "期限写在事项上")


def test_what_is_late_and_what_is_provisional_is_marked_and_can_be_decided(world: World) -> None:
    case_id = world.submitted("超期仍可办理")
    browser = opened(world, "county", case_id)
    late = world.clock.now() - timedelta(days=1)
    with world.node.databases["reporting"].unit_of_work() as uow:
        moved = update(StageRow).where(StageRow.case_id == case_id, StageRow.number == 1)
        uow.session.execute(moved.values(due_at=late, due_is_provisional=True))
    desk = browser.open("/").text
    assert "期限为暂定" in desk
    assert "暂定 已超期" in line_of(desk, "超期仍可办理")
    case = browser.open(f"/cases/reporting/{case_id}").text
    assert "暂定 已超期" in case
    assert "调休安排尚未录入" in case
    assert "已同意" in browser.submit("/approve").text
