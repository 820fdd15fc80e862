"""What a person was told."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from services.portal.pages import go, local_path
from services.portal.sessions import api, person

blp = Blueprint("messages", __name__)

_PER_PAGE = 20
#: Whoever has more unread messages than this presses the button again.
_MOST_AT_ONCE = 100


@blp.get("/messages")
def show() -> str:
    """Show the messages, newest first."""
    person()
    unread = request.args.get("unread") == "true"
    page = api().get("notifications", "messages", unread=unread, cursor=request.args.get("cursor"), limit=_PER_PAGE)
    return render_template(
        "messages.html",
        items=page.data["items"],
        next_cursor=page.data["next_cursor"],
        counts=api().get("notifications", "messages", "counts").data,
        unread=unread,
    )


@blp.post("/messages/<message_id>/read")
def read(message_id: str) -> Response:
    """Mark a message as read, and go where it leads."""
    person()
    message = api().post("notifications", "messages", message_id, "read").data
    if request.form.get("then") == "open":
        return redirect(local_path(message["link"]), code=303)
    return go("messages.show")


@blp.post("/messages/read")
def read_all() -> Response:
    """Mark the messages as read that are not."""
    person()
    page = api().get("notifications", "messages", unread=True, limit=_MOST_AT_ONCE).data
    for message in page["items"]:
        api().post("notifications", "messages", message["id"], "read")
    return go("messages.show")
