"""What other nodes say of cases: each is taken in under the case's row lock, and what comes twice changes nothing.

What one service hears of its namesake on another node concerns it; its own words, and those of other services, do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from shared.approval import aftermath, catalogue, store
from shared.approval.across.parts import Telling, decisions_in, entries_in, snapshots_in, told
from shared.approval.across.understanding import CannotTake, check_trail, command_of, definition_of, understood
from shared.approval.core import two_nodes
from shared.approval.core.command import Move, World
from shared.approval.core.definition import Definition
from shared.approval.core.state import Case, Person
from shared.approval.core.words import CaseState, Token
from shared.approval.setting import Setting
from shared.contracts.cases import CaseHeld
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
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

Between = Telling | CaseHandoverRefused | CaseAnswerRefused | CaseWithdrawRequested | CaseWithdrawRefused
_Moved = Callable[[Case, Definition, World], Move | None]


def _is_for_the_stage(uow: UnitOfWork, setting: Setting, event: Between) -> bool:
    return event.service == setting.service and uow.hosts(event.region) and not uow.hosts(event.home_region)


def _is_for_the_home(uow: UnitOfWork, setting: Setting, event: Between) -> bool:
    return event.service == setting.service and uow.hosts(event.home_region) and not uow.hosts(event.region)


def take_over(uow: UnitOfWork, setting: Setting, event: CaseHandedOver) -> None:
    """Take over a case whose stage is decided here, and give out its tasks; or tell its home why it cannot be."""
    if not _is_for_the_stage(uow, setting, event):
        return
    try:
        theirs, definition = understood(event), definition_of(uow, event)
        check_trail(event)
    except CannotTake as error:
        log.warning("case_not_taken_over", case_id=event.case_id, code=error.code, reason=error.reason)
        uow.publish(_refusal(event, error))
        return
    known = store.load(uow.session, event.case_id, lock=True)
    world = setting.world(uow.session, event.home_region, at=uow.now, case=theirs.case, here=uow.here)
    origin = uow.here.node or setting.node
    move = two_nodes.take_over(theirs, known, origin=origin, definition=definition, world=world)
    if move is None:
        return
    if known is None:
        store.save_new(uow.session, move)
    else:
        store.save(uow.session, known, move)
    _keep_told(uow, move.case, event)
    seen = aftermath.view(uow, setting, move.case, definition, None, world)
    aftermath.follow(uow, setting, known, move, definition, None, seen)


def follow(uow: UnitOfWork, setting: Setting, event: CaseFollowed) -> None:
    """Show how another node's case goes on, in which this node has had a part."""
    if not _is_for_the_stage(uow, setting, event):
        return
    known = store.load(uow.session, event.case_id, lock=True)
    after = two_nodes.follow(told(event), known, origin=known.origin) if known else None
    if known is None or after is None:
        return
    try:
        definition_of(uow, event)
        check_trail(event)
    except CannotTake as error:
        # What is only shown stays as it was; the next hand-over will be refused for the same reason, and held at home.
        log.warning("case_not_followed", case_id=event.case_id, code=error.code, reason=error.reason)
        return
    store.show(uow.session, known, after)
    _keep_told(uow, after, event)


def take_answer(uow: UnitOfWork, setting: Setting, event: CaseAnswered | CaseWithdrawn) -> None:
    """Apply what the node of a stage has decided, and go on: to the next stage, or to the end of the case.

    An answer that goes beyond what that node had to decide changes nothing here, and that node is told.
    """
    if not _is_for_the_home(uow, setting, event):
        return
    case = store.load(uow.session, event.case_id, lock=True)
    if case is None:
        _refuse_answer(uow, event, "unknown_case", f"there is no case {event.case_id}")
        return
    bound = catalogue.bound(uow.session, case.definition)
    world = setting.world(uow.session, case.home_region, at=uow.now, case=case, here=uow.here)
    try:
        check_trail(event)
        move = two_nodes.take_answer(case, told(event), definition=bound, world=world)
    except CannotTake as error:
        _refuse_answer(uow, event, error.code, error.reason)
        return
    except ValueError as error:
        _refuse_answer(uow, event, "not_theirs", str(error))
        return
    if move is None:
        return
    store.save(uow.session, case, move)
    _keep_told(uow, move.case, event)
    command = command_of(event)
    seen = aftermath.view(uow, setting, move.case, bound, command, world)
    aftermath.follow(uow, setting, case, move, bound, command, seen)


def _refuse_answer(uow: UnitOfWork, event: CaseAnswered | CaseWithdrawn, code: str, reason: str) -> None:
    log.warning("answer_not_taken", case_id=event.case_id, code=code, reason=reason)
    uow.publish(
        CaseAnswerRefused(
            case_id=event.case_id,
            service=event.service,
            home_region=event.home_region,
            region=event.region,
            handover=event.handover,
            code=code,
            reason=reason,
        )
    )


