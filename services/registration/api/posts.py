"""Posts: proposed by one administrator, confirmed by another."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from services.registration import queries
from services.registration.api.tools import tools
from services.registration.commands import posts
from services.registration.schemas import HeldPostOut, PostIn, PostOut
from shared.http import allow, principal, reading, uow
from shared.http.paging import PageArguments, page_schema
from shared.identity import Role

blp = Blueprint("posts", __name__, description="Posts: a role in a region")


class PostQuery(PageArguments):
    """Which posts are wanted."""

    account_id = fields.String(load_default=None, validate=validate.Length(max=60))
    by_hand = fields.Boolean(
        load_default=False, metadata={"description": "Only offices and administrators, whom somebody proposes"}
    )
    state = fields.String(load_default=None, validate=validate.OneOf(["proposed", "active", "ended"]))


@blp.route("/posts", methods=["GET"])
@blp.arguments(PostQuery, location="query")
@blp.response(200, page_schema(HeldPostOut))
@allow(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
def index(query: dict[str, Any]) -> Any:
    """List posts, newest change first."""
    return queries.list_posts(reading(), **query)


@blp.route("/posts", methods=["POST"])
@blp.arguments(PostIn)
@blp.response(201, PostOut)
@allow(Role.SYSTEM_ADMIN)
def propose(body: dict[str, Any]) -> Any:
    """Propose a post; the security administrator confirms it."""
    return posts.propose_post(
        uow(),
        proposer=principal(),
        account_id=body["account_id"],
        role=body["role"],
        region=body["region"],
        regions=tools().regions,
    )


@blp.route("/posts/<post_id>/confirm", methods=["POST"])
@blp.response(200, PostOut)
@allow(Role.SECURITY_ADMIN)
def confirm(post_id: str) -> Any:
    """Confirm a proposed post: it is effective from now on."""
    return posts.confirm_post(uow(), confirmer=principal(), post_id=post_id)


@blp.route("/posts/<post_id>/end", methods=["POST"])
@blp.response(200, PostOut)
@allow(Role.SECURITY_ADMIN)
def end(post_id: str) -> Any:
    """End a post at once."""
    return posts.end_post(uow(), post_id=post_id)
