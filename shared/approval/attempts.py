"""The audit of what was refused: it is written down after the refused command's own transaction is undone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import insert

from shared.approval.base import table_of
from shared.approval.core.words import Verb
from shared.approval.tables_beside import AttemptRow
from shared.storage import UnitOfWork

_ADD = insert(table_of(AttemptRow))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Who tried which verb on which case, under which command id, and the code of why not."""

    case_id: str
    actor_id: str
    verb: Verb
    command_id: str
    code: str


def keep(uow: UnitOfWork, attempt: Attempt) -> None:
    """Add an attempt to the audit, with the trace of the request that it was made in."""
    row = {
        "id": uuid.uuid4().hex,
        "at": uow.now,
        # What is no id of ours is cut, so that nobody can fill the table with a long address.
        "case_id": attempt.case_id[:40],
        "actor_id": attempt.actor_id,
        "verb": attempt.verb.value,
        "command_id": attempt.command_id,
        "code": attempt.code,
        "trace_id": uow.trace.trace_id,
    }
    uow.session.execute(_ADD, row)
