"""What was refused goes into the audit once the transaction that refused it is over."""

from __future__ import annotations

from flask import Response, g

from shared.approval import attempts
from shared.approval.attempts import Attempt
from shared.approval.core.words import Verb
from shared.errors import AnyuanError
from shared.http import principal
from shared.storage import Database


def note(refused: AnyuanError, *, case_id: str, verb: Verb, command_id: str) -> None:
    """Remember a verb that was refused to whoever asks, until the end of the request."""
    attempt = Attempt(
        case_id=case_id, actor_id=principal().account_id, verb=verb, command_id=command_id, code=refused.code
    )
    g.setdefault("attempts", []).append(attempt)


def keep_attempts(response: Response) -> Response:
    """Write what was refused into the audit, now that its own transaction is over."""
    noted: list[Attempt] = g.pop("attempts", [])
    if noted:
        database: Database = g.database
        with database.unit_of_work() as auditing:
            for attempt in noted:
                attempts.keep(auditing, attempt)
    return response
