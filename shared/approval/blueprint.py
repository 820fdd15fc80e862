"""What every service with cases shows of them over HTTP: read, list and decide.

On the verbs the `Idempotency-Key` is the command id, kept as long as the case, and `If-Match` is the revision that
was read; both are required.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from shared.approval.core.state import Party, Remark
from shared.approval.core.words import Verb
from shared.approval.schemas import (
    CaseDetailOut,
    CaseOut,
    ReturnIn,
    TaskCountsOut,
    TaskItemOut,
    TasksIn,
    TrailOut,
    VerbIn,
)
from shared.approval.service import Approvals
from shared.errors import PreconditionMissing
from shared.http import answers_anew, expected_revision, now, principal, reading, signed_in, tag_revision, uow
from shared.http.idempotency import command_id, command_key
from shared.http.paging import page_schema
from shared.identity import Principal

#: The verbs on the wire, with what the document of the routes says of each.
VERBS: Mapping[Verb, str] = {
    Verb.APPROVE: "Approve a case at the stage that asks one (同意).",
    Verb.REJECT: "Reject a case, which ends it (驳回).",
    Verb.RETURN: "Return a case to its initiator, which ends the round (退回).",
    Verb.WITHDRAW: "Take back a case that one has opened (撤回).",
    Verb.RESUBMIT: "Submit a returned case again, with the content that its record has now (重新提交).",
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


def party_of(principal: Principal) -> Party:
    """Answer the one who acts; which posts they hold is read from the directory when they do."""
    return Party(account_id=principal.account_id, name=principal.name)


def approval_blueprint(approvals: Approvals) -> Blueprint:
    """Make the routes of a service's cases."""
    blp = Blueprint("cases", __name__, description="Cases under approval 审批事项")
    _add_reading(blp, approvals)
    _add_lists(blp, approvals)
    for verb, summary in VERBS.items():
        _add_verb(blp, approvals, verb, summary)
    return blp


def _add_reading(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/cases/<case_id>", methods=["GET"])
    @blp.response(200, CaseDetailOut)
    @signed_in
    def show(case_id: str) -> Any:
        """Answer a case with its rounds and what differs between them."""
        detail = approvals.view(reading(), case_id=case_id, principal=principal(), at=now())
        tag_revision(detail.case.rev)
        return {**vars(detail.case), "rounds": detail.rounds, "differences": detail.differences}

    @blp.route("/cases/<case_id>/trail", methods=["GET"])
    @blp.response(200, TrailOut)
    @signed_in
    def trail(case_id: str) -> Any:
        """Answer a case's history, oldest first."""
        return approvals.trail(reading(), case_id=case_id, principal=principal(), at=now())


def _add_lists(blp: Blueprint, approvals: Approvals) -> None:
    @blp.route("/tasks", methods=["GET"])
    @blp.arguments(TasksIn, location="query")
    @blp.response(200, page_schema(TaskItemOut))
    @signed_in
    def tasks(query: dict[str, Any]) -> Any:
        """List one's cases: to decide, to correct, started or decided by oneself."""
        return approvals.tasks(
            reading(),
            which=query["list"],
            principal=principal(),
            at=now(),
            business_type=query["business_type"],
            cursor=query["cursor"],
            limit=query["limit"],
        )

    @blp.route("/tasks/counts", methods=["GET"])
    @blp.response(200, TaskCountsOut)
    @signed_in
    def counts() -> Any:
        """Count what waits for one, and the held cases of one's regions."""
        return approvals.counts(reading(), principal=principal(), at=now())


def _add_verb(blp: Blueprint, approvals: Approvals, verb: Verb, summary: str) -> None:
    def act(body: dict[str, Any], case_id: str) -> Any:
        view = approvals.act(
            uow(),
            case_id=case_id,
            verb=verb,
            actor=principal(),
            command_id=_command_id(),
            expected_rev=expected_revision(),
            opinion=body["opinion"],
            remarks=tuple(Remark(one["pointer"], one["reason"]) for one in body.get("remarks", ())),
        )
        tag_revision(view.rev)
        return view

    act.__name__, act.__doc__ = f"{verb.value}_case", summary
    # The engine keeps the answer as long as the case, longer than answers to other requests are kept.
    answering = blp.response(200, CaseOut)(signed_in(answers_anew(act)))
    taking = blp.arguments(ReturnIn if verb is Verb.RETURN else VerbIn)(answering)
    blp.route(f"/cases/<case_id>/{verb.value}", methods=["POST"], parameters=_HEADERS)(taking)


def _command_id() -> str:
    if command_key() is None:
        raise PreconditionMissing(
            "idempotency_key_missing",
            zh="缺少 Idempotency-Key 请求头（操作编号）",
            en="Send an Idempotency-Key: the command's own id",
        )
    return command_id()
