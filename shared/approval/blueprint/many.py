"""The routes by which one request moves many cases: decisions of a list, and the work of somebody who leaves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_smorest import Blueprint

from shared.approval.batches import Tried
from shared.approval.blueprint.auditing import note
from shared.approval.commands import Action, Details
from shared.approval.core.words import Verb
from shared.approval.schemas.many import DecisionsIn, DecisionsOut, HandOverIn, HandOverOut, HoldingsOut
from shared.approval.schemas.shown import RecipientsOut
from shared.approval.service import Approvals
from shared.errors import Fault, Invalid, PreconditionMissing
from shared.http import allow, answers_anew, now, principal, reading, signed_in, uow
from shared.http.idempotency import command_key, own_id
from shared.http.problems import problem_of
from shared.identity import Role

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "Sent again with the same body it answers the same, and does nothing",
}


def add_many(blp: Blueprint, approvals: Approvals) -> None:
    """Add the routes that are about many cases."""
    _add_decisions(blp, approvals)
    _add_hand_over(blp, approvals)


def _add_decisions(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/decisions", methods=["POST"])
    @blp.arguments(DecisionsIn)
    @blp.response(200, DecisionsOut)
    @signed_in
    @answers_anew
    def decide_many(body: dict[str, Any]) -> Any:
        """Decide up to 200 cases alike, each for itself: every row has its own answer (批量办理).

        A command id that was carried out is answered as it was then.
        """
        rows = body["rows"]
        _check_once(rows)
        actions = [
            Action(
                case_id=row["case_id"],
                verb=Verb(body["verb"]),
                actor=principal(),
                command_id=own_id(row["command_id"]),
                expected_rev=row["revision"],
                opinion=body["opinion"],
                details=Details(signature=row["signature"]),
            )
            for row in rows
        ]
        tried = approvals.act_on_many(uow(), actions)
        _note_refused(tried)
        told = [{"command_id": row["command_id"]} | _told(one) for row, one in zip(rows, tried, strict=True)]
        return {"results": told}


def _add_hand_over(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/hand-over", methods=["GET"])
    @blp.response(200, HoldingsOut)
    @allow(Role.SYSTEM_ADMIN)
    def list_holdings() -> Any:
        """List who has tasks that a hand-over would move, and how many."""
        return {"items": approvals.holdings(reading(), principal=principal(), at=now())}

    @blp.route("/hand-over/<account_id>/successors", methods=["GET"])
    @blp.response(200, RecipientsOut)
    @allow(Role.SYSTEM_ADMIN)
    def list_successors(account_id: str) -> Any:
        """List the officials who could take over somebody's tasks, those of the lowest codes first."""
        return {"items": approvals.successors(reading(), from_account=account_id, principal=principal(), at=now())}

    @blp.route("/hand-over", methods=["POST"], parameters=[_KEY])
    @blp.arguments(HandOverIn)
    @blp.response(200, HandOverOut)
    @allow(Role.SYSTEM_ADMIN)
    def hand_over(body: dict[str, Any]) -> Any:
        """Give the unfinished tasks that are one person's by name to another, 500 at most (离职转办).

        Only those of the administrator's regions. Posts' tasks need nothing: their next holder has them.
        """
        key = command_key()
        if key is None:
            raise PreconditionMissing(
                "idempotency_key_missing",
                zh="缺少 Idempotency-Key 请求头（操作编号）",
                en="Send an Idempotency-Key: the command's own id",
            )
        handed = approvals.hand_over(
            uow(),
            actor=principal(),
            from_account=body["from_account"],
            to_account=body["to_account"],
            opinion=body["opinion"],
            command_id=own_id(key),
            cursor=body["cursor"],
        )
        _note_refused(handed.tried)
        told = [_told(one) | {"task": one.action.details.task} for one in handed.tried]
        return {"results": told, "more": handed.next_cursor is not None, "next_cursor": handed.next_cursor}


def _check_once(rows: list[dict[str, Any]]) -> None:
    """Refuse a batch that names a case or a command twice.

    :raises Invalid: `named_twice`, at each row that repeats.
    """
    seen: set[tuple[str, str]] = set()
    faults = []
    for place, row in enumerate(rows):
        for name in ("case_id", "command_id"):
            if (name, row[name]) in seen:
                faults.append(
                    Fault(
                        code="named_twice",
                        zh="同一批次中重复",
                        en="It is named twice in one batch",
                        pointer=f"/rows/{place}/{name}",
                    )
                )
            seen.add((name, row[name]))
    if faults:
        raise Invalid.of(faults)


def _note_refused(tried: Iterable[Tried]) -> None:
    for one in tried:
        if one.error is not None:
            note(one.error, case_id=one.action.case_id, verb=one.action.verb, command_id=one.action.command_id)


def _told(one: Tried) -> dict[str, Any]:
    return {
        "case_id": one.action.case_id,
        "case": one.view,
        "problem": problem_of(one.error) if one.error is not None else None,
    }
