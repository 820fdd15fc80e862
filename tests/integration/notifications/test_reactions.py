"""Who is told what, once, however often an event is delivered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from services.notifications.model import Message, PostHolder
from shared.clock import FixedClock
from shared.contracts.awards import AwardGranted, NominationDecided, NominationOpened, StarGranted, StarWithdrawn
from shared.contracts.base import Event
from shared.contracts.records import HoursCredited, RecordVoided, VolunteerTransferred
from shared.contracts.registration import OrganisationApproved, PostChanged, RegistrationRefused, VolunteerRegistered
from shared.contracts.reporting import ReportApproved, ReportLine, ReportRejected, ReportReturned
from shared.messaging.inbox import Inbox
from shared.storage import Database
from tests.integration.listening import Listener

Told = Callable[[], list[tuple[str, str, str]]]
DAY = date(2026, 9, 20)

REGISTERED = VolunteerRegistered(volunteer_number="130000000001", account_id="wang", name="王明", region="130123")
APPROVED = OrganisationApproved(
    organisation_id="org-1", name="正定县安全志愿服务队", region="130123", kind="team", head_account_id="head"
)
ADMINISTRATOR = PostChanged(
    post_id="post-1",
    account_id="admin",
    name="李芳",
    role="organisation_admin",
    region="130123",
    organisation_id="org-1",
    active=True,
)
HOURS = HoursCredited(
    volunteer_number="130000000001",
    entry_id="entry-1",
    record_id="record-1",
    report_id="report-1",
    activity_name="安全生产月咨询日",
    served_on=DAY,
    hours_hundredths=450,
    quality=5,
    total_hundredths=10_400,
)
RETURNED = ReportReturned(
    report_id="report-1", activity_id="activity-1", organisation_id="org-1", title="咨询日总结", reason="工时有误"
)
TO_THE_VOLUNTEER: list[tuple[Event, str, str]] = [
    (HOURS, "hours.credited", "/my/hours"),
    (
        RecordVoided(
            record_id="record-1",
            activity_name="咨询日",
            region="130123",
            volunteer_number="130000000001",
            served_on=DAY,
            reason="不是志愿服务",
        ),
        "record.voided",
        "/my/hours",
    ),
    (
        NominationOpened(
            nomination_id="n-1",
            kind="star",
            title="一星级志愿者",
            volunteer_number="130000000001",
            region="130123",
        ),
        "nomination.opened",
        "/my/stars",
    ),
    (
        NominationDecided(
            nomination_id="n-2",
            kind="commendation",
            title="2026年度优秀安全生产志愿者",
            volunteer_number="130000000001",
            granted=False,
            reason="材料不足",
        ),
        "nomination.refused",
        "/my/awards",
    ),
    (
        StarGranted(
            volunteer_number="130000000001",
            nomination_id="n-1",
            stars=1,
            granted_on=DAY,
            decided_by_region="130123",
        ),
        "star.granted",
        "/my/stars",
    ),
    (
        StarWithdrawn(
            volunteer_number="130000000001",
            review_id="review-1",
            stars=3,
            stars_left=1,
            nomination_ids=("n-3",),
            withdrawn_on=DAY,
            decided_by_region="130100",
            reason="记录系冒领。",
        ),
        "star.withdrawn",
        "/my/stars",
    ),
    (
        AwardGranted(
            award_id="a-1",
            nomination_id="n-2",
            volunteer_number="130000000001",
            award="outstanding_volunteer",
            citation="授予“优秀安全生产志愿者”称号",
            granted_on=DAY,
            granting_region="130000",
        ),
        "award.granted",
        "/my/awards",
    ),
]
TO_THE_ORGANISATION: list[tuple[Event, str]] = [
    (RETURNED, "report.returned"),
    (
        ReportApproved(
            report_id="report-1",
            activity_id="activity-1",
            organisation_id="org-1",
            region="130123",
            title="咨询日总结",
            lines=(ReportLine(record_id="record-1", volunteer_number="130000000001", hours_hundredths=450, quality=5),),
        ),
        "report.approved",
    ),
    (
        ReportRejected(
            report_id="report-1",
            activity_id="activity-1",
            organisation_id="org-1",
            title="咨询日总结",
            reason="活动不实",
        ),
        "report.rejected",
    ),
]


def test_a_new_volunteer_is_welcomed_once(listener: Listener, told: Told) -> None:
    seen = listener.hear_twice(REGISTERED, told)
    assert seen == [("wang", "volunteer.registered", "/")]


def test_the_head_of_a_new_organisation_is_told_once(listener: Listener, told: Told) -> None:
    seen = listener.hear_twice(APPROVED, told)
    assert seen == [("head", "organisation.approved", "/organisations/org-1")]


def test_a_refused_applicant_is_told_why(listener: Listener, told: Told, database: Database) -> None:
    event = RegistrationRefused(
        subject_id="v-1", subject="volunteer", name="赵六", account_id="zhao", reason="照片不清"
    )
    assert listener.hear_twice(event, told) == [("zhao", "registration.refused", "/")]
    with database.reading() as session:
        message = session.scalars(select(Message)).one()
    assert "照片不清" in message.body_zh
    assert "照片不清" in message.body_en


def test_a_post_is_known_once_and_ends(listener: Listener, told: Told, database: Database) -> None:
    def holders() -> list[tuple[str, bool]]:
        with database.reading() as session:
            return [(row.account_id, row.active) for row in session.scalars(select(PostHolder))]

    assert listener.hear_twice(ADMINISTRATOR, holders) == [("admin", True)]
    ended = PostChanged(**{**vars(ADMINISTRATOR), "active": False})
    assert listener.hear_twice(ended, holders) == [("admin", False)]
    assert told() == []


@pytest.mark.parametrize(("event", "kind", "link"), TO_THE_VOLUNTEER, ids=lambda value: str(value)[:20])
def test_the_volunteer_is_told_once(listener: Listener, told: Told, event: Event, kind: str, link: str) -> None:
    listener.hear(REGISTERED)
    assert listener.hear_twice(event, told)[1:] == [("wang", kind, link)]


@pytest.mark.parametrize(("event", "kind"), TO_THE_ORGANISATION, ids=lambda value: str(value)[:20])
def test_head_and_administrators_are_told_once(listener: Listener, told: Told, event: Event, kind: str) -> None:
    listener.hear(APPROVED)
    listener.hear(ADMINISTRATOR)
    seen = listener.hear_twice(event, told)[1:]
    assert seen == [("admin", kind, "/reports/report-1"), ("head", kind, "/reports/report-1")]


def test_the_clerks_of_the_place_that_a_volunteer_leaves_are_told_once(
    listener: Listener, told: Told, database: Database
) -> None:
    for account, region, role in (
        ("clerk", "130123", "clerk"),
        ("boss", "130123", "approver"),
        ("new", "130125", "clerk"),
    ):
        holder = {**vars(ADMINISTRATOR), "post_id": account, "account_id": account, "organisation_id": None}
        listener.hear(PostChanged(**{**holder, "role": role, "region": region}))
    left = VolunteerTransferred(
        transfer_id="t-1",
        volunteer_number="130000000001",
        volunteer_name="王明",
        from_region="130123",
        to_region="130125",
        transferred_on=DAY,
    )
    assert listener.hear_twice(left, told) == [("clerk", "volunteer.transferred", "/")]
    with database.reading() as session:
        [message] = session.scalars(select(Message))
    assert message.body_zh == "2026-09-20，王明（130000000001）已由石家庄市行唐县接收，服务记录和时长随编号保留。"


def test_a_granted_nomination_is_told_by_its_star_alone(listener: Listener, told: Told) -> None:
    listener.hear(REGISTERED)
    granted = NominationDecided(
        nomination_id="n-1",
        kind="star",
        title="一星级志愿者",
        volunteer_number="130000000001",
        granted=True,
        reason="",
    )
    assert len(listener.hear_twice(granted, told)) == 1


def test_a_report_that_comes_back_twice_with_the_same_words_is_told_twice(listener: Listener, told: Told) -> None:
    listener.hear(APPROVED)
    listener.hear(RETURNED)
    listener.hear(RETURNED)
    assert [kind for _, kind, _ in told()] == ["organisation.approved", "report.returned", "report.returned"]


def test_the_words_name_hours_activity_and_total(listener: Listener, database: Database) -> None:
    listener.hear(REGISTERED)
    listener.hear(HOURS)
    with database.reading() as session:
        message = session.scalars(select(Message).where(Message.kind == "hours.credited")).one()
    assert "4.5 小时" in message.title_zh
    for part in ("安全生产月咨询日", "累计 104 小时", "2026-09-20"):
        assert part in message.body_zh
    assert "your total is 104 hours" in message.body_en


def test_what_comes_before_the_copy_it_needs_waits_and_is_told_later(
    listener: Listener, told: Told, database: Database
) -> None:
    body = listener.encode(HOURS)
    listener.receive(body)
    assert told() == []
    assert "addressee_not_known_yet" in listener.held()[0]
    listener.receive(listener.encode(REGISTERED))
    database.clock = FixedClock(datetime(2026, 10, 1, 1, 0, tzinfo=UTC) + timedelta(minutes=1))
    assert Inbox(database, listener.reactions).retry_due() == 1
    assert [kind for _, kind, _ in told()] == ["volunteer.registered", "hours.credited"]
    assert listener.held() == []
