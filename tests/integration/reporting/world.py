"""Two organisations of sibling counties with drafts, officials of three tiers, and a way to send and decide reports."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select

from services.reporting.model import Report
from shared.contracts.records import ActivityHeld, ServedShift
from shared.contracts.registration import OrganisationApproved, PostChanged
from shared.identity import Principal, Role
from tests.integration.serving import Served, holder

OURS, THEIRS = "organisation-1", "organisation-2"
HEAD = holder("head-1", Role.ORGANISATION_ADMIN, "130123", OURS)
DEPUTY = holder("deputy-1", Role.ORGANISATION_ADMIN, "130123", OURS)
OTHER_HEAD = holder("head-2", Role.ORGANISATION_ADMIN, "130125", THEIRS)
COUNTY = holder("county", Role.APPROVER, "130123")
CITY = holder("city", Role.APPROVER, "130100")
PROVINCE = holder("province", Role.APPROVER, "130000")
OTHER_COUNTY = holder("other-county", Role.APPROVER, "130125")
CLERK = holder("clerk", Role.CLERK, "130123")
NOBODY = Principal(account_id="nobody", name="nobody")
SUMMARY = "活动覆盖三个社区，发放宣传册三百份，解答居民提问六十余次。"
_commands = count(1)


def organisation(which: str) -> OrganisationApproved:
    """Answer that an organisation was approved."""
    region, head = ("130123", "head-1") if which == OURS else ("130125", "head-2")
    return OrganisationApproved(
        organisation_id=which, name=f"{which}志愿服务队", region=region, kind="county", head_account_id=head
    )


def held(activity: str, which: str = OURS, *, records: int = 2) -> ActivityHeld:
    """Answer that an activity was held, with two hours and a half for each of its records."""
    return ActivityHeld(
        activity_id=activity,
        project_id="project-1",
        project_name="安全宣传进社区",
        organisation_id=which,
        organisation_name=f"{which}志愿服务队",
        region="130123" if which == OURS else "130125",
        name="安全生产咨询日",
        place="人民广场",
        beneficiaries="社区居民",
        content="讲解用电和燃气安全知识",
        leader="王主任",
        recorder="recorder",
        recorder_account_id="recorder",
        first_day=date(2026, 9, 18),
        last_day=date(2026, 9, 19),
        shifts=tuple(
            ServedShift(
                record_id=f"{activity}-record-{number}",
                volunteer_number=f"A010000000{number}",
                volunteer_name=f"志愿者{number}",
                served_on=date(2026, 9, 18),
                starts="08:30",
                ends="11:00",
                hours_hundredths=250,
                quality=4,
            )
            for number in range(1, records + 1)
        ),
    )


def post(who: Principal, *, active: bool = True) -> PostChanged:
    """Answer that somebody was given their post."""
    [one] = who.posts
    return PostChanged(
        post_id=f"post-{who.account_id}",
        account_id=who.account_id,
        name=who.name,
        role=one.role.value,
        region=one.region,
        organisation_id=one.organisation_id,
        active=active,
    )


def report_id(served: Served, activity: str) -> str:
    """Answer the report of an activity."""
    with served.database.reading() as session:
        return session.scalars(select(Report.id).where(Report.activity_id == activity)).one()


def draft(served: Served, activity: str, which: str = OURS) -> str:
    """Let an activity be held, and answer its report."""
    served.listener.hear(held(activity, which))
    return report_id(served, activity)


def edit(served: Served, report: str, body: dict[str, Any], *, who: Principal = HEAD) -> Any:
    """Correct a report on its newest revision, and answer it."""
    current = served.by(who).get(f"/reports/{report}")["revision"]
    answer = served.by(who).call("PATCH", f"/reports/{report}", body, If_Match=f'"{current}"')
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def submit(served: Served, report: str, *, who: Principal = HEAD) -> Any:
    """Send a report upwards, and answer it."""
    answer = served.by(who).call("POST", f"/reports/{report}/submit", Idempotency_Key=f"submit-{next(_commands)}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def submitted(served: Served, activity: str, which: str = OURS) -> str:
    """Let an activity be held and its report be submitted; answers the report."""
    who = HEAD if which == OURS else OTHER_HEAD
    report = draft(served, activity, which)
    edit(served, report, {"summary": SUMMARY}, who=who)
    submit(served, report, who=who)
    return report


def decide(served: Served, who: Principal, report: str, verb: str, opinion: str = "同意") -> Any:
    """Use a verb on the case of a report, which must be allowed; answers the case."""
    case = served.by(who).get(f"/cases/{case_of(served, report)}")
    answer = served.by(who).call(
        "POST",
        f"/cases/{case['id']}/{verb}",
        {"opinion": opinion},
        Idempotency_Key=f"decide-{next(_commands)}",
        If_Match=f'"{case["rev"]}"',
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def case_of(served: Served, report: str) -> str:
    """Answer the case that a report is or was decided by."""
    with served.database.reading() as session:
        found = session.get_one(Report, report).case_id
    assert found is not None
    return found


def fill(served: Served) -> Served:
    """Let both organisations report and officials decide."""
    for which in (OURS, THEIRS):
        served.listener.hear(organisation(which))
    for who in (COUNTY, CITY, PROVINCE, OTHER_COUNTY, CLERK):
        served.listener.hear(post(who))
    served.known = {
        "draft": draft(served, "activity-1"),
        "running": submitted(served, "activity-2"),
        "theirs": submitted(served, "activity-3", THEIRS),
    }
    served.known["case"] = case_of(served, served.known["running"])
    served.known["their_case"] = case_of(served, served.known["theirs"])
    return served
