"""The routes of awards: stars, nominations, awards."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.awards import queries
from services.awards.commands import commendations
from services.awards.commands.cases import approvals
from services.awards.schemas import (
    AwardOut,
    MyAwardsOut,
    MyStarsOut,
    NominationIn,
    NominationOut,
    NominationQuery,
    RegionQuery,
    StandingOut,
    StoryIn,
)
from shared.clock import business_date
from shared.http import allow, expected_revision, now, principal, reading, signed_in, tag_revision, uow
from shared.http.idempotency import command_id
from shared.http.paging import page_schema
from shared.identity import Role, scope_of
from shared.regions import Regions

stars = Blueprint("stars", __name__, description="Star ratings by hours and quality")
nominations = Blueprint("nominations", __name__, description="Who is proposed for a star or a commendation")
awards = Blueprint("awards", __name__, description="Commendations that were given")
BLUEPRINTS = (stars, nominations, awards)


@stars.route("/stars/mine")
@stars.response(200, MyStarsOut)
@signed_in
def my_stars() -> queries.View:
    """Answer my stars, and what is missing to the next one."""
    return queries.my_stars(reading(), principal().account_id, now=now())


@stars.route("/stars")
@stars.arguments(RegionQuery, location="query")
@stars.response(200, page_schema(StandingOut))
@allow(Role.CLERK, Role.APPROVER)
def list_stars(query: dict[str, Any]) -> queries.Page:
    """List the volunteers of my regions, most stars first."""
    return queries.list_stars(reading(), _wanted(query))


@nominations.route("/nominations")
@nominations.arguments(NominationQuery, location="query")
@nominations.response(200, page_schema(NominationOut))
@allow(Role.CLERK, Role.APPROVER)
def list_nominations(query: dict[str, Any]) -> queries.Page:
    """List the nominations of my regions, and those I proposed."""
    chosen = {name: query[name] for name in ("kind", "state", "mine")}
    return queries.list_nominations(reading(), _wanted(query), **chosen)


@nominations.route("/nominations", methods=["POST"])
@nominations.arguments(NominationIn)
@nominations.response(201, NominationOut)
@allow(Role.CLERK)
def nominate(body: dict[str, Any]) -> queries.View:
    """Nominate a volunteer of my regions for a commendation."""
    nomination = commendations.nominate(
        uow(),
        commendations.Proposal(**body),
        clerk=principal(),
        regions=Regions.load(),
        approvals=approvals,
        command_id=command_id(),
    )
    uow().session.flush()
    return _shown(queries.nomination_view(nomination))


@nominations.route("/nominations/<nomination_id>")
@nominations.response(200, NominationOut)
@signed_in
def show_nomination(nomination_id: str) -> queries.View:
    """Answer one nomination: for its clerk, the volunteer and the officials above."""
    found = queries.find_nomination(
        reading(), nomination_id, principal=principal(), regions=Regions.load(), on=business_date(now())
    )
    return _shown(queries.nomination_view(found))


@nominations.route("/nominations/<nomination_id>", methods=["PATCH"])
@nominations.arguments(StoryIn)
@nominations.response(200, NominationOut)
@allow(Role.CLERK)
def rewrite_story(body: dict[str, Any], nomination_id: str) -> queries.View:
    """Write the story of my returned nomination anew."""
    nomination = commendations.rewrite_story(
        uow(),
        nomination_id,
        story=body["story"],
        clerk=principal(),
        regions=Regions.load(),
        expected_revision=expected_revision(),
    )
    return _shown(queries.nomination_view(nomination))


@awards.route("/awards/mine")
@awards.response(200, MyAwardsOut)
@signed_in
def my_awards() -> dict[str, Any]:
    """Answer my commendations."""
    return {"items": queries.my_awards(reading(), principal().account_id)}


@awards.route("/awards")
@awards.arguments(RegionQuery, location="query")
@awards.response(200, page_schema(AwardOut))
@allow(Role.CLERK, Role.APPROVER)
def list_awards(query: dict[str, Any]) -> queries.Page:
    """List the commendations given to volunteers of my regions, newest first."""
    return queries.list_awards(reading(), _wanted(query))


def _wanted(query: dict[str, Any]) -> queries.Wanted:
    regions, today = Regions.load(), business_date(now())
    return queries.Wanted(
        account_id=principal().account_id,
        scope=scope_of(principal(), regions, on=today),
        within=regions.below(query["region"], on=today) if query["region"] else None,
        cursor=query["cursor"],
        limit=query["limit"],
    )


def _shown(view: queries.View) -> queries.View:
    tag_revision(view["revision"])
    return view
