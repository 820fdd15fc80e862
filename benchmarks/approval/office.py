"""One service's database with cases, and the people who start and decide them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.approval.base import ApprovalBase
from shared.approval.core.state import Party
from shared.approval.core.words import Verb
from shared.approval.service import Approvals
from shared.approval.views import CaseView
from shared.clock import SystemClock
from shared.contracts.registration import PostChanged
from shared.identity import Post, Principal, Role
from shared.messaging import StoredOutbox
from shared.storage import Database, kit_metadata
from shared.storage.database import make_engine

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"
REPORT, RATING = "activity_report", "star_rating_low"
"""A definition with three stages, and one whose first decision ends the case."""
_DEFINITIONS = ("revocation", REPORT, RATING)  # each after those that it names
TITLE = "安全生产月咨询日"


def official(name: str, region: str) -> Principal:
    """Answer an approver of a region."""
    return Principal(account_id=name.lower(), name=name, posts=(Post(role=Role.APPROVER, region=region),))


ANN = Principal(account_id="ann", name="Ann")
BEN, BAO = official("Ben", COUNTY), official("Bao", COUNTY)
CAI, DAI = official("Cai", CITY), official("Dai", PROVINCE)
OFFICIALS = (BEN, BAO, CAI, DAI)


@dataclass(frozen=True)
class Office:
    """A service that has nothing but cases."""

    database: Database
    approvals: Approvals

    def open(self, *, definition: str = REPORT) -> CaseView:
        """Open a case of Ann's in the county, in a transaction of its own."""
        number = uuid.uuid4().hex
        with self.database.unit_of_work() as uow:
            return self.approvals.open(
                uow,
                definition=definition,
                business_type=definition,
                business_id=number,
                title=TITLE,
                home_region=COUNTY,
                initiator=Party(ANN.account_id, ANN.name),
                barred=frozenset({"the-head-of-the-organisation"}),
                content={"title": TITLE, "hours": 125},
                command_id=f"open-{number}",
            )

    def act(
        self, case_id: str, verb: Verb, who: Principal, *, first: Callable[[], None] | None = None, **more: Any
    ) -> CaseView:
        """Use a verb on a case, in a transaction of its own; `first` is called when its connection is in hand."""
        with self.database.unit_of_work() as uow:
            if first is not None:
                uow.session.connection()
                first()
            return self.approvals.act(
                uow,
                case_id=case_id,
                verb=verb,
                actor=who,
                **{"command_id": uuid.uuid4().hex, "opinion": "同意"} | more,
            )

    def approve_one(self) -> None:
        """Open a case and let county, city and province approve it: four transactions."""
        case = self.open()
        for who in (BEN, CAI, DAI):
            case = self.act(case.id, Verb.APPROVE, who)
        if case.state != "approved":
            raise RuntimeError(f"case {case.id} ended as {case.state}")


@contextmanager
def office_at(url: str) -> Iterator[Office]:
    """Open an office over a database, making its tables and people if it has none."""
    database = Database(make_engine(url), clock=SystemClock(), outbox=StoredOutbox("reporting", "hebei"))
    made = Office(database, Approvals(service="reporting", definitions=_DEFINITIONS))
    for metadata in (kit_metadata, ApprovalBase.metadata):
        metadata.create_all(database.engine)
    with database.unit_of_work() as uow:
        made.approvals.prepare(uow)
        for who in OFFICIALS:
            for post in who.posts:
                made.approvals.follow_post(uow, _begins(who, post))
    try:
        yield made
    finally:
        database.engine.dispose()


def _begins(who: Principal, post: Post) -> PostChanged:
    return PostChanged(
        post_id=f"{who.account_id}-{post.region}",
        account_id=who.account_id,
        name=who.name,
        role=post.role.value,
        region=post.region,
        organisation_id=post.organisation_id,
        active=True,
    )
