"""A service with cases and nothing else, and the officials who decide them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from shared.approval import reading, store
from shared.approval.base import ApprovalBase
from shared.approval.commands import Details
from shared.approval.core.state import Party, Remark
from shared.approval.core.words import Verb
from shared.approval.outcomes import Outcome
from shared.approval.service import Approvals
from shared.approval.tables import DecisionRow, EventRow
from shared.approval.views import CaseDetail, CaseView
from shared.contracts.base import Event
from shared.contracts.registration import PostChanged
from shared.identity import Post, Principal, Role
from shared.storage import Database, UnitOfWork, kit_metadata
from tests.integration.listening import published
from tests.integration.signing import Caller

METADATA = (kit_metadata, ApprovalBase.metadata)
START = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
COUNTY, CITY, PROVINCE, DINGZHOU = "130123", "130100", "130000", "130682"
BUSINESS = "activity_report"
_numbers = count(1)


@dataclass
class TickingClock:
    """A clock that moves on by a second each time it is read, so that what happens has an order."""

    instant: datetime = START
    _lock: Lock = field(default_factory=Lock, repr=False)

    def now(self) -> datetime:
        with self._lock:
            self.instant += timedelta(seconds=1)
            return self.instant


def official(name: str, region: str, role: Role = Role.APPROVER) -> Principal:
    return Principal(account_id=name.lower(), name=name, posts=(Post(role=role, region=region),))


ANN = Principal(account_id="ann", name="Ann")
BEN, BAO = official("Ben", COUNTY), official("Bao", COUNTY)
CAI, DAI = official("Cai", CITY), official("Dai", PROVINCE)


def fresh_id() -> str:
    return f"command-{next(_numbers)}"


def caller(app: Flask, who: Principal) -> Caller:
    return Caller(app, who, START)


@dataclass
class Office:
    """One service's database and door, with what its hooks have seen."""

    database: Database
    approvals: Approvals
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)
    content: Mapping[str, Any] = field(default_factory=lambda: {"hours": 125})

    def __post_init__(self) -> None:
        for outcome in Outcome:
            self.approvals.outcomes.on(BUSINESS, outcome)(self._note(outcome))
        self.approvals.outcomes.content(BUSINESS)(lambda _uow, _case: self.content)

    def _note(self, outcome: Outcome) -> Any:
        return lambda _uow, case: self.outcomes.append((case.business_id, outcome.value, case.last.opinion))

    def post(self, who: Principal, *, active: bool = True) -> None:
        """Let somebody's posts begin, or end."""
        with self.database.unit_of_work() as uow:
            self.follow(uow, who, active=active)

    def follow(self, uow: UnitOfWork, who: Principal, *, active: bool = True) -> None:
        for post in who.posts:
            self.approvals.follow_post(
                uow,
                PostChanged(
                    post_id=f"{who.account_id}-{post.role}-{post.region}",
                    account_id=who.account_id,
                    name=who.name,
                    role=post.role.value,
                    region=post.region,
                    organisation_id=post.organisation_id,
                    active=active,
                ),
            )

    def open(self, business_id: str | None = None, **changes: Any) -> CaseView:
        """Open a case of Ann's, from the county."""
        asked: dict[str, Any] = {
            "definition": "activity_report",
            "business_type": BUSINESS,
            "business_id": business_id or f"report-{next(_numbers)}",
            "title": "安全生产月咨询日",
            "home_region": COUNTY,
            "initiator": Party(ANN.account_id, ANN.name),
            "barred": frozenset[str](),
            "content": {"hours": 125},
            "command_id": fresh_id(),
        }
        with self.database.unit_of_work() as uow:
            return self.approvals.open(uow, **asked | changes)

    def act(
        self,
        case: CaseView,
        verb: Verb,
        who: Principal | Party,
        *,
        opinion: str = "意见",
        command_id: str | None = None,
        expected_rev: int | None = None,
        remarks: tuple[Remark, ...] = (),
        content: Mapping[str, Any] | None = None,
        details: Details = Details(),  # a frozen value
    ) -> CaseView:
        with self.database.unit_of_work() as uow:
            return self.approvals.act(
                uow,
                case_id=case.id,
                verb=verb,
                actor=who,
                command_id=command_id or fresh_id(),
                expected_rev=expected_rev,
                opinion=opinion,
                remarks=remarks,
                content=content,
                details=details,
            )

    def view(self, case: CaseView, who: Principal = ANN) -> CaseDetail:
        with self.database.reading() as session:
            return self.approvals.view(session, case_id=case.id, principal=who, at=START)

    def events(self) -> list[Event]:
        return published(self.database)

    def decisions(self, case: CaseView) -> int:
        with self.database.reading() as session:
            return (
                session.scalar(select(func.count()).select_from(DecisionRow).where(DecisionRow.case_id == case.id)) or 0
            )

    def entries(self, case: CaseView) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(EventRow).where(EventRow.case_id == case.id)) or 0

    def trail_problems(self, case: CaseView) -> tuple[str, ...]:
        """Answer what is wrong with a stored trail."""
        with self.database.reading() as session:
            stored = store.load(session, case.id, lock=False)
            assert stored is not None
            entries, decisions = reading.load_trail(session, stored)
            return reading.problems_of(session, stored, entries, decisions)