def stop_for_initiator(uow: UnitOfWork, setting: Setting, event: CaseWithdrawRequested) -> None:
    """Stop a case that its initiator wants back, if nobody here has decided it yet, and answer either way."""
    if not _is_for_the_stage(uow, setting, event):
        return
    case = store.load(uow.session, event.case_id, lock=True)
    if case is None:
        _refuse_withdrawal(uow, event, "not_here")
        return
    person = Person(event.requested_by.account_id, event.requested_by.name)
    move = _moved(
        uow,
        setting,
        case,
        lambda case, bound, world: two_nodes.give_up(case, person, event.handover, definition=bound, world=world),
    )
    if move is None and case.state is not CaseState.WITHDRAWN:
        _refuse_withdrawal(uow, event, "suspended" if case.state is CaseState.SUSPENDED else "decided")


def go_on(uow: UnitOfWork, setting: Setting, event: CaseWithdrawRefused) -> None:
    """Let a case go on whose withdrawal came too late."""
    if not _is_for_the_home(uow, setting, event):
        return
    case = store.load(uow.session, event.case_id, lock=True)
    if case is not None:
        _moved(
            uow,
            setting,
            case,
            lambda case, bound, world: two_nodes.withdraw_refused(
                case, event.handover, event.code, definition=bound, world=world
            ),
        )


def hold(uow: UnitOfWork, setting: Setting, event: CaseHandoverRefused) -> None:
    """Take the right to move a case back that the node of its stage does not take; officials at home hear of it."""
    if not _is_for_the_home(uow, setting, event):
        return
    case = store.load(uow.session, event.case_id, lock=True)
    if case is None:
        return
    move = _moved(
        uow,
        setting,
        case,
        lambda case, bound, world: two_nodes.refuse(
            case, event.handover, event.code, event.reason, definition=bound, world=world
        ),
    )
    if move is not None and move.case.state is CaseState.RUNNING:
        log.error("case_not_taken_by_other_node", case_id=case.id, code=event.code, reason=event.reason)
        uow.publish(_held(case, case.home_region, event))


def hold_answer(uow: UnitOfWork, setting: Setting, event: CaseAnswerRefused) -> None:
    """Note that a case's home does not take our answer; officials here hear of it, and it is given again."""
    if not _is_for_the_stage(uow, setting, event):
        return
    case = store.load(uow.session, event.case_id, lock=True)
    if case is None:
        return
    move = _moved(
        uow,
        setting,
        case,
        lambda case, bound, world: two_nodes.answer_refused(
            case, event.handover, event.code, event.reason, definition=bound, world=world
        ),
    )
    if move is not None:
        log.error("answer_not_taken_by_home", case_id=case.id, code=event.code, reason=event.reason)
        uow.publish(_held(case, event.region, event))


def try_again(uow: UnitOfWork, setting: Setting, case_id: str) -> None:
    """Hand a case over, or give an answer, once more that the other node did not take."""
    case = store.load(uow.session, case_id, lock=True)
    if case is None:
        return
    again = two_nodes.answer_again if case.token is Token.REFUSED else two_nodes.hand_again
    _moved(uow, setting, case, lambda case, bound, world: again(case, definition=bound, world=world))


def _held(case: Case, region: str, event: CaseHandoverRefused | CaseAnswerRefused) -> CaseHeld:
    return CaseHeld(
        case_id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        round=case.round,
        region=region,
        roles=(),
        initiator_account_id=case.initiator.account_id,
        reason=event.reason,
    )


def _moved(uow: UnitOfWork, setting: Setting, case: Case, moved: _Moved) -> Move | None:
    """Write down what a stored and locked case comes to, and do what follows."""
    bound = catalogue.bound(uow.session, case.definition)
    world = setting.world(uow.session, case.home_region, at=uow.now, case=case, here=uow.here)
    move = moved(case, bound, world)
    if move is not None:
        store.save(uow.session, case, move)
        seen = aftermath.view(uow, setting, move.case, bound, None, world)
        aftermath.follow(uow, setting, case, move, bound, None, seen)
    return move


def _keep_told(uow: UnitOfWork, case: Case, event: Telling) -> None:
    """Keep the chains of other nodes, and what the rounds are about."""
    entries, decisions = entries_in(case.id, event.case), decisions_in(case.id, event.case)
    store.keep_told(
        uow.session,
        case,
        entries=[one for one in entries if one.place.origin != case.origin],
        decisions=[one for one in decisions if one.place.origin != case.origin],
        rounds=snapshots_in(event.case),
    )


def _refusal(event: CaseHandedOver, error: CannotTake) -> CaseHandoverRefused:
    return CaseHandoverRefused(
        case_id=event.case_id,
        service=event.service,
        home_region=event.home_region,
        region=event.region,
        handover=event.handover,
        code=error.code,
        reason=error.reason,
    )


def _refuse_withdrawal(uow: UnitOfWork, event: CaseWithdrawRequested, code: Any) -> None:
    uow.publish(
        CaseWithdrawRefused(
            case_id=event.case_id,
            service=event.service,
            home_region=event.home_region,
            region=event.region,
            handover=event.handover,
            code=code,
        )
    )
