"""What every service with cases shows of them over HTTP: read, list and decide, one by one or many at once."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from shared.approval.blueprint.auditing import keep_attempts
from shared.approval.blueprint.lists import add_lists
from shared.approval.blueprint.many import add_many
from shared.approval.blueprint.phrases import add_phrases
from shared.approval.blueprint.verbs import VERBS, add_verbs
from shared.approval.core.state import Party
from shared.approval.defining import add_definitions
from shared.approval.schemas.shown import CaseDetailOut, RecipientsOut, TrailOut
from shared.approval.schemas.versions import LaterVersionsOut
from shared.approval.service import Approvals
from shared.http import now, principal, reading, signed_in, tag_revision
from shared.identity import Principal

__all__ = ["VERBS", "approval_blueprint", "party_of"]


def party_of(principal: Principal) -> Party:
    """Answer the one who acts; which posts they hold is read from the directory when they do."""
    return Party(account_id=principal.account_id, name=principal.name)


def approval_blueprint(approvals: Approvals) -> Blueprint:
    """Make the routes of a service's cases."""
    blp = Blueprint("cases", __name__, description="Cases under approval 审批事项")
    _add_reading(blp, approvals)
    add_lists(blp, approvals)
    add_many(blp, approvals)
    add_phrases(blp)
    add_verbs(blp, approvals)
    add_definitions(blp, approvals)
    blp.after_request(keep_attempts)
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

    @blp.route("/cases/<case_id>/recipients", methods=["GET"])
    @blp.response(200, RecipientsOut)
    @signed_in
    def recipients(case_id: str) -> Any:
        """List the officials who can be given a part in a case, with the verbs for which one can choose them."""
        return {"items": approvals.recipients(reading(), case_id=case_id, principal=principal(), at=now())}

    @blp.route("/cases/<case_id>/later-versions", methods=["GET"])
    @blp.response(200, LaterVersionsOut)
    @signed_in
    def later_versions(case_id: str) -> Any:
        """List the later versions of a case's definition, and whether it could migrate to each."""
        return {"items": approvals.later_versions(reading(), case_id=case_id, principal=principal(), at=now())}
