"""The commands behind `Approvals`: each is one transaction, the caller's, from the lock to the kept answer.

The order of locks is everywhere the same: the directory of posts, then the case, then the rows of the outbox.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.approval import answers, catalogue, directory, lists, reading, store
from shared.approval.base import table_of
from shared.approval.columns import case_columns
from shared.approval.core import engine
from shared.approval.core.command import Command, Move
from shared.approval.core.definition import Definition
from shared.approval.core.digest import sha256
from shared.approval.core.guard import Refusal, Refused, allowed_actions, permit
from shared.approval.core.route import Link
from shared.approval.core.state import Case, Party, Remark
from shared.approval.core.words import CLOSED, StageState, Tier, Verb
from shared.approval.outcomes import Outcomes, outcome_of
from shared.approval.refusals import error_of
from shared.approval.tables import CaseRow
from shared.approval.telling import events_of
from shared.approval.viewing import case_view
from shared.approval.views import CaseView, RegionNames
from shared.clock import business_date
from shared.errors import Conflict
from shared.identity import Principal
from shared.regions import Regions
from shared.storage import UnitOfWork

_CASES = table_of(CaseRow)
_CLOSED = tuple(sorted(state.value for state in CLOSED))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What every command of a service's cases stands on."""

    node: str
    regions: Regions
    outcomes: Outcomes

    def names(self, at: datetime) -> RegionNames:
        """Answer the names of regions on the day of an instant."""
        return RegionNames.at(self.regions, at)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is asked when a case is opened."""

    definition: str
    business_type: str
    business_id: str
    title: str
    home_region: str
    initiator: Party
    barred: frozenset[str]
    content: Mapping[str, Any]
    command_id: str
    organisation_id: str | None

    def digest(self) -> str:
        """Answer what tells this command from another under the same id."""
        asked = {name: getattr(self, name) for name in ("definition", "business_type", "business_id", "title")}
        asked |= {"home_region": self.home_region, "initiator": self.initiator.account_id, "content": self.content}
        return sha256(asked | {"barred": sorted(self.barred), "organisation_id": self.organisation_id})


@dataclass(frozen=True, kw_only=True)
class Action:
    """What is asked when a verb is used on a case."""

    case_id: str
    verb: Verb
    actor: Principal | Party
    command_id: str
    expected_rev: int | None
    opinion: str
    remarks: tuple[Remark, ...]
    content: Mapping[str, Any] | None

    def digest(self) -> str:
        """Answer what tells this command from another under the same id; the revision is no part of the content."""
        remarks = [[remark.pointer, remark.reason] for remark in self.remarks]
        return sha256([self.case_id, self.verb.value, self.actor.account_id, self.opinion, remarks, self.content])


def open_case(uow: UnitOfWork, setting: Setting, asked: Opening) -> CaseView:
    """Open a case, or answer again what was answered to the same command."""
    session, digest = uow.session, asked.digest()
    answered = answers.find(session, asked.command_id, digest)
    if answered is not None:
        return answered
    command = Command(
        id=asked.command_id,
        verb=Verb.SUBMIT,
        actor=_seated(session, asked.initiator),
        salt=secrets.token_hex(16),
        content=asked.content,
    )
    opening = engine.Opening(
        id=uuid.uuid4().hex,
        origin=setting.node,
        business_type=asked.business_type,
        business_id=asked.business_id,
        title=asked.title,
        home_region=asked.home_region,
        organisation_id=asked.organisation_id,
        barred=asked.barred,
    )
    definition = catalogue.active(session, asked.definition)
    chain = _chain(setting, asked.home_region, at=uow.now)
    seats = directory.holders(session, [link.region for link in chain])
    move = engine.open_case(opening, command, definition=definition, chain=chain, seats=seats, at=uow.now)
    if not _insert(session, move.case):
        # Somebody was faster: this very command on another connection, or another case of the same thing.
        answered = answers.find(session, asked.command_id, digest)
        if answered is None:
            raise _already_open(session, asked)
        return answered
    store.save_new(session, move)
    return _finish(uow, setting, None, move, definition, command, digest)


def act(uow: UnitOfWork, setting: Setting, asked: Action) -> CaseView:
    """Carry out a verb, or answer again what was answered to the same command."""
    session, digest = uow.session, asked.digest()
    actor = _seated(session, asked.actor)
    case = store.load(session, asked.case_id, lock=True)
    if case is None:
        raise reading.not_found()
    answered = answers.find(session, asked.command_id, digest)
    if answered is not None:
        return answered
    command = Command(
        id=asked.command_id,
        verb=asked.verb,
        actor=actor,
        salt=secrets.token_hex(16),
        opinion=asked.opinion,
        remarks=asked.remarks,
        expected_rev=asked.expected_rev,
        content=asked.content,
    )
    definition = catalogue.bound(session, case.definition)
    try:
        definition, move = _move(uow, setting, case, definition, command)
    except Refused as refused:
        # Who may not see a case is not told whether there is one, nor who won it.
        if isinstance(asked.actor, Principal) and not _may_see(uow, setting, case, asked.actor):
            raise reading.not_found() from refused
        allowed = allowed_actions(case, definition, actor)
        raise error_of(refused.refusal, revision=case.rev, allowed=allowed) from refused
    store.save(session, case, move)
    return _finish(uow, setting, case, move, definition, command, digest)


def reseat(uow: UnitOfWork, case_id: str) -> None:
    """Hold or open the stage of a case after posts have changed hands."""
    case = store.load(uow.session, case_id, lock=True)
    if case is None or case.active_stage is None:
        return
    definition = catalogue.bound(uow.session, case.definition)
    seats = directory.holders(uow.session, [case.active_stage.region])
    move = engine.reseat(case, definition=definition, seats=seats, at=uow.now)
    if move is None:
        return
    store.save(uow.session, case, move)
    for event in events_of(move, definition, None):
        uow.publish(event)


def _move(
    uow: UnitOfWork, setting: Setting, case: Case, definition: Definition, command: Command
) -> tuple[Definition, Move]:
    """Answer what the core makes of a command, and the definition that the case is bound to after it."""
    if command.verb is Verb.RESUBMIT:
        return _resubmit(uow, setting, case, definition, command)
    ahead = (StageState.OPEN, StageState.HELD, StageState.WAITING)
    regions = [stage.region for stage in case.current_stages if stage.state in ahead]
    seats = directory.holders(uow.session, regions)
    return definition, engine.decide(case, command, definition=definition, seats=seats, at=uow.now)


def _resubmit(
    uow: UnitOfWork, setting: Setting, case: Case, definition: Definition, command: Command
) -> tuple[Definition, Move]:
    verdict = permit(case, definition, command.verb, command.actor)
    if isinstance(verdict, Refusal):
        raise Refused(verdict)
    active = catalogue.active(uow.session, case.definition.key)
    if command.content is None:
        view = _view(setting, case, definition, command, at=uow.now)
        command = replace(command, content=setting.outcomes.content_of(uow, view))
    chain = _chain(setting, case.home_region, at=uow.now)
    seats = directory.holders(uow.session, [link.region for link in chain])
    return active, engine.resubmit(case, command, definition=active, chain=chain, seats=seats, at=uow.now)


def _finish(
    uow: UnitOfWork,
    setting: Setting,
    before: Case | None,
    move: Move,
    definition: Definition,
    command: Command,
    digest: str,
) -> CaseView:
    """Tell the others, run the service's own hooks and keep the answer."""
    for event in events_of(move, definition, command):
        uow.publish(event)
    view = _view(setting, move.case, definition, command, at=uow.now)
    outcome = outcome_of(before.state, move.case.state) if before else None
    if outcome is not None:
        setting.outcomes.run(uow, view, outcome)
    answers.keep(uow.session, command.id, digest, view, at=uow.now)
    return view


