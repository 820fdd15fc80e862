"""The tasks of somebody who leaves become another's (离职转办): who has how many, to whom and why, and the result."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from services.portal.desk import CASE_SERVICES, Desk
from services.portal.forms import Form
from services.portal.handover import Leaver, hand_over, leavers, successors
from services.portal.pages import go, new_id, tell
from services.portal.sessions import person

blp = Blueprint("handing_over", __name__)


@blp.get("/hand-over")
def show_all() -> str:
    """List who has tasks by name, with how many in each service."""
    mine = Desk(person())
    return render_template("hand_over_all.html", desk=mine, found=leavers(mine), services=CASE_SERVICES)


@blp.get("/hand-over/<account_id>")
def ask(account_id: str) -> Response | str | tuple[str, int]:
    """Ask who takes over the tasks of one person, and why."""
    return _page(account_id, Form(), 200)


def _page(account_id: str, form: Form, status: int) -> Response | tuple[str, int]:
    mine = Desk(person())
    leaver = next((one for one in leavers(mine) if one.account_id == account_id), None)
    if leaver is None and not mine.away:
        tell("handover.nothing_left", tone="warning")
        return go("handing_over.show_all")
    leaver = leaver or Leaver(account_id, "")
    page = render_template(
        "hand_over.html",
        desk=mine,
        leaver=leaver,
        successors=successors(mine, leaver),
        form=form,
        command_id=form.text("command_id") or new_id(),
    )
    return page, status


@blp.post("/hand-over/<account_id>")
def move(account_id: str) -> Response | str | tuple[str, int]:
    """Hand over what the person was shown, service by service; one that fails keeps no other from it."""
    person()
    sent = Form.sent()
    if not sent.require("to", "opinion"):
        return _page(account_id, sent, 422)
    body = {"from": account_id, "to": sent.text("to"), "opinion": sent.text("opinion")}
    services = [one for one in sent.text("services").split(",") if one in CASE_SERVICES]
    done = [hand_over(service, body, key=f"{sent.text('command_id')}-{service}") for service in services]
    return render_template("handed_over.html", done=done, account_id=account_id, name=sent.text("name"))
