"""The one door to a service's cases: every case is opened, moved and read through `Approvals`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared.approval import (
    batches,
    catalogue,
    commands,
    lists,
    migrating,
    reading,
    recipients,
    sight,
)
from shared.approval.batches import HandedOver, Holding, Leaving, Tried
from shared.approval.commands import Action, Details
from shared.approval.core.difference import Change
from shared.approval.core.state import Case, Party, Remark
from shared.approval.core.words import Verb
from shared.approval.filters import Filter
from shared.approval.ground import Ground
from shared.approval.lists import TaskList
from shared.approval.migrating import LaterVersion
from shared.approval.names import RegionNames
from shared.approval.views import CaseDetail, CaseView, Recipient, TaskCounts, TaskPage, Trail
from shared.identity import Principal
from shared.storage import UnitOfWork


@dataclass(kw_only=True)
class Approvals(Ground):
    """The cases of one service.

    `definitions` are the keys of the shipped definitions that it starts cases on; `node` names this deployment in the
    trail; administrators of the node's topmost region may change definitions;
    `outcomes` holds what the service does when its cases move.
    """

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

    def amend(
        self, uow: UnitOfWork, *, case_id: str, actor: Principal, changes: Sequence[Change], command_id: str
    ) -> CaseView:
        """Note in the trail that fields of a record under approval change, each with its old and its new value.

        Whether the record is theirs to change is for the service that owns it, which changes it in this transaction.

        :raises Conflict: `field_frozen`, at each field that no node which decides now lets be written.
        """
        remarks = tuple(Remark(one.pointer, f"{one.old} → {one.new}") for one in changes)
        return self.act(uow, case_id=case_id, verb=Verb.AMEND, actor=actor, command_id=command_id, remarks=remarks)

    def act_on_many(self, uow: UnitOfWork, actions: Sequence[Action]) -> tuple[Tried, ...]:
        """Carry out each of many commands that can be; what one is refused for undoes no other."""
        return batches.act_on_many(uow, self._setting, actions)

    def hand_over(
        self,
        uow: UnitOfWork,
        *,
        actor: Principal,
        from_account: str,
        to_account: str,
        opinion: str,
        command_id: str,
        cursor: str | None = None,
    ) -> HandedOver:
        """Give the unfinished tasks that are one person's by name to another (离职转办), as many as fit.

        :raises Invalid: `recipient_unfit`, `cursor_invalid`.
        """
        leaving = Leaving(
            actor=actor,
            from_account=from_account,
            to_account=to_account,
            opinion=opinion,
            command_id=command_id,
            cursor=cursor,
        )
        return batches.hand_over(uow, self._setting, leaving)

    def holdings(self, session: Session, *, principal: Principal, at: datetime) -> tuple[Holding, ...]:
        """Answer who has unfinished tasks by name in cases of an administrator's regions, and how many."""
        return batches.holdings(session, self._setting, principal.account_id, at=at)

    def successors(
        self, session: Session, *, from_account: str, principal: Principal, at: datetime
    ) -> tuple[Recipient, ...]:
        """Answer who could take over what is somebody's by name."""
        return batches.successors(session, self._setting, principal.account_id, from_account, at=at)

    def later_versions(
        self, session: Session, *, case_id: str, principal: Principal, at: datetime
    ) -> tuple[LaterVersion, ...]:
        """Answer the later versions of a case's definition, the newest first, and whether it could migrate to each.

        :raises NotFound: `case_not_found`, also for a case that the reader may not see.
        """
        self._check_visible(session, case_id, principal, at)
        return migrating.later_versions(session, self._setting, reading.find_case(session, case_id), at=at)

    def recipients(
        self, session: Session, *, case_id: str, principal: Principal, at: datetime
    ) -> tuple[Recipient, ...]:
        """Answer the officials who can be given a part in a case, each with the verbs for which they are fit.

        :raises NotFound: `case_not_found`, also for a case that the reader may not see.
        """
        self._check_visible(session, case_id, principal, at)
        case = reading.find_case(session, case_id)
        return recipients.of_case(session, self._setting, case, reader=principal.account_id, at=at)

    def view(self, session: Session, *, case_id: str, principal: Principal, at: datetime) -> CaseDetail:
        """Answer a case as somebody sees it, with its rounds and what differs between them.

        :raises NotFound: `case_not_found`, also for a case that they may not see.
        """
        self._check_visible(session, case_id, principal, at)
        case = reading.find_case(session, case_id)
        reader = self._setting.seated(session, principal, business_type=case.business_type, at=at, lock=False)
        world = self._setting.world(session, case.home_region, at=at, case=case)
        view = reading.view_of(session, case, reader=reader, names=self._names(at), world=world)
        return reading.detail_of(session, view, self._hidden(session, case, principal, reader, at))

    def trail(self, session: Session, *, case_id: str, principal: Principal, at: datetime) -> Trail:
        """Answer a case's history, oldest first, and whether its chain of hashes holds.

        :raises NotFound: `case_not_found`, also for a case that they may not see.
        """
        self._check_visible(session, case_id, principal, at)
        case = reading.find_case(session, case_id)
        reader = self._setting.seated(session, principal, business_type=case.business_type, at=at, lock=False)
        hidden = self._hidden(session, case, principal, reader, at)
        return reading.trail_of(session, case, names=self._names(at), hidden=hidden)

    def has_decided(self, session: Session, *, business_type: str, business_id: str, region: str) -> bool:
        """Tell whether a region has let a case about this thing pass, here or as another node has told."""
        return lists.has_decided(session, business_type, business_id, region)

    def tasks(
        self,
        session: Session,
        *,
        which: TaskList,
        principal: Principal,
        at: datetime,
        wanted: Filter = Filter(),  # a frozen value
        cursor: str | None = None,
        limit: int = 20,
    ) -> TaskPage:
        """Answer a page of one of somebody's lists, narrowed down to what is wanted.

        :raises Invalid: `cursor_invalid`, `unknown_region`.
        """
        return lists.page(
            session,
            which,
            account_id=principal.account_id,
            wanted=wanted,
            cursor=cursor,
            limit=limit,
            regions=self.regions,
            at=at,
        )

    def counts(self, session: Session, *, principal: Principal, at: datetime) -> TaskCounts:
        """Answer how long somebody's lists are, and how many cases of their regions nobody may decide."""
        return lists.counts(session, principal, self.regions, at=at)

    def _hidden(
        self, session: Session, case: Case, principal: Principal, reader: Party, at: datetime
    ) -> tuple[str, ...]:
        definition = catalogue.bound(session, case.definition)
        return sight.hidden_from(principal, reader, case, definition, self.regions, at=at)

    def _check_visible(self, session: Session, case_id: str, principal: Principal, at: datetime) -> None:
        if not lists.may_see(session, case_id, principal, self.regions, at=at):
            raise reading.not_found()

    def _names(self, at: datetime) -> RegionNames:
        return RegionNames.at(self.regions, at)
