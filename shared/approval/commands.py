"""The commands behind `Approvals`: each is one transaction, the caller's, from the lock to the kept answer.

The order of locks is everywhere the same: the directory of posts, then the case (after the one that waits for it) or
the thing that a new case is about, then the rows of the outbox.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared.approval import absences, aftermath, answers, catalogue, directory, lists, reading, store, workdays
from shared.approval.core import engine
from shared.approval.core.command import Command, Move, World
from shared.approval.core.definition import Definition
from shared.approval.core.digest import sha256
from shared.approval.core.finding import Question
from shared.approval.core.guard import allowed_actions, permit
from shared.approval.core.refusal import Refusal, Refused
from shared.approval.core.route import regions_named
from shared.approval.core.state import Case, Party, Remark
from shared.approval.core.words import Placing, Verb
from shared.approval.refusals import error_of
from shared.approval.setting import Brought, Setting
from shared.approval.views import CaseView
from shared.errors import Invalid
from shared.identity import Principal
from shared.storage import UnitOfWork
from shared.storage.trip import one_trip


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
class Details:
    """What some verbs must be told besides an opinion; what each means is said with `core.command.Command`.

    `to` holds account ids, `version` is of the definition to migrate to, `signature` refers to one kept elsewhere.
    """

    to: tuple[str, ...] = ()
    task: int | None = None
    node: str | None = None
    placing: Placing | None = None
    version: int | None = None
    signature: str = ""


@dataclass(frozen=True, kw_only=True)
class Action:
    """What is asked when a verb is used on a case."""

    case_id: str
    verb: Verb
    actor: Principal | Party
    command_id: str
    expected_rev: int | None = None
    opinion: str = ""
    remarks: tuple[Remark, ...] = ()
    content: Mapping[str, Any] | None = None
    details: Details = Details()

    def digest(self) -> str:
        """Answer what tells this command from another under the same id; the revision is no part of the content."""
        remarks = [[remark.pointer, remark.reason] for remark in self.remarks]
        asked = [self.case_id, self.verb.value, self.actor.account_id, self.opinion, remarks, self.content]
        told = {name: value for name, value in vars(self.details).items() if value not in (None, (), "")}
        return sha256([*asked, told])


def open_case(uow: UnitOfWork, setting: Setting, asked: Opening) -> CaseView:
    """Open a case, or answer again what was answered to the same command."""
    session, digest = uow.session, asked.digest()
    me, regions = asked.initiator.account_id, _chain_of(setting, asked.home_region, at=uow.now)
    posts, *claimed, answered_rows, active, calendar, named, holders = one_trip(
        session,
        [
            directory.locking(me),
            *store.claiming(session, asked.business_type, asked.business_id),
            answers.finding(asked.command_id),
            catalogue.activating(asked.definition),
            workdays.asking(),
            absences.naming(me, at=uow.now),
            directory.holding(regions),
        ],
    )
    answered = answers.found(answered_rows, digest)
    if answered is not None:
        return answered
    if claimed[-1]:
        raise store.already_open(claimed[-1][0].id)
    brought = Brought(posts=posts, named=named, calendar=calendar, holders=holders, regions=regions)
    actor = setting.seated(session, asked.initiator, business_type=asked.business_type, at=uow.now, brought=brought)
    opening = _opening(uow, setting, asked)
    command = Command(
        id=asked.command_id, verb=Verb.SUBMIT, actor=actor, salt=secrets.token_hex(16), content=asked.content
    )
    definition = catalogue.active_of(session, asked.definition, active)
    beside = regions_named(definition, asked.content)
    world = setting.world(session, asked.home_region, at=uow.now, brought=brought, here=uow.here, named=beside)
    move = engine.open_case(opening, command, definition=definition, world=world)
    store.save_new(session, move)
    view = aftermath.view(uow, setting, move.case, definition, command, world)
    answers.keep(session, command.id, digest, view, at=uow.now)
    aftermath.follow(uow, setting, None, move, definition, command, view)
    return view


def _opening(uow: UnitOfWork, setting: Setting, asked: Opening) -> engine.Opening:
    return engine.Opening(
        id=uuid.uuid4().hex,
        origin=uow.here.node or setting.node,
        business_type=asked.business_type,
        business_id=asked.business_id,
        title=asked.title,
        home_region=asked.home_region,
        organisation_id=asked.organisation_id,
        barred=asked.barred,
    )


def _chain_of(setting: Setting, home_region: str, *, at: datetime) -> frozenset[str]:
    try:
        return frozenset(link.region for link in setting.chain(home_region, at=at))
    except Invalid:
        # It is said when it is known that the command was not answered before, on a day that had this region.
        return frozenset({home_region})


def act(uow: UnitOfWork, setting: Setting, asked: Action) -> CaseView:
    """Carry out a verb, or answer again what was answered to the same command."""
    session, digest = uow.session, asked.digest()
    me = asked.actor.account_id
    # Everything on one trip: the locks first, in their order, and what is read sees what those before have committed.
    posts, *rows, answered_rows, holders, calendar, named = one_trip(
        session,
        [
            directory.locking(me),
            *store.reading(asked.case_id, lock=True),
            answers.finding(asked.command_id),
            directory.holding_for(asked.case_id),
            workdays.asking(),
            absences.naming(me, at=uow.now),
        ],
    )
    case = store.case_of(rows)
    if case is None:
        raise reading.not_found()
    answered = answers.found(answered_rows, digest)
    if answered is not None:
        return answered
    regions = frozenset(stage.region for stage in case.stages)
    brought = Brought(posts=posts, named=named, calendar=calendar, holders=holders, regions=regions)
    world = setting.world(session, case.home_region, at=uow.now, case=case, brought=brought, here=uow.here)
    actor = setting.seated(session, asked.actor, business_type=case.business_type, at=uow.now, brought=brought)
    command = _command(session, case, asked, actor)
    bound = catalogue.bound(session, case.definition)
    try:
        definition, move = _move(uow, setting, case, bound, command, world)
    except Refused as refused:
        # Who may not see a case is not told whether there is one, nor who won it.
        if isinstance(asked.actor, Principal) and not _may_see(uow, setting, case, asked.actor):
            raise reading.not_found() from refused
        raise _error_of(refused.refusal, case, bound, actor, world) from refused
    if move is not None:
        store.save(session, case, move)
    # Seen and kept while the database writes the move.
    view = aftermath.view(uow, setting, move.case if move else case, definition, command, world)
    answers.keep(session, command.id, digest, view, at=uow.now)
    if move is not None:
        aftermath.follow(uow, setting, case, move, definition, command, view)
    return view


def _command(session: Session, case: Case, asked: Action, actor: Party) -> Command:
    """Answer the command as the core takes it: the people in it with their posts, the version as a definition."""
    details = asked.details
    content, definition = asked.content, None
    if asked.verb is Verb.MIGRATE:
        content = store.content(session, case)
        definition = catalogue.version_of(session, case.definition.key, details.version or 0)
    to = directory.parties(session, details.to) if details.to else ()
    if len(to) != len(set(details.to)):
        raise Invalid(
            "recipient_unfit", zh="所选人员没有有效职务", en="Somebody named here holds no post", pointer="/to"
        )
    return Command(
        id=asked.command_id,
        verb=asked.verb,
        actor=actor,
        salt=secrets.token_hex(16),
        opinion=asked.opinion,
        remarks=asked.remarks,
        expected_rev=asked.expected_rev,
        content=content,
        to=to,
        task=details.task,
        node=details.node,
        placing=details.placing,
        definition=definition,
        signature=details.signature,
    )


def _move(
    uow: UnitOfWork, setting: Setting, case: Case, bound: Definition, command: Command, world: World
) -> tuple[Definition, Move | None]:
    """Answer what the core makes of a command, and the definition that the case is bound to after it."""
    if command.verb is not Verb.RESUBMIT:
        move = engine.decide(case, command, definition=bound, world=world)
        is_migrated = command.verb is Verb.MIGRATE and command.definition is not None
        return command.definition if is_migrated else bound, move  # type: ignore[return-value]  # it is not None
    question = Question(case=case, definition=bound, verb=command.verb, party=command.actor, world=world)
    verdict = permit(question)
    if isinstance(verdict, Refusal):
        raise Refused(verdict)
    active = catalogue.active(uow.session, case.definition.key)
    if command.content is None:
        view = aftermath.view(uow, setting, case, bound, command, world)
        command = replace(command, content=setting.outcomes.content_of(uow, view))
    beside = regions_named(active, command.content or {})
    if beside:
        world = setting.world(uow.session, case.home_region, at=uow.now, case=case, here=uow.here, named=beside)
    return active, engine.resubmit(case, command, bound=bound, active=active, world=world)


def _error_of(refusal: Refusal, case: Case, bound: Definition, actor: Party, world: World) -> Exception:
    question = Question(case=case, definition=bound, verb=Verb.SUBMIT, party=actor, world=world)
    return error_of(refusal, revision=case.rev, allowed=allowed_actions(question))


def _may_see(uow: UnitOfWork, setting: Setting, case: Case, principal: Principal) -> bool:
    return lists.may_see(uow.session, case.id, principal, setting.regions, at=uow.now)
