"""The one door to a service's cases: every case is opened, moved and read through `Approvals`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from shared.approval import absences, catalogue, commands, directory, drafting, following, lists, reading, workdays
from shared.approval.commands import Details
from shared.approval.core.definition import Definition
from shared.approval.core.state import Party, Remark, Timer
from shared.approval.core.words import Verb
from shared.approval.definitions import shipped, with_named
from shared.approval.lists import TaskList
from shared.approval.outcomes import Outcomes
from shared.approval.setting import Setting
from shared.approval.views import CaseDetail, CaseView, RegionNames, TaskCounts, TaskPage, Trail
from shared.contracts.registration import AbsenceChanged, PostChanged
from shared.identity import Principal, Role
from shared.identity.people import OFFICIALS
from shared.regions import Regions
from shared.storage import UnitOfWork


@dataclass(kw_only=True)
class Approvals:
    """The cases of one service.

    `definitions` are the keys of the shipped definitions that it starts cases on; `node` names this deployment in the
    trail; administrators of the `root_region` may change definitions;
    `outcomes` holds what the service does when its cases move.
    """

    service: str
    definitions: Sequence[str]
    node: str = "hebei"
    root_region: str = "130000"
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

    def may_define(self, session: Session, principal: Principal) -> bool:
        """Tell whether somebody may see and change the drafts of definitions."""
        return drafting.may_define(session, principal.account_id, root_region=self.root_region, lock=False)

    def check_may_define(self, uow: UnitOfWork, principal: Principal) -> None:
        """Refuse a change of definitions by anybody but a system administrator of the province.

        :raises Forbidden: `not_the_provinces_administrator`.
        """
        drafting.check_may_define(uow.session, principal.account_id, root_region=self.root_region)

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

    def open(
        self,
        uow: UnitOfWork,
        *,
        definition: str,
        business_type: str,
        business_id: str,
        title: str,
        home_region: str,
        initiator: Party,
        barred: frozenset[str],
        content: Mapping[str, Any],
        command_id: str,
        organisation_id: str | None = None,
    ) -> CaseView:
        """Open a case on the published version of a definition and give out its first tasks.

        `content` is what approvers see and what later rounds are compared with: plain JSON, no ID numbers, no
        phones. `organisation_id` lets that organisation's administrators follow the case.

        :raises Conflict: `case_open` when the business object has an open case, `definition_retired`.
        :raises KeyReused: when the command id came with another content.
        :raises Invalid: `unknown_region`, `region_not_reporting`.
        """
        asked = commands.Opening(
            definition=definition,
            business_type=business_type,
            business_id=business_id,
            title=title,
            home_region=home_region,
            initiator=initiator,
            barred=barred,
            content=content,
            command_id=command_id,
            organisation_id=organisation_id,
        )
        return commands.open_case(uow, self._setting, asked)

    def act(
        self,
        uow: UnitOfWork,
        *,
        case_id: str,
        verb: Verb,
        actor: Principal | Party,
        command_id: str,
        expected_rev: int | None = None,
        opinion: str = "",
        remarks: tuple[Remark, ...] = (),
        content: Mapping[str, Any] | None = None,
        details: Details = Details(),  # a frozen value
    ) -> CaseView:
        """Carry out a verb on a case; `core.guard.RULES` is the table of them, `details` what some must be told.

        The content of a new round is `content`, or else what the service's `@outcomes.content` function reads.

        :raises NotFound: `case_not_found`, also for a case that the actor may not see.
        :raises Forbidden: when it is not theirs to do; the code says why.
        :raises Conflict: when it is not legal now, with the `winner` and the `allowed_actions`.
        :raises StaleRevision: when the case has moved on since `expected_rev`.
        :raises Invalid: `opinion_required`.
        :raises KeyReused: when the command id came with another content.
        """
        asked = commands.Action(
            case_id=case_id,
            verb=verb,
            actor=actor,
            command_id=command_id,
            expected_rev=expected_rev,
            opinion=opinion,
            remarks=remarks,
            content=content,
            details=details,
        )
        return commands.act(uow, self._setting, asked)

    def view(self, session: Session, *, case_id: str, principal: Principal, at: datetime) -> CaseDetail:
        """Answer a case as somebody sees it, with its rounds and what differs between them.

        :raises NotFound: `case_not_found`, also for a case that they may not see.
        """
        self._check_visible(session, case_id, principal, at)
        case = reading.find_case(session, case_id)
        reader = self._setting.seated(session, principal, business_type=case.business_type, at=at, lock=False)
        world = self._setting.world(session, case.home_region, at=at, case=case)
        view = reading.view_of(session, case, reader=reader, names=self._names(at), world=world)
        return reading.detail_of(session, view)

    def trail(self, session: Session, *, case_id: str, principal: Principal, at: datetime) -> Trail:
        """Answer a case's history, oldest first, and whether its chain of hashes holds.

        :raises NotFound: `case_not_found`, also for a case that they may not see.
        """
        self._check_visible(session, case_id, principal, at)
        return reading.trail_of(session, reading.find_case(session, case_id), names=self._names(at))

    def tasks(
        self,
        session: Session,
        *,
        which: TaskList,
        principal: Principal,
        at: datetime,
        business_type: str | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> TaskPage:
        """Answer a page of somebody's cases: to decide, to correct, started or decided by them.

        :raises Invalid: `cursor_invalid`.
        """
        return lists.page(
            session,
            which,
            account_id=principal.account_id,
            business_type=business_type,
            cursor=cursor,
            limit=limit,
            names=self._names(at),
        )

    def counts(self, session: Session, *, principal: Principal, at: datetime) -> TaskCounts:
        """Answer how much waits for somebody, and how many cases of their regions nobody may decide."""
        return lists.counts(session, principal, self.regions, at=at)

    def _check_visible(self, session: Session, case_id: str, principal: Principal, at: datetime) -> None:
        if not lists.may_see(session, case_id, principal, self.regions, at=at):
            raise reading.not_found()

    def _names(self, at: datetime) -> RegionNames:
        return RegionNames.at(self.regions, at)

    @property
    def _system(self) -> str:
        return f"{catalogue.SYSTEM}{self.service}"

    @property
    def _setting(self) -> Setting:
        return Setting(service=self.service, node=self.node, regions=self.regions, outcomes=self.outcomes)
