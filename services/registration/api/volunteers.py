"""Volunteers: registering, looking up, the e-file."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.registration import queries
from services.registration.api.tools import scope_asked, tools
from services.registration.commands import moves, volunteers
from services.registration.commands.accounts import account_of
from services.registration.commands.cases import approvals
from services.registration.schemas import (
    AccountOut,
    ClaimIn,
    ClaimSecretOut,
    FileOut,
    MyRegistrationOut,
    VolunteerIn,
    VolunteerOut,
    VolunteerQuery,
)
from shared.http import allow, answers_anew, principal, public, reading, signed_in, tag_revision, uow
from shared.http.idempotency import command_id
from shared.http.paging import page_schema
from shared.identity import Role

blp = Blueprint("volunteers", __name__, description="Volunteers under their real names")


@blp.route("/volunteers", methods=["POST"])
@blp.arguments(VolunteerIn)
@blp.response(201, VolunteerOut)
@signed_in
def register(body: dict[str, Any]) -> dict[str, Any]:
    """Register oneself as a volunteer; a clerk of the region confirms it."""
    account = account_of(uow().session, principal().account_id)
    volunteer = volunteers.register_volunteer(
        uow(),
        form=volunteers.VolunteerForm(**body),
        applicant=volunteers.party_of(account),
        sealer=tools().sealer,
        regions=tools().regions,
        approvals=approvals,
        command_id=command_id(),
    )
    uow().session.flush()
    tag_revision(volunteer.revision)
    return queries.volunteer_view(volunteer, tools().sealer)


@blp.route("/volunteers", methods=["GET"])
@blp.arguments(VolunteerQuery, location="query")
@blp.response(200, page_schema(VolunteerOut))
@allow(Role.CLERK, Role.APPROVER)
def index(query: dict[str, Any]) -> Any:
    """List the volunteers of the regions one sees."""
    scope = scope_asked(query["region"])
    return queries.list_volunteers(
        reading(), tools().sealer, scope=scope, state=query["state"], cursor=query["cursor"], limit=query["limit"]
    )


@blp.route("/volunteers/me", methods=["GET"])
@blp.response(200, MyRegistrationOut)
@signed_in
def mine() -> dict[str, Any]:
    """Answer one's own registration."""
    volunteer = queries.my_volunteer(reading(), principal().account_id)
    tag_revision(volunteer.revision)
    view = queries.volunteer_view(volunteer, tools().sealer)
    return {**view, "moved_to": queries.moved_to(reading(), volunteer)}


@blp.route("/volunteers/me/claim-secret", methods=["POST"])
@blp.response(201, ClaimSecretOut)
@signed_in
@answers_anew
def issue_claim() -> Any:
    """Issue the secret by which one who has moved to another node claims the account there; older ones end."""
    return moves.issue_claim(uow(), queries.my_volunteer(uow().session, principal().account_id))


@blp.route("/volunteers/claim", methods=["POST"])
@blp.arguments(ClaimIn)
@blp.response(201, AccountOut)
@public
def claim(body: dict[str, Any]) -> Any:
    """Claim one's account at a new home, with the secret of the old one and one's ID number."""
    made = tools()
    return moves.claim_volunteer(uow(), claiming=moves.Claiming(**body), sealer=made.sealer, regions=made.regions)


@blp.route("/volunteers/me/file", methods=["GET"])
@blp.response(200, FileOut)
@signed_in
def my_file() -> Any:
    """Answer one's own e-file: hours, stars and awards (notice II (1))."""
    return queries.file_of(reading(), queries.my_volunteer(reading(), principal().account_id))
