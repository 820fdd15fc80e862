"""Two organisations of sibling counties, three volunteers, an activity that is open and one that was held."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.contracts.records import RecordConfirmed
from shared.contracts.registration import OrganisationApproved, VolunteerRegistered
from shared.contracts.reporting import ReportApproved, ReportLine
from shared.identity import Post, Principal, Role
from tests.integration.serving import Served, holder

ZHANG, LI, ZHAO = "A0100000015", "A0100000023", "A0100000031"
OURS, THEIRS = "organisation-1", "organisation-2"
HEAD = holder("head-1", Role.ORGANISATION_ADMIN, "130123", OURS)
OTHER_HEAD = holder("head-2", Role.ORGANISATION_ADMIN, "130125", THEIRS)
CLERK = holder("clerk-1", Role.CLERK, "130123")
OTHER_CLERK = holder("clerk-2", Role.CLERK, "130125")
VOLUNTEER = Principal(
    account_id="zhang", name="张伟", posts=(Post(role=Role.VOLUNTEER, region="130123"),), volunteer_number=ZHANG
)
NOBODY = Principal(account_id="nobody", name="nobody")

PROJECT = {"name": "安全宣传进社区", "theme": "everyday", "description": "全年开展安全宣传活动"}
ACTIVITY = {
    "name": "安全生产咨询日",
    "place": "正定县人民广场",
    "beneficiaries": "社区居民",
    "content": "讲解用电和燃气安全知识",
    "leader": "王主任",
    "category": "daily",
    "enters": ["community"],
}
LINE = {"volunteer_number": ZHANG, "served_on": "2026-09-19", "starts": "08:30", "ends": "11:00", "quality": 4}


def people() -> list[OrganisationApproved | VolunteerRegistered]:
    """Answer what registration has told."""
    organisations = [
        OrganisationApproved(
            organisation_id=OURS, name="正定县志愿服务队", region="130123", kind="county", head_account_id="head-1"
        ),
        OrganisationApproved(
            organisation_id=THEIRS, name="行唐县志愿服务队", region="130125", kind="county", head_account_id="head-2"
        ),
    ]
    volunteers = [
        VolunteerRegistered(volunteer_number=number, account_id=account, name=name, region="130123")
        for number, account, name in ((ZHANG, "zhang", "张伟"), (LI, "li", "李芳"), (ZHAO, "zhao", "赵强"))
    ]
    return [*organisations, *volunteers]


def made(served: Served, who: Principal, path: str, body: dict[str, Any] | None = None) -> Any:
    """Send something that must be accepted, and answer what came back."""
    answer = served.by(who).call("POST", path, body)
    assert answer.status_code in (200, 201), answer.text
    return answer.get_json()


def new_activity(served: Served, who: Principal = HEAD, *, project: str | None = None) -> str:
    """Open an activity of somebody's first project."""
    project_id = project or served.known["project" if who is HEAD else "their_project"]
    found: str = made(served, who, "/activities", {**ACTIVITY, "project_id": project_id})["id"]
    return found


def fill(served: Served) -> Served:
    """Let both organisations work."""
    for event in people():
        served.listener.hear(event)
    for who, organisation, key in ((HEAD, OURS, "project"), (OTHER_HEAD, THEIRS, "their_project")):
        served.known[key] = made(served, who, "/projects", {**PROJECT, "organisation_id": organisation})["id"]
    served.known |= {
        "open": new_activity(served),
        "held": new_activity(served),
        "theirs": new_activity(served, OTHER_HEAD),
    }
    made(served, HEAD, f"/activities/{served.known['open']}/records", {"lines": [LINE]})
    lines = [{**LINE, "volunteer_number": LI, "starts": "13:00", "ends": "15:00"}]
    made(served, HEAD, f"/activities/{served.known['held']}/records", {"lines": lines})
    made(served, HEAD, f"/activities/{served.known['held']}/close")
    return served


def lines_of(served: Served, activity: str, who: Principal = HEAD) -> list[dict[str, Any]]:
    """Answer the records of an activity."""
    found: list[dict[str, Any]] = served.by(who).get(f"/activities/{activity}/records")
    return found


def approved(activity: str, records: list[dict[str, Any]], *, report: str = "report-1") -> ReportApproved:
    """Answer that a report was approved with these records: `hours_hundredths` may lower theirs."""
    return ReportApproved(
        report_id=report,
        activity_id=activity,
        organisation_id=OURS,
        region="130123",
        title="安全生产咨询日",
        lines=tuple(
            ReportLine(
                record_id=record["id"],
                volunteer_number=record["volunteer_number"],
                hours_hundredths=record.get("hours_hundredths", round(record["hours"] * 100)),
                quality=record["quality"],
            )
            for record in records
        ),
    )


def confirmed(record: str, *, number: str = ZHANG, hours: int = 250) -> RecordConfirmed:
    """Answer that a record was confirmed, at whatever node."""
    return RecordConfirmed(
        record_id=record,
        activity_id="activity-elsewhere",
        activity_name="安全生产咨询日",
        region="130123",
        organisation_id=OURS,
        report_id="report-1",
        volunteer_number=number,
        served_on=date(2026, 9, 19),
        hours_hundredths=hours,
        quality=4,
    )
