"""A volunteer's transfer to another place: the wish, how far it has come, and its correction."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Fault, Form
from services.portal.pages import formats, go, new_id, tell, words
from services.portal.places import cities
from services.portal.sessions import api, person

blp = Blueprint("transfers", __name__)

#: The states in which a transfer is not over; one of these is all that a volunteer has at a time.
_UNDER_WAY = ("open", "returned", "approved")
_FIELDS = {"/to_region": "region"}


@blp.get("/transfers")
def show() -> str:
    """Show one's transfers, and the form that asks for one."""
    return _page(Form())


def _page(form: Form, *, secret: str | None = None) -> str:
    person()
    me: Json = api().get("registration", "volunteers", "me").data
    found: list[Json] = api().get("records", "transfers", "mine").data
    current = next((one for one in found if one["state"] in _UNDER_WAY), None)
    if current is not None:
        form.values.setdefault("reason", current["reason"])
    return render_template(
        "transfers.html",
        form=form,
        current=current,
        earlier=[one for one in found if one is not current],
        home=me["region"],
        moved_to=me["moved_to"],
        secret=secret,
        cities=cities(on=formats().today),
        command_id=new_id(),
    )


@blp.post("/transfers")
def ask() -> Response | tuple[str, int]:
    """Ask for a transfer."""
    person()
    sent = Form.sent()
    sent.require("region", "reason")
    if not sent.chosen("consent"):
        sent.faults.append(Fault("consent", words()("transfer.consent_needed")))
    if sent.faults:
        return _page(sent), 422
    body = {"to_region": sent.text("region"), "reason": sent.text("reason"), "consent": True}
    try:
        made = api().post("records", "transfers", body=body, key=sent.text("command_id")).data
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _page(sent.take(problem, _FIELDS)), problem.status
    tell("transfer.asked", place=formats().region(made["to_region"]))
    return go("transfers.show")


@blp.get("/transfers/<_transfer_id>")
def back_to_transfers(_transfer_id: str) -> Response:
    """Show the transfers to a browser that loads the address of a form again."""
    return go("transfers.show")


@blp.post("/transfers/<transfer_id>")
def correct(transfer_id: str) -> Response | tuple[str, int]:
    """Correct a returned transfer and send it again: the reason first, then the case with it."""
    person()
    sent = Form.sent()
    if not sent.require("reason"):
        return _page(sent), 422
    try:
        written = api().put(
            "records",
            "transfers",
            transfer_id,
            "reason",
            body={"reason": sent.text("reason")},
            key=f"{sent.text('command_id')}-reason",
            revision=sent.text("rev"),
        )
        case = api().get("records", "cases", written.data["case_id"]).data
        key = sent.text("command_id")
        api().post("records", "cases", case["id"], "resubmit", body={}, key=key, revision=str(case["rev"]))
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return _page(sent.take(problem)), problem.status
    tell("transfer.sent_again")
    return go("transfers.show")


@blp.post("/transfers/claim-secret")
def claim_secret() -> str:
    """Show the secret by which one claims the account at one's new home, this once."""
    person()
    made = api().post("registration", "volunteers", "me", "claim-secret", body={}).data
    return _page(Form(), secret=made["secret"])
