"""The routes of the verbs: one case, one verb, one command.

The `Idempotency-Key` is the command id, kept as long as the case, and `If-Match` is the revision that was read; both
are required.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema

from shared.approval.blueprint.auditing import note
from shared.approval.commands import Details
from shared.approval.core.state import Remark
from shared.approval.core.words import Verb
from shared.approval.schemas.sent import (
    CopyIn,
    DecideIn,
    GiveIn,
    MigrateIn,
    NamedTaskIn,
    ReturnIn,
    SignIn,
    TaskVerbIn,
    VerbIn,
)
from shared.approval.schemas.shown import CaseOut
from shared.approval.service import Approvals
from shared.errors import AnyuanError, PreconditionMissing
from shared.http import answers_anew, expected_revision, principal, signed_in, tag_revision, uow
from shared.http.idempotency import command_id, command_key


@dataclass(frozen=True)
class Wire:
    """A verb on the wire: the shape of what it is told, and what the document of the routes says of it."""

    schema: type[Schema]
    summary: str


#: The verbs that people use, in the order of the document.
VERBS: Mapping[Verb, Wire] = {
    Verb.APPROVE: Wire(DecideIn, "Approve a case at the stage that asks one (同意)."),
    Verb.REJECT: Wire(DecideIn, "Reject a case, which ends it (驳回)."),
    Verb.RETURN: Wire(ReturnIn, "Return a case to its initiator, or to an earlier node of the round (退回)."),
    Verb.WITHDRAW: Wire(VerbIn, "Take back a case that one has opened (撤回)."),
    Verb.RESUBMIT: Wire(VerbIn, "Submit a returned case again, with the content that its record has now (重新提交)."),
    Verb.TAKE_BACK: Wire(VerbIn, "Take back one's own approval while nobody after has acted (拿回)."),
    Verb.CLAIM: Wire(TaskVerbIn, "Claim a task of one's post (认领)."),
    Verb.UNCLAIM: Wire(TaskVerbIn, "Give a claimed task back to its post (退还认领)."),
    Verb.TRANSFER: Wire(GiveIn, "Give one's task to somebody else for good (转办)."),
    Verb.DELEGATE: Wire(GiveIn, "Ask somebody else for an opinion, after which the task comes back (委派)."),
    Verb.RESOLVE: Wire(TaskVerbIn, "Give the opinion that was asked for by a delegation (回复委派)."),
    Verb.ADD_SIGN: Wire(SignIn, "Add a signer before, after or beside oneself (加签)."),
    Verb.REMOVE_SIGN: Wire(NamedTaskIn, "Remove a signer whom one has added and who has not spoken (减签)."),
    Verb.CONSULT: Wire(GiveIn, "Ask somebody for their view; the flow stays where it is (征询)."),
    Verb.ANSWER: Wire(TaskVerbIn, "Answer what one was asked (回复征询)."),
    Verb.CC: Wire(CopyIn, "Send copies, to be read (抄送)."),
    Verb.MARK_READ: Wire(TaskVerbIn, "Mark a copy as read (已阅)."),
    Verb.REMIND: Wire(VerbIn, "Ask those who have to decide for haste, once a day at most (催办)."),
    Verb.COMMENT: Wire(VerbIn, "Say something without moving the flow (沟通)."),
    Verb.REQUEST_REVOCATION: Wire(VerbIn, "Ask for an approved case to be undone, which another case decides (撤销)."),
    Verb.SUSPEND: Wire(VerbIn, "Let a case and its clock stand still, with a reason (暂停)."),
    Verb.RESUME: Wire(VerbIn, "Let a suspended case go on (恢复)."),
    Verb.TERMINATE: Wire(VerbIn, "End a case as an administrator, with a reason (终止)."),
    Verb.MIGRATE: Wire(MigrateIn, "Let a running case go on by a later version of its definition (迁移流程版本)."),
}
_HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": "The command's own id: sent again with the same body it answers the same, and does nothing",
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": "The revision that was read, as its ETag",
    },
]


def add_verbs(blp: Blueprint, approvals: Approvals) -> None:
    """Add a route for each verb that people use."""
    for verb, wire in VERBS.items():
        _add_verb(blp, approvals, verb, wire)


def _add_verb(blp: Blueprint, approvals: Approvals, verb: Verb, wire: Wire) -> None:
    def act(body: dict[str, Any], case_id: str) -> Any:
        own_id = _command_id()
        try:
            view = approvals.act(
                uow(),
                case_id=case_id,
                verb=verb,
                actor=principal(),
                command_id=own_id,
                expected_rev=expected_revision(),
                opinion=body["opinion"],
                remarks=tuple(Remark(one["pointer"], one["reason"]) for one in body.get("remarks", ())),
                details=_details(body),
            )
        except AnyuanError as refused:
            note(refused, case_id=case_id, verb=verb, command_id=own_id)
            raise
        tag_revision(view.rev)
        return view

    act.__name__, act.__doc__ = f"{verb.value}_case", wire.summary
    # The engine keeps the answer as long as the case, longer than answers to other requests are kept.
    answering = blp.response(200, CaseOut)(signed_in(answers_anew(act)))
    taking = blp.arguments(wire.schema)(answering)
    blp.route(f"/cases/<case_id>/{verb.value}", methods=["POST"], parameters=_HEADERS)(taking)


def _details(body: Mapping[str, Any]) -> Details:
    to = body.get("to", ())
    return Details(
        to=(to,) if isinstance(to, str) else tuple(to),
        task=body.get("task"),
        node=body.get("node"),
        placing=body.get("placing"),
        version=body.get("version"),
        signature=body.get("signature", ""),
    )


def _command_id() -> str:
    if command_key() is None:
        raise PreconditionMissing(
            "idempotency_key_missing",
            zh="缺少 Idempotency-Key 请求头（操作编号）",
            en="Send an Idempotency-Key: the command's own id",
        )
    return command_id()
