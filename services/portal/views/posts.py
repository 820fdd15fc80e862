"""Posts: proposed by one administrator, confirmed by another."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell, words
from services.portal.places import cities
from services.portal.sessions import api, person
from shared.identity import Role
from shared.identity.people import ADMINISTRATORS, OFFICIALS

blp = Blueprint("posts", __name__)

#: The roles that are given by hand; the others come with an approved registration.
GIVEN = tuple(role for role in Role if role in OFFICIALS | ADMINISTRATORS)
_STEPS = ("confirm", "end")
_PER_PAGE = 100


@blp.get("/posts")
def show() -> str:
    """Show the posts, those to confirm first."""
    return _page(Form(), Form(), None)


def _posts(state: str) -> Json:
    """Answer a page of the posts in this state; where it begins, the address says under the name of the state."""
    begin = request.args.get(state)
    found: Json = api().get("registration", "posts", state=state, by_hand="true", cursor=begin, limit=_PER_PAGE).data
    return found | {"begins_later": begin is not None}


def _page(account: Form, post: Form, made: dict[str, str] | None) -> str:
    person()
    return render_template(
        "posts.html",
        proposed=_posts("proposed"),
        active=_posts("active"),
        account_form=account,
        post_form=post,
        made=made,
        roles=[(role.value, words().of("role", role.value)) for role in GIVEN],
        cities=cities(on=formats().today, offices=True),
        command_id=new_id(),
    )


@blp.post("/posts")
def propose() -> Response | tuple[str, int]:
    """Propose a post for somebody."""
    person()
    sent = Form.sent()
    names = ("account_id", "role", "region")
    if not sent.require(*names):
        return _page(Form(), sent, None), 422
    try:
        api().post("registration", "posts", body={name: sent.text(name) for name in names}, key=sent.text("command_id"))
    except Problem as problem:
        if problem.status not in (403, 404, 409, 422):
            raise
        return _page(Form(), sent.take(problem), None), problem.status
    tell("posts.proposed")
    return go("posts.show")


@blp.get("/posts/<_post_id>/<step>")
def back_to_posts(_post_id: str, step: str) -> Response:
    """Show the posts to a browser that loads the address of a refused form again."""
    if step not in _STEPS:
        abort(404)
    return go("posts.show")


@blp.post("/posts/<post_id>/<step>")
def move(post_id: str, step: str) -> Response | tuple[str, int]:
    """Confirm a proposed post, or end one."""
    person()
    if step not in _STEPS:
        abort(404)
    try:
        api().post("registration", "posts", post_id, step)
    except Problem as problem:
        if problem.status not in (403, 409):
            raise
        return _page(Form(), Form().take(problem), None), problem.status
    tell(f"posts.done_{step}")
    return go("posts.show")


@blp.post("/accounts")
def make_account() -> tuple[str, int]:
    """Make an account for somebody; its one-use secret is shown on this page and nowhere else."""
    person()
    sent = Form.sent()
    if not sent.require("name", "username"):
        return _page(sent, Form(), None), 422
    body = {"name": sent.text("name"), "username": sent.text("username")}
    try:
        made = api().post("registration", "accounts", body=body).data
        made |= api().post("registration", "accounts", made["id"], "secret").data
    except Problem as problem:
        if problem.status not in (403, 409, 422):
            raise
        return _page(sent.take(problem), Form(), None), problem.status
    return _page(Form(), Form({"account_id": made["id"]}), made), 201
