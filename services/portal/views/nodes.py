"""The links to other nodes: how they do, what to do next, and the little that is done from here."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import go, new_id, tell, words
from services.portal.sessions import api, person
from shared.identity import Role

blp = Blueprint("nodes", __name__)

_UNITS = ((86_400, "nodes.n_days"), (3600, "nodes.n_hours"), (60, "nodes.n_minutes"), (1, "nodes.n_seconds"))

_LATE_SECONDS = 300.0


@blp.get("/nodes")
def show() -> tuple[str, int]:
    """Show the charter, the keys and the streams to and from every other node."""
    return _page(Form(), 200)


@blp.post("/nodes/<node>/compare")
def compare(node: str) -> Response:
    """Have both streams between this node and another one compared."""
    person()
    api().post("links", "nodes", node, "compare", key=Form.sent().text("command_id"))
    tell("nodes.asked", node=node)
    return go("nodes.show")


@blp.post("/nodes/<node>/resume")
def resume(node: str) -> Response | tuple[str, int]:
    """Let the stopped stream of a node go on, with the reason."""
    person()
    sent = Form.sent()
    field = f"reason-{node}"
    if not sent.require(field):
        return _page(sent, 422)
    try:
        body = {"reason": sent.text(field)}
        api().post("links", "nodes", node, "resume", body=body, key=sent.text("command_id"))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _page(sent.take(problem, {"/reason": field}), problem.status)
    tell("nodes.resumed", node=node)
    return go("nodes.show")


def _page(form: Form, status: int) -> tuple[str, int]:
    who = person()
    if not current_app.config["HAS_NEIGHBOURS"]:
        abort(404)
    page = render_template(
        "nodes.html",
        told=api().get("links", "status").data,
        form=form,
        may_resume=who.has_role(Role.SYSTEM_ADMIN),
        command_id=new_id(),
        lasting=lasting,
        troubles_of=troubles_of,
    )
    return page, status


def lasting(seconds: float) -> str:
    """Answer a time in its largest unit: seconds, minutes, hours or days."""
    size, key = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    return words()(key, n=int(seconds // size))


def troubles_of(link: Json) -> list[str]:
    """Answer in words what is wrong with a link."""
    said = words()
    stands = [
        said(f"nodes.{key}", code=link[field])
        for key, field in (
            ("stopped", "stopped"),
            ("stopped_there", "stopped_there"),
            ("held", "held_because"),
            ("differs", "differs"),
        )
        if link[field]
    ]
    counts = [said(f"nodes.n_{field}", n=link[field]) for field in ("refused", "quarantined") if link[field]]
    is_late = max(link["oldest_waiting_seconds"], link["oldest_queued_seconds"] or 0.0) >= _LATE_SECONDS
    return [*stands, *counts, *([said("nodes.late")] if is_late else [])]