def _view(setting: Setting, case: Case, definition: Definition, command: Command, *, at: datetime) -> CaseView:
    return case_view(case, definition, reader=command.actor, opinion=command.opinion, names=setting.names(at))


def _seated(session: Session, actor: Principal | Party) -> Party:
    """Answer the actor with the posts that the directory knows of; what a token says is not asked."""
    return Party(actor.account_id, actor.name, directory.posts_of(session, actor.account_id, lock=True))


def _chain(setting: Setting, region: str, *, at: datetime) -> list[Link]:
    steps = setting.regions.chain(region, on=business_date(at))
    return [Link(step.code, Tier(step.level.value)) for step in steps]


def _may_see(uow: UnitOfWork, setting: Setting, case: Case, principal: Principal) -> bool:
    return lists.may_see(uow.session, case.id, principal, setting.regions, at=uow.now)


def _insert(session: Session, case: Case) -> bool:
    """Insert a new case's row, unless the business object has an open case; waits for one that is being opened."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    added = dialect.insert(_CASES).values(**case_columns(case)).on_conflict_do_nothing().returning(_CASES.c.id)
    return session.execute(added).first() is not None


def _already_open(session: Session, asked: Opening) -> Conflict:
    case_id = session.scalar(
        select(_CASES.c.id).where(
            _CASES.c.business_type == asked.business_type,
            _CASES.c.business_id == asked.business_id,
            _CASES.c.state.not_in(_CLOSED),
        )
    )
    return Conflict("case_open", zh="该事项已在审批中", en="This is under approval already", case_id=case_id)
