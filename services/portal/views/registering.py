"""Making an account, and registering as a volunteer or with an organisation."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from services.portal.client import Problem
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell
from services.portal.places import cities
from services.portal.sessions import api, person, visit
from services.portal.views.signing_in import enter, same_password

blp = Blueprint("registering", __name__)


@blp.get("/register")
def account_form() -> str | Response:
    """Show the form that makes an account."""
    if visit().tokens is not None:
        return go("front.index")
    return render_template("register_account.html", form=Form())


@blp.post("/register")
def make_account() -> Response | tuple[str, int]:
    """Make an account and sign in with it."""
    sent = Form.sent()
    complete = sent.require("name", "username", "password")
    if not (complete and same_password(sent)):
        return render_template("register_account.html", form=sent), 422
    username, password = sent.text("username").lower(), str(sent.values["password"])
    try:
        visit().keep(None)
        body = {"name": sent.text("name"), "username": username, "password": password}
        api().post("registration", "accounts", "self", body=body)
        enter(username, password)
    except Problem as problem:
        return render_template("register_account.html", form=sent.take(problem)), problem.status
    tell("register.account_made")
    return go("front.index")


@blp.get("/claim")
def claim_form() -> str:
    """Show the form by which who has moved here claims their account."""
    return render_template("claim.html", form=Form())


@blp.post("/claim")
def claim() -> Response | tuple[str, int]:
    """Claim the account of who has moved here, with their ID number given anew."""
    sent = Form.sent()
    complete = sent.require("secret", "username", "password", "id_number", "mobile")
    if not (complete and same_password(sent)):
        return render_template("claim.html", form=sent), 422
    body = {
        **{name: sent.text(name) for name in ("secret", "id_number", "mobile")},
        "username": sent.text("username").lower(),
        "password": str(sent.values["password"]),
        "consents": sent.chosen("consents"),
        "guardian_consents": bool(sent.text("guardian_consents")),
    }
    try:
        account = api().post("registration", "volunteers", "claim", body=body).data
    except Problem as problem:
        return render_template("claim.html", form=sent.take(problem)), problem.status
    tell("transfer.claimed", username=account["username"])
    return go("signing_in.form")


@blp.get("/register/counties")
def counties() -> str:
    """Answer the choices of one city, for the form that asks for a county."""
    return render_template(
        "parts/county_options.html",
        cities=cities(on=formats().today, offices=request.args.get("offices") == "yes"),
        city=request.args.get("city"),
        chosen="",
    )


@blp.get("/register/volunteer")
def volunteer_form() -> str:
    """Show the form to register as a volunteer."""
    return _volunteer_page(Form({"name": person().name}))


def _volunteer_page(form: Form) -> str:
    return render_template(
        "register_volunteer.html",
        form=form,
        cities=cities(on=formats().today),
        command_id=form.text("command_id") or new_id(),
    )


@blp.post("/register/volunteer")
def register_volunteer() -> Response | tuple[str, int]:
    """Register the person as a volunteer."""
    person()
    sent = Form.sent()
    sent.require("name", "id_number", "mobile", "region", "category")
    if sent.faults:
        return _volunteer_page(sent), 422
    body = {
        **{name: sent.text(name) for name in ("name", "id_number", "mobile", "region", "category")},
        "specialties": [
            word.strip() for word in sent.text("specialties").replace("，", ",").split(",") if word.strip()
        ],
        "consents": sent.chosen("consents"),
        "guardian_consents": bool(sent.text("guardian_consents")),
    }
    try:
        api().post("registration", "volunteers", body=body, key=sent.text("command_id"))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        # What was refused is a new command when it is corrected and sent again.
        sent.values["command_id"] = ""
        return _volunteer_page(sent.take(problem)), problem.status
    tell("register.volunteer_sent")
    return go("front.index")


@blp.get("/register/organisation")
def organisation_form() -> str:
    """Show the form to register an organisation."""
    person()
    return _organisation_page(Form())


def _organisation_page(form: Form) -> str:
    return render_template(
        "register_organisation.html",
        form=form,
        cities=cities(on=formats().today, offices=True),
        command_id=form.text("command_id") or new_id(),
    )


@blp.post("/register/organisation")
def register_organisation() -> Response | tuple[str, int]:
    """Register an organisation that the person will answer for."""
    person()
    sent = Form.sent()
    if not sent.require("name", "region", "kind", "purpose"):
        return _organisation_page(sent), 422
    body = {
        **{name: sent.text(name) for name in ("name", "region", "kind", "purpose")},
        "uscc": sent.text("uscc") or None,
    }
    try:
        api().post("registration", "organisations", body=body, key=sent.text("command_id"))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        sent.values["command_id"] = ""
        return _organisation_page(sent.take(problem)), problem.status
    tell("register.organisation_sent", name=body["name"])
    return go("front.index")
