"""Moves that are nobody's verb: after posts have changed, when a timer fires, when a year's workdays are loaded."""

from __future__ import annotations

from collections.abc import Callable

from shared.approval import aftermath, catalogue, store, timers
from shared.approval.core import engine
from shared.approval.core.command import Move, World
from shared.approval.core.definition import Definition
from shared.approval.core.state import Case, Timer
from shared.approval.core.words import CaseState
from shared.approval.setting import Setting
from shared.storage import UnitOfWork

_Moved = Callable[[Case, Definition, World], Move | None]


def reseat(uow: UnitOfWork, setting: Setting, case_id: str) -> None:
    """Hold or open the stages of a case after posts have changed hands."""
    _follow(uow, setting, case_id, lambda case, bound, world: engine.reseat(case, definition=bound, world=world))


def fire(uow: UnitOfWork, setting: Setting, case_id: str, timer: Timer) -> None:
    """Do what a timer's moment asks for, once: whoever comes second finds it fired."""

    def fired(case: Case, bound: Definition, world: World) -> Move | None:
        # A case that was suspended meanwhile keeps its timers for when it goes on.
        if case.state is CaseState.SUSPENDED or not timers.take(uow.session, case_id, timer, at=uow.now):
            return None
        return engine.fire(case, timer, definition=bound, world=world)

    _follow(uow, setting, case_id, fired)


def recount(uow: UnitOfWork, setting: Setting, case_id: str) -> None:
    """Count the provisional deadlines of a case again."""
    _follow(uow, setting, case_id, lambda case, bound, world: engine.recount(case, definition=bound, world=world))


def _follow(uow: UnitOfWork, setting: Setting, case_id: str, moved: _Moved) -> None:
    case = store.load(uow.session, case_id, lock=True)
    if case is None:
        return
    bound = catalogue.bound(uow.session, case.definition)
    world = setting.world(uow.session, case.home_region, at=uow.now, case=case, here=uow.here)
    move = moved(case, bound, world)
    if move is not None:
        store.save(uow.session, case, move)
        seen = aftermath.view(uow, setting, move.case, bound, None, world)
        aftermath.follow(uow, setting, case, move, bound, None, seen)
