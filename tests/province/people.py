"""Volunteers, organisations and their service at the nodes of a whole province, by the services' own commands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from services.notifications.model import Message
from services.records.model import LedgerEntry
from services.registration.commands.accounts import create_account
from services.registration.commands.organisations import approve_organisation
from services.registration.commands.volunteers import confirm_volunteer
from services.registration.model import Organisation, Volunteer
from shared.clock import business_date
from shared.contracts.reporting import ReportApproved, ReportLine, ReportRevoked
from shared.identity import Post, Principal, Role
from shared.messaging.tables import held_event
from shared.nodes.tables import quarantine
from tests.integration.signing import Caller
from tests.province.deciding import at
from tests.province.node import RealNode

ACTIVITY = {
    "name": "安全生产咨询日",
    "place": "人民广场",
    "beneficiaries": "社区居民",
    "content": "讲解用电和燃气安全知识",
    "leader": "王主任",
    "category": "daily",
    "enters": ["community"],
}


def volunteer(node: RealNode, region: str, name: str) -> str:
    """Let a node confirm a person of its region; answers the number that it gave them."""
    with node.services["registration"].unit_of_work() as uow:
        account = create_account(uow, name=name, username=f"v-{uuid.uuid4().hex[:12]}")
        person = Volunteer(
            id=uuid.uuid4().hex,
            account_id=account.id,
            name=name,
            sex="2",
            birth_date_sealed=b"",
            id_number_sealed=b"",
            id_number_index=uuid.uuid4().bytes * 2,
            mobile_sealed=b"",
            region=region,
            category="other",
            specialties=[],
            state="pending",
            applied_at=uow.now,
        )
        uow.session.add(person)
        uow.session.flush()
        confirm_volunteer(uow, person.id)
        assert person.number is not None
        return person.number


def head_of_organisation(node: RealNode, region: str, name: str) -> Principal:
    """Let a node approve an organisation of its region; answers who answers for it."""
    with node.services["registration"].unit_of_work() as uow:
        account = create_account(uow, name="王主任", username=f"h-{uuid.uuid4().hex[:12]}")
        organisation = Organisation(
            id=uuid.uuid4().hex,
            name=name,
            region=region,
            kind="county",
            purpose="安全生产宣传",
            head_account_id=account.id,
            state="pending",
            applied_at=uow.now,
        )
        uow.session.add(organisation)
        uow.session.flush()
        approve_organisation(uow, organisation.id)
        post = Post(role=Role.ORGANISATION_ADMIN, region=region, organisation_id=organisation.id)
        return Principal(account_id=account.id, name=account.name, posts=(post,))


def at_records(node: RealNode, who: Principal) -> Caller:
    """Answer somebody who calls the records service of a node."""
    return at(node, "records", who)


def sent(caller: Caller, path: str, body: dict[str, Any] | None = None) -> Any:
    """Send something that must be accepted, and answer what came back."""
    answer = caller.call("POST", path, body)
    assert answer.status_code in (200, 201), answer.text
    return answer.get_json()


def organisation_of(head: Principal) -> str:
    """Answer the organisation that somebody answers for."""
    [organisation] = head.organisations
    return organisation


def serve(node: RealNode, head: Principal, numbers: Sequence[str], *, hours: int = 2, starts: int = 8) -> str:
    """Let people serve yesterday at an activity of an organisation, and hold it; answers the activity."""
    caller = at_records(node, head)
    project = sent(
        caller,
        "/projects",
        {
            "organisation_id": organisation_of(head),
            "name": f"安全宣传{uuid.uuid4().hex[:6]}",
            "theme": "everyday",
            "description": "全年开展宣传活动",
        },
    )
    activity: str = sent(caller, "/activities", {**ACTIVITY, "project_id": project["id"]})["id"]
    yesterday = _today(node) - timedelta(days=1)
    line = {
        "served_on": yesterday.isoformat(),
        "starts": f"{starts:02}:00",
        "ends": f"{starts + hours:02}:00",
        "quality": 4,
    }
    lines = [{**line, "volunteer_number": number} for number in numbers]
    sent(caller, f"/activities/{activity}/records", {"lines": lines})
    sent(caller, f"/activities/{activity}/close")
    return activity


def approve(node: RealNode, head: Principal, activity: str) -> None:
    """Let a node's reporting say that the report on an activity was approved."""
    records = at_records(node, head).get(f"/activities/{activity}/records")
    lines = tuple(
        ReportLine(
            record_id=record["id"],
            volunteer_number=record["volunteer_number"],
            hours_hundredths=round(record["hours"] * 100),
            quality=record["quality"],
        )
        for record in records
    )
    node.say(
        "reporting",
        ReportApproved(
            report_id=f"report-{activity[:20]}",
            activity_id=activity,
            organisation_id=organisation_of(head),
            region=head.posts[0].region,
            title=ACTIVITY["name"],  # type: ignore[arg-type]  # a text
            lines=lines,
        ),
    )


def revoke(node: RealNode, head: Principal, activity: str) -> None:
    """Let a node's reporting say that the approved report was revoked."""
    node.say(
        "reporting",
        ReportRevoked(
            report_id=f"report-{activity[:20]}",
            activity_id=activity,
            organisation_id=organisation_of(head),
            title=ACTIVITY["name"],  # type: ignore[arg-type]  # a text
            reason="活动报告已被撤销",
        ),
    )


def credited(node: RealNode, head: Principal, activity: str) -> list[bool]:
    """Answer which records of an activity their organisation sees to be credited."""
    return [record["credited"] for record in at_records(node, head).get(f"/activities/{activity}/records")]


def hours_at(node: RealNode) -> dict[str, int]:
    """Answer the sum of each ledger that a node has, its own and copies, in hundredths of hours."""
    with node.services["records"].reading() as session:
        numbers = session.scalars(select(LedgerEntry.volunteer_number).distinct())
        return {number: LedgerEntry.total_of(session, number) for number in numbers}


def lines_at(node: RealNode, number: str) -> list[int]:
    """Answer the lines of one ledger, in hundredths of hours."""
    with node.services["records"].reading() as session:
        wanted = select(LedgerEntry.hours_hundredths).where(LedgerEntry.volunteer_number == number)
        return sorted(session.scalars(wanted))


def told(node: RealNode) -> list[str]:
    """Answer what kinds of messages the people of a node were told."""
    with node.services["notifications"].reading() as session:
        return sorted(session.scalars(select(Message.kind)))


def in_trouble(node: RealNode) -> list[str]:
    """Answer what waits for another try, is dead, or was not believed at a node."""
    found = [f"quarantine: {row['code']}" for row in node.rows(quarantine)]
    for service, database in node.services.items():
        with database.reading() as session:
            found += [f"{service}: {reason}" for reason in session.scalars(select(held_event.c.reason))]
    return found


def _today(node: RealNode) -> date:
    return business_date(node.services["records"].clock.now())
