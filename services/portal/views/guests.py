"""Guests: volunteers who are registered elsewhere, whom an organisation asks for so that it can record them."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, request
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import go, new_id, tell
from services.portal.sessions import api, person
from services.portal.views.organising import our_organisations

blp = Blueprint("guests", __name__)

#: As many as the service answers.
_MOST = 200
_FIELDS = ("organisation_id", "volunteer_number", "name")


@blp.get("/guests")
def show() -> str:
    """Show who was asked for and how that stands, and the form that asks for one more."""
    return _page(Form({"volunteer_number": request.args.get("volunteer_number", "")}), request.args.get("activity"))


def _page(form: Form, activity_id: str | None) -> str:
    person()
    if not current_app.config["HAS_NEIGHBOURS"]:
        # Where one node has everybody, nobody is registered elsewhere.
        abort(404)
    organisations = our_organisations()
    return render_template(
        "guests.html",
        form=form,
        organisations=organisations,
        names={one["id"]: one["name"] for one in organisations},
        guests=api().get("records", "guests").data,
        most=_MOST,
        activity_id=activity_id,
        command_id=new_id(),
    )


@blp.post("/guests")
def ask() -> Response | tuple[str, int]:
    """Ask the place where a volunteer is registered to introduce them; again asks again."""
    person()
    sent = Form.sent()
    activity_id = sent.text("activity") or None
    if not sent.require(*_FIELDS):
        return _page(sent, activity_id), 422
    body: Json = {name: sent.text(name) for name in _FIELDS}
    body["volunteer_number"] = body["volunteer_number"].upper()
    try:
        guest = api().post("records", "guests", body=body, key=sent.text("command_id")).data
    except Problem as problem:
        if problem.status not in (404, 422):
            raise
        return _page(sent.take(problem), activity_id), problem.status
    said = "guest.introduced_at_once" if guest["state"] == "introduced" else "guest.asked"
    tell(said, name=guest["name"], number=guest["volunteer_number"])
    return go("guests.show", activity=activity_id)
