"""A volunteer's own pages: records, hours, stars, awards."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from services.portal.desk import Desk
from services.portal.sessions import person

blp = Blueprint("me", __name__, url_prefix="")

_RECORDS_PER_PAGE = 20


@blp.get("/me")
def show() -> str:
    """Show a volunteer's records, hours ledger and e-file."""
    mine = Desk(person())
    state = request.args.get("state")
    state = state if state in ("pending", "confirmed", "void") else None
    page = mine.read(
        "records", "records", "mine", state=state, cursor=request.args.get("cursor"), limit=_RECORDS_PER_PAGE
    )
    mine.volunteer = mine.read("registration", "volunteers", "me")
    mine.file = mine.read("registration", "volunteers", "me", "file")
    mine.stars = mine.read("awards", "stars", "mine")
    mine.awards = (mine.read("awards", "awards", "mine") or {"items": []})["items"]
    return render_template(
        "me.html",
        desk=mine,
        records=page["items"] if page else [],
        next_cursor=page["next_cursor"] if page else None,
        state=state,
        ledger=mine.read("records", "ledger", "mine"),
    )


@blp.get("/my/<part>")
def part(part: str) -> Response:
    """Lead from a message to its part of the page."""
    anchor = part if part in ("hours", "stars", "awards") else None
    return redirect(url_for("me.show", _anchor=anchor), code=303)
