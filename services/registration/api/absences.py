"""Absence rules: who stands in for an official who is away."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.registration import queries
from services.registration.commands import absences
from services.registration.schemas import AbsenceIn, AbsenceOut, AbsenceQuery, DelegateOut
from shared.http import allow, expected_revision, now, principal, reading, tag_revision, uow
from shared.http.paging import page_schema
from shared.identity import Role

blp = Blueprint("absences", __name__, description="Absence rules: who stands in for an official who is away")


@blp.route("/absences", methods=["POST"])
@blp.arguments(AbsenceIn)
@blp.response(201, AbsenceOut)
@allow(Role.CLERK, Role.APPROVER)
def set_rule(body: dict[str, Any]) -> Any:
    """Let another official of one's region stand in while one is away."""
    form = absences.AbsenceForm(**body)
    row = absences.set_absence(uow(), delegator_id=principal().account_id, form=form)
    tag_revision(row.revision)
    return queries.show_absence(reading(), row.id, at=uow().now)


@blp.route("/absences", methods=["GET"])
@blp.arguments(AbsenceQuery, location="query")
@blp.response(200, page_schema(AbsenceOut))
@allow(Role.CLERK, Role.APPROVER)
def index(query: dict[str, Any]) -> Any:
    """List one's own rules and those by which one stands in for others, the latest to begin first."""
    return queries.list_absences(
        reading(), principal().account_id, which=query["list"], at=now(), cursor=query["cursor"], limit=query["limit"]
    )


@blp.route("/absences/delegates", methods=["GET"])
@blp.response(200, DelegateOut(many=True))
@allow(Role.CLERK, Role.APPROVER)
def delegates() -> Any:
    """List the officials of one's regions: those who may stand in."""
    return queries.list_delegates(reading(), principal().account_id)


@blp.route("/absences/<absence_id>/end", methods=["POST"])
@blp.response(200, AbsenceOut)
@allow(Role.CLERK, Role.APPROVER)
def end(absence_id: str) -> Any:
    """End one's own rule before its time; again it changes nothing."""
    row = absences.end_absence(
        uow(), absence_id=absence_id, account_id=principal().account_id, expected_revision=expected_revision()
    )
    uow().session.flush()
    tag_revision(row.revision)
    return queries.show_absence(reading(), row.id, at=uow().now)
