"""Going over the trails of all cases of a service: does every chain of hashes hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.approval import reading, store
from shared.approval.base import table_of
from shared.approval.tables import CaseRow
from shared.storage import Database

BATCH = 200
_CASES = table_of(CaseRow)
#: What a row that was tampered with can make of reading it.
_UNREADABLE = (ValueError, TypeError, LookupError)


@dataclass(frozen=True, slots=True)
class Verified:
    """A batch of cases: how many have been looked at by now, of how many, and what is wrong with which."""

    done: int
    of: int
    problems: tuple[tuple[str, str], ...]


def verify(database: Database, *, case_id: str | None = None, batch: int = BATCH) -> Iterator[Verified]:
    """Look at every case, or at one, batch by batch; each batch is read at one moment, and nothing is locked.

    Yields nothing when there is no such case.
    """
    done, after = 0, ""
    while True:
        with database.reading() as session:
            asked = select(_CASES.c.id).where(_CASES.c.id > after).order_by(_CASES.c.id).limit(batch)
            total = select(func.count()).select_from(_CASES)
            if case_id is not None:
                asked, total = asked.where(_CASES.c.id == case_id), total.where(_CASES.c.id == case_id)
            ids = list(session.scalars(asked))
            if not ids:
                return
            found = {one: _problems(session, one) for one in ids}
            whole = session.scalar(total) or 0
        # A case that moved between two of our reads is looked at again when it stands still.
        for one in [one for one, problems in found.items() if problems]:
            found[one] = _again(database, one)
        done, after = done + len(ids), ids[-1]
        yield Verified(done, whole, tuple((one, problem) for one, problems in found.items() for problem in problems))


def _again(database: Database, case_id: str) -> tuple[str, ...]:
    with database.unit_of_work() as uow:
        store.load(uow.session, case_id, lock=True)
        return _problems(uow.session, case_id)


def _problems(session: Session, case_id: str) -> tuple[str, ...]:
    try:
        case = reading.find_case(session, case_id)
        entries, decisions = reading.load_trail(session, case)
        return reading.problems_of(session, case, entries, decisions)
    except _UNREADABLE as error:
        return (f"it cannot be read: {type(error).__name__}: {error}",)
