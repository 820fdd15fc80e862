"""A volunteer who moves between two nodes of a whole province, and what each node has of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from services.awards.commands.commendations import grant_award
from services.awards.commands.stars import grant_star
from services.awards.model import Award, Nomination, StandingRow, Star
from services.records.model import KnownOrganisation, KnownVolunteer
from services.registration.model import FileEntry, Volunteer
from shared.identity import Post, Principal, Role
from tests.province.deciding import at, official, try_verb
from tests.province.making import Province
from tests.province.node import RealNode
from tests.province.people import (
    approve,
    at_records,
    credited,
    head_of_organisation,
    organisation_of,
    sent,
    serve,
    volunteer,
)

OLD, NEW = "130281", "130123"


class Moving:
    """唐静 of 唐山 asks for 正定县, whose city is the third node, under the same province."""

    def __init__(self, whole: Province) -> None:
        self.whole = whole
        self.old, self.new, self.city, self.province = (
            whole[name] for name in ("tangshan", "zhengding", "shijiazhuang", "hebei")
        )
        self.clerk = official(self.new, "郭静", NEW, Role.CLERK)
        self.approver = official(self.new, "何建民", NEW)
        # Whom the old home tells that somebody has left.
        official(self.old, "孙丽", OLD, Role.CLERK)
        self.heads = {
            node.name: head_of_organisation(node, region, f"{region}服务队")
            for node, region in ((self.old, OLD), (self.city, "130125"), (self.new, NEW))
        }
        self.number = volunteer(self.old, OLD, "唐静")
        with self.old.services["registration"].reading() as session:
            account = session.scalars(select(Volunteer.account_id).where(Volunteer.number == self.number)).one()
        self.person = Principal(
            account_id=account,
            name="唐静",
            posts=(Post(role=Role.VOLUNTEER, region=OLD),),
            volunteer_number=self.number,
        )
        whole.wait(lambda: self.region_at(self.old) == OLD, "records to know the volunteer")
        for name, head in self.heads.items():
            whole.wait(partial(self._is_known, whole[name], head), f"the organisation at {name}")

    def _is_known(self, node: RealNode, head: Principal) -> bool:
        with node.services["records"].reading() as session:
            return session.get(KnownOrganisation, organisation_of(head)) is not None

    def region_at(self, node: RealNode) -> str | None:
        with node.services["records"].reading() as session:
            return session.scalar(select(KnownVolunteer.region).where(KnownVolunteer.number == self.number))

    def invite(self, node: RealNode) -> None:
        """Let the organisation of a node know the volunteer as its guest."""
        head = self.heads[node.name]
        wish = {"organisation_id": organisation_of(head), "volunteer_number": self.number, "name": "唐静"}
        sent(at_records(node, head), "/guests", wish)
        self.whole.wait(lambda: at_records(node, head).get("/guests")[0]["known"], "the introduction")

    def serve(self, node: RealNode, *, hours: int, starts: int) -> str:
        """Let the volunteer serve at a node, and have its report approved; answers the activity."""
        head = self.heads[node.name]
        activity = serve(node, head, [self.number], hours=hours, starts=starts)
        approve(node, head, activity)
        return activity

    def is_credited(self, node: RealNode, activity: str) -> bool:
        return credited(node, self.heads[node.name], activity) == [True]

    def ask(self) -> str:
        """Ask for the transfer at the old home; answers the case."""
        wish = {"to_region": NEW, "reason": "搬家到正定县", "consent": True}
        case: str = sent(at(self.old, "records", self.person), "/transfers", wish)["case_id"]
        return case

    def decide(self, case: str) -> None:
        for who in (self.clerk, self.approver):
            self.whole.wait(
                partial(try_verb, self.new, "records", who, case, "approve"), f"{who.name} at the receiving place"
            )

    def transfer(self) -> dict[str, Any]:
        [found] = at(self.old, "records", self.person).get("/transfers/mine")
        return dict(found)

    def everywhere(self, nodes: Sequence[RealNode], look: Callable[[RealNode], object], wanted: object) -> None:
        """Wait until what one looks at is the same at all of these nodes."""
        for node in nodes:
            self.whole.wait(partial(_is, look, node, wanted), f"{wanted} at {node.name}")

    def is_moved(self) -> bool:
        return bool(self.transfer()["state"] == "moved") and self.region_at(self.new) == NEW

    def honour(self) -> None:
        """Give the volunteer a star and a commendation at the old home."""
        with self.old.services["awards"].unit_of_work() as uow:
            for kind, more in (
                ("star", {"stars": 1}),
                ("commendation", {"award": "outstanding_volunteer", "round": "2026"}),
            ):
                made = Nomination(
                    id=uuid.uuid4().hex,
                    kind=kind,
                    title="一星级志愿者",
                    volunteer_number=self.number,
                    region=OLD,
                    story="",
                    proposer_account_id="system",
                    proposer_name="system",
                    state="open",
                    reason="",
                    opened_at=uow.now,
                    **more,
                )
                uow.session.add(made)
                uow.session.flush()
                if kind == "star":
                    grant_star(uow, made.id, decided_by_region=OLD)
                else:
                    grant_award(uow, made.id, granting_region="130000")

    def standing_at(self, node: RealNode) -> tuple[int, int, int, int] | None:
        with node.services["awards"].reading() as session:
            row = session.get(StandingRow, self.number)
            return (row.total_hundredths, row.quality_sum, row.quality_count, row.stars) if row else None

    def honours_at(self, node: RealNode) -> tuple[list[tuple[int, str]], list[str]]:
        with node.services["awards"].reading() as session:
            stars = session.execute(select(Star.stars, Star.decided_by_region).order_by(Star.stars))
            return [(row.stars, row.decided_by_region) for row in stars], list(session.scalars(select(Award.citation)))

    def file_at(self, node: RealNode) -> list[tuple[str, str]]:
        with node.services["registration"].reading() as session:
            rows = session.execute(select(FileEntry.kind, FileEntry.title).order_by(FileEntry.kind, FileEntry.source))
            return [(row.kind, row.title) for row in rows]


def _is(look: Callable[[RealNode], object], node: RealNode, wanted: object) -> bool:
    return bool(look(node) == wanted)
