"""What a service's cases stand on: definitions, the calendar, who holds which post and who stands in for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from shared.approval import absences, catalogue, directory, drafting, following, workdays
from shared.approval.across import hearing
from shared.approval.core.definition import Definition
from shared.approval.core.state import Timer
from shared.approval.definitions import shipped, with_named
from shared.approval.outcomes import Outcomes
from shared.approval.setting import Setting
from shared.contracts.base import Event
from shared.contracts.handovers import (
    CaseAnswered,
    CaseAnswerRefused,
    CaseFollowed,
    CaseHandedOver,
    CaseHandoverRefused,
    CaseWithdrawn,
    CaseWithdrawRefused,
    CaseWithdrawRequested,
)
from shared.contracts.registration import AbsenceChanged, PostChanged
from shared.identity import Principal, Role
from shared.identity.people import OFFICIALS
from shared.messaging import Reactions
from shared.regions import Regions
from shared.storage import Hosting, UnitOfWork


@dataclass(kw_only=True)
class Ground:
    """What is laid and kept under the cases of one service; `Approvals` is built on it."""

    service: str
    definitions: Sequence[str]
    node: str = "hebei"
    regions: Regions = field(default_factory=Regions.load)
    outcomes: Outcomes = field(default_factory=Outcomes)

    def publish_definitions(self, uow: UnitOfWork) -> tuple[str, ...]:
        """Publish the service's definitions as they came with the system, after those that they name.

        Answers the keys that are new or newer.

        :raises Conflict: `definition_changed` when a file was edited and its version was not raised.
        """
        found = with_named(shipped(), self.definitions)
        # What the people of this node have made their own is not replaced by a newer file.
        keys = [key for key in found if not catalogue.is_their_own(uow.session, key)]
        return tuple(key for key in keys if self.publish(uow, found[key], by=self._system))

    def publish(self, uow: UnitOfWork, definition: Definition, *, by: str) -> bool:
        """Publish one version of a definition; cases that run stay on theirs. Answers False when it is there already.

        :raises Conflict: `definition_changed`, `definition_older`.
        :raises DefinitionError: when it names a role or a definition that does not exist, or would have no end.
        """
        drafting.check_known(uow.session, definition, with_accounts=False)
        return catalogue.publish(uow.session, definition, by=by, at=uow.now)

    def retire(self, uow: UnitOfWork, key: str) -> None:
        """Let no case be started on a definition any more; those that run go on."""
        catalogue.retire(uow.session, key, by=self._system, at=uow.now)

    def may_define(self, session: Session, who: Principal, *, here: Hosting) -> bool:
        """Tell whether somebody may see and change the drafts of this node's definitions."""
        return drafting.may_define(session, who.account_id, region=here.top_region, lock=False)

    def check_may_define(self, uow: UnitOfWork, principal: Principal) -> None:
        """Refuse a change of definitions by anybody but a system administrator of the node's topmost region.

        :raises Forbidden: `not_the_provinces_administrator`.
        """
        drafting.check_may_define(uow.session, principal.account_id, region=uow.here.top_region)

    def prepare(self, uow: UnitOfWork) -> None:
        """Lay down what a fresh database needs: the definitions and the workdays; again it changes nothing.

        :raises Conflict: `definition_changed` when a file was edited and its version was not raised.
        """
        self.publish_definitions(uow)
        workdays.seed(uow.session, at=uow.now)

    def load_workdays(self, uow: UnitOfWork, *, year: int, days: Mapping[date, bool], source: str) -> int:
        """Store a year's workdays in the place of what was known of it; answers how many differ from Monday to Friday.

        Deadlines that were provisional are counted again by the scheduler.

        :raises Invalid: `calendar_of_other_year`, `calendar_empty`.
        """
        return workdays.load(uow.session, year=year, days=days, source=source, at=uow.now)

    def recount_deadlines(self, uow: UnitOfWork, *, case_id: str) -> None:
        """Count the provisional deadlines of a case again, after a year's workdays were loaded."""
        following.recount(uow, self._setting, case_id)

    def fire(self, uow: UnitOfWork, *, case_id: str, timer: Timer) -> None:
        """Do what a timer's moment asks for, once, whoever asks again."""
        following.fire(uow, self._setting, case_id, timer)

    def follow_post(self, uow: UnitOfWork, event: PostChanged) -> None:
        """Keep the directory by what `registration` told, and hold or open the cases that the change touches.

        Only officials decide cases and only system administrators look after them: it holds no other posts.
        """
        if event.role not in {*OFFICIALS, Role.SYSTEM_ADMIN}:
            return
        touched = directory.keep(uow.session, event)
        for case_id in directory.waiting_cases(uow.session, touched):
            following.reseat(uow, self._setting, case_id)

    def follow_absence(self, uow: UnitOfWork, event: AbsenceChanged) -> None:
        """Keep who stands in for whom by what `registration` told."""
        absences.keep(uow.session, event)

    def hear_other_nodes(self, reactions: Reactions) -> None:
        """Let a service take in what its namesakes on other nodes say of cases that lie on both."""
        taking: Mapping[type[Event], Callable[[UnitOfWork, Setting, Any], None]] = {
            CaseHandedOver: hearing.take_over,
            CaseHandoverRefused: hearing.hold,
            CaseAnswered: hearing.take_answer,
            CaseAnswerRefused: hearing.hold_answer,
            CaseWithdrawRequested: hearing.stop_for_initiator,
            CaseWithdrawn: hearing.take_answer,
            CaseWithdrawRefused: hearing.go_on,
            CaseFollowed: hearing.follow,
        }
        for cls, take in taking.items():
            reactions.on(cls)(self._taking(take))

    def tell_node_again(self, uow: UnitOfWork, *, case_id: str) -> None:
        """Hand a case over, or give an answer, once more that another node did not take."""
        hearing.try_again(uow, self._setting, case_id)

    def _taking(self, take: Callable[[UnitOfWork, Setting, Any], None]) -> Callable[[UnitOfWork, Event], None]:
        return lambda uow, event: take(uow, self._setting, event)

    @property
    def _system(self) -> str:
        return f"{catalogue.SYSTEM}{self.service}"

    @property
    def _setting(self) -> Setting:
        return Setting(service=self.service, node=self.node, regions=self.regions, outcomes=self.outcomes)
