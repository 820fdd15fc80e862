"""What follows from a move, in the same transaction: events, the service's own hooks, and the cases around this one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.approval import catalogue, deadlines, store
from shared.approval.across.telling import tell_nodes
from shared.approval.core import engine
from shared.approval.core.command import Command, Move, World
from shared.approval.core.definition import Definition
from shared.approval.core.state import Case, Parent, Party, Stage
from shared.approval.core.trail import Said
from shared.approval.core.words import ABROAD, CLOSED, CaseState, Verb
from shared.approval.outcomes import outcome_of
from shared.approval.setting import Setting
from shared.approval.telling import events_of
from shared.approval.viewing import case_view
from shared.approval.views import CaseView
from shared.contracts.cases import CaseClosed, CaseDecided, CaseReturned
from shared.storage import UnitOfWork
from shared.storage.trip import one_trip

#: What the kind of business of a case ends in that decides whether an approved one is undone.
REVOCATION = "revocation"


def follow(
    uow: UnitOfWork,
    setting: Setting,
    before: Case | None,
    move: Move,
    definition: Definition,
    command: Command | None,
    seen: CaseView,
) -> None:
    """Tell the others, run the service's hooks and move the cases that depend on this one.

    `seen` is the case after the move, as hooks get to see it.
    """
    is_ours = move.case.token not in ABROAD
    for event in events_of(move, definition, command):
        # How another node's case goes on is told to its people at its home, once the answer is there.
        if is_ours or not isinstance(event, CaseDecided | CaseReturned | CaseClosed):
            uow.publish(event)
    tell_nodes(uow, setting, before, move)
    deadlines.raise_alarm(uow, before, move.case)
    outcome = outcome_of(before.state, move.case.state) if before else None
    if outcome is not None and is_ours:
        setting.outcomes.run(uow, seen, outcome)
    for stage in move.waiting:
        _open_subcase(uow, setting, move.case, definition, stage)
    for stage in move.abandoned:
        _end_subcase(uow, setting, move.case, stage)
    if command is not None and command.verb is Verb.REQUEST_REVOCATION:
        _open_revocation(uow, setting, move.case, definition, command)
    if move.case.parent is not None and before is not None and move.case.state in CLOSED:
        _tell_parent(uow, setting, move.case, move.case.parent)


def view(
    uow: UnitOfWork, setting: Setting, case: Case, definition: Definition, command: Command | None, world: World
) -> CaseView:
    """Answer the case as the one who acted sees it."""
    reader = command.actor if command else Party.system(setting.service)
    said = Said(
        name=reader.name,
        opinion=command.opinion if command else "",
        signature=command.signature if command else "",
    )
    return case_view(case, definition, reader=reader, said=said, names=setting.names(uow.now), world=world)


def _open_subcase(uow: UnitOfWork, setting: Setting, case: Case, definition: Definition, stage: Stage) -> None:
    node = definition.node(stage.node_key)
    assert node.subcase is not None
    opening = engine.Opening(
        # A stage whose approval was taken back waits for another case when its turn comes again.
        id=store.child_id(case.id, f"{stage.number}s{case.trail.seq}"),
        origin=case.origin,
        business_type=f"{case.business_type}/{stage.node_key}",
        business_id=case.business_id,
        title=f"{case.title}：{node.title.zh}",
        home_region=stage.region,
        organisation_id=case.organisation_id,
        barred=case.barred,
        parent=Parent(case.id, stage.number),
    )
    content = store.content(uow.session, case)
    initiator = Party(case.initiator.account_id, case.initiator.name)
    _open(uow, setting, opening, node.subcase, initiator, content)


def _open_revocation(uow: UnitOfWork, setting: Setting, case: Case, definition: Definition, command: Command) -> None:
    assert definition.revocation is not None
    opening = engine.Opening(
        id=store.child_id(case.id, f"r{case.trail.seq}"),
        origin=case.origin,
        business_type=f"{case.business_type}/{REVOCATION}",
        business_id=case.id,
        title=f"撤销：{case.title}",
        home_region=case.home_region,
        organisation_id=case.organisation_id,
        barred=case.barred,
        parent=Parent(case.id, 0),
    )
    content = {"title": case.title, "business_type": case.business_type, "reason": command.opinion}
    _open(uow, setting, opening, definition.revocation.definition, command.actor, content)


def _open(
    uow: UnitOfWork,
    setting: Setting,
    opening: engine.Opening,
    definition_key: str,
    initiator: Party,
    content: Mapping[str, Any],
) -> None:
    *_, open_rows = one_trip(uow.session, store.claiming(uow.session, opening.business_type, opening.business_id))
    if open_rows:
        raise store.already_open(open_rows[0].id)
    definition = catalogue.active(uow.session, definition_key)
    world = setting.world(uow.session, opening.home_region, at=uow.now, here=uow.here)
    command = Command(
        id=f"open/{opening.id}", verb=Verb.SUBMIT, actor=initiator, salt=secrets.token_hex(16), content=content
    )
    move = engine.open_case(opening, command, definition=definition, world=world)
    store.save_new(uow.session, move)
    seen = view(uow, setting, move.case, definition, command, world)
    follow(uow, setting, None, move, definition, command, seen)


def _end_subcase(uow: UnitOfWork, setting: Setting, case: Case, stage: Stage) -> None:
    """End the case that a stage waited for, because nobody waits for it any more."""
    child_id = store.open_child(uow.session, case.id, stage.number)
    child = store.load(uow.session, child_id, lock=True) if child_id else None
    if child is None:
        return
    definition = catalogue.bound(uow.session, child.definition)
    world = setting.world(uow.session, child.home_region, at=uow.now, case=child, here=uow.here)
    move = engine.abandon(child, definition=definition, world=world)
    store.save(uow.session, child, move)
    seen = view(uow, setting, move.case, definition, None, world)
    # Whoever waited for it waits no more and is not told.
    follow(uow, setting, child, replace(move, case=replace(move.case, parent=None)), definition, None, seen)


def _tell_parent(uow: UnitOfWork, setting: Setting, child: Case, parent: Parent) -> None:
    """Let the case that waited for this one go on, or be undone."""
    waiting = store.load(uow.session, parent.case_id, lock=True)
    assert waiting is not None
    definition = catalogue.bound(uow.session, waiting.definition)
    world = setting.world(uow.session, waiting.home_region, at=uow.now, case=waiting, here=uow.here)
    has_passed = child.state is CaseState.APPROVED
    if parent.stage:
        move = engine.conclude(waiting, parent.stage, has_passed=has_passed, definition=definition, world=world)
    else:
        move = engine.revoke(waiting, by=child.id, definition=definition, world=world) if has_passed else None
    if move is not None:
        store.save(uow.session, waiting, move)
        seen = view(uow, setting, move.case, definition, None, world)
        follow(uow, setting, waiting, move, definition, None, seen)
