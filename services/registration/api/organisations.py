"""Organisations: registering and looking up."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.registration import queries
from services.registration.api.tools import scope_asked, tools
from services.registration.commands import organisations
from services.registration.commands.accounts import account_of
from services.registration.commands.cases import approvals
from services.registration.commands.volunteers import party_of
from services.registration.schemas import OrganisationIn, OrganisationOut, OrganisationQuery
from shared.http import allow, principal, reading, signed_in, tag_revision, uow
from shared.http.idempotency import command_id
from shared.http.paging import page_schema
from shared.identity import Role

blp = Blueprint("organisations", __name__, description="Volunteer organisations")


@blp.route("/organisations", methods=["POST"])
@blp.arguments(OrganisationIn)
@blp.response(201, OrganisationOut)
@signed_in
def register(body: dict[str, Any]) -> Any:
    """Register an organisation; who registers it will answer for it, and its region's office approves it."""
    account = account_of(uow().session, principal().account_id)
    organisation = organisations.register_organisation(
        uow(),
        form=organisations.OrganisationForm(**body),
        head=party_of(account),
        regions=tools().regions,
        approvals=approvals,
        command_id=command_id(),
    )
    uow().session.flush()
    tag_revision(organisation.revision)
    return organisation


@blp.route("/organisations", methods=["GET"])
@blp.arguments(OrganisationQuery, location="query")
@blp.response(200, page_schema(OrganisationOut))
@allow(Role.CLERK, Role.APPROVER)
def index(query: dict[str, Any]) -> Any:
    """List the organisations of the regions one sees."""
    scope = scope_asked(query["region"])
    return queries.list_organisations(
        reading(), scope=scope, state=query["state"], cursor=query["cursor"], limit=query["limit"]
    )


@blp.route("/organisations/mine", methods=["GET"])
@blp.response(200, OrganisationOut(many=True))
@signed_in
def mine() -> Any:
    """List the organisations one heads, whatever their state."""
    return queries.my_organisations(reading(), principal().account_id)


@blp.route("/organisations/<organisation_id>", methods=["GET"])
@blp.response(200, OrganisationOut)
@signed_in
def show(organisation_id: str) -> Any:
    """Answer one organisation."""
    organisation = queries.find_organisation(reading(), organisation_id, principal=principal(), scope=scope_asked())
    tag_revision(organisation.revision)
    return organisation
