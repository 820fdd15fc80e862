"""From a revoked report to a star that officials take away: through every service, seen on the pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.awards.commands.star_reviews import QUIET
from services.launcher.story import acts
from services.launcher.story.acts import Served
from services.launcher.story.people import wait_for
from shared.clock import business_date
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import SUMMARY, World, living

PROVINCE = "130000"
NAME = "百日安全宣传"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """王晓明 has one star by a report of 104 hours, which the province has then revoked."""
    with living(tmp_path_factory.mktemp("reviewing")) as made:
        people = made.people
        people["province"] = acts.appoint(
            made.admins, acts.made_up(made.place, "province", "宋文华"), role="approver", region=PROVINCE
        )
        report = acts.hold_activity(
            people["head"],
            organisation_id=made.organisation_id,
            name=NAME,
            first_day=business_date(made.clock.now()) - timedelta(days=20),
            served=[Served(person=people["wang"], days=13, hours=8)],
            place="正定镇文化广场",
        )
        case = acts.submit_report(people["head"], report, summary=SUMMARY, step=NAME)
        for handle in ("county", "city", "province"):
            acts.decide(people[handle], "reporting", case, "approve", step=handle, opinion="同意")
        star = acts.task_about(people["county"], "awards", business_type="star_rating", title_has="王晓明")
        acts.decide(people["county"], "awards", star["case_id"], "approve", step="star", opinion="同意")
        wait_for(lambda: stars(made) == 1, what="the star")
        acts.decide(people["head"], "reporting", case, "request_revocation", step="ask", opinion="签到表有误")
        undo = acts.task_about(
            people["province"], "reporting", business_type="activity_report/revocation", title_has=NAME
        )
        acts.decide(people["province"], "reporting", undo["case_id"], "approve", step="undo", opinion="情况属实")
        wait_for(
            lambda: people["wang"].get("/awards/stars/mine")["total_hours"] == "0", what="the hours to be taken back"
        )
        made.clock.set(made.clock.now() + QUIET)
        yield made


def stars(world: World) -> int:
    return int(world.people["wang"].get("/registration/volunteers/me/file")["stars"])


def test_the_star_stays_until_the_county_takes_it_and_the_volunteer_reads_why(world: World) -> None:
    found = acts.task_about(world.people["county"], "awards", business_type="star_review", title_has="王晓明")
    assert stars(world) == 1
    county = world.browser("county")
    wait_for(lambda: "撤销一星级志愿者：王晓明" in county.open("/").text, what="the task on the desk")
    assert "星级复核" in county.page.text
    case = county.click("撤销一星级志愿者：王晓明")
    for told in (f"被冲销的活动 {NAME}", "累计服务时间 0 小时", "该星级所需时间 100 小时", "县级复核"):
        assert told in case.text
    silent = county.submit("/approve", opinion="")
    assert silent.status == 422
    assert "请填写办理意见" in silent.text
    assert "审批全部完成" in county.submit("/approve", opinion="记录不实，予以撤销").text
    assert world.people["county"].get(f"/awards/cases/{found['case_id']}")["state"] == "approved"

    wait_for(lambda: stars(world) == 0, what="the e-file")
    volunteer = world.browser("wang")
    wait_for(lambda: "您的一星级已被撤销" in volunteer.open("/messages").text, what="the message")
    assert "理由：记录不实，予以撤销。" in volunteer.page.text
    own = volunteer.open("/me").text
    assert "撤销一星级志愿者" in own
    assert "暂无 星级" in own


def test_messages_lead_to_the_case_of_a_review(world: World) -> None:
    county: Browser = world.browser("county")
    wait_for(lambda: "待办：撤销一星级志愿者：王晓明" in county.open("/messages").text, what="the message of the task")
