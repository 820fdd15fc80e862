"""Signing in and out, and choosing the first password."""

from __future__ import annotations

from flask import Blueprint, render_template, request, session
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from services.portal.client import Problem, ServiceAway
from services.portal.forms import Form
from services.portal.pages import go, local_path, tell, words
from services.portal.sessions import api, tokens_of, visit

blp = Blueprint("signing_in", __name__)


@blp.get("/login")
def form() -> str | Response:
    """Show the form to sign in with."""
    if visit().tokens is not None:
        return redirect(local_path(request.args.get("next")), code=303)
    return render_template("login.html", form=Form(), next=local_path(request.args.get("next")))


@blp.post("/login")
def sign_in() -> Response | tuple[str, int]:
    """Sign in."""
    sent, wanted = Form.sent(), local_path(request.form.get("next"))
    if not sent.require("username", "password"):
        return render_template("login.html", form=sent, next=wanted), 422
    try:
        enter(sent.text("username"), str(sent.values["password"]))
    except Problem as problem:
        sent.take(problem)
        return render_template("login.html", form=sent, next=wanted), problem.status
    return redirect(wanted, code=303)


def enter(username: str, password: str) -> None:
    """Sign in with a user name and a password.

    :raises Problem: when they are wrong, or were wrong too often.
    """
    visit().keep(None)
    answer = api().post("registration", "sessions", body={"username": username, "password": password})
    session.clear()
    visit().keep(tokens_of(answer.data))


@blp.post("/logout")
def sign_out() -> Response:
    """Sign out, here and in the services."""
    tokens = visit().tokens
    visit().keep(None)
    session.clear()
    if tokens is not None:
        try:
            api().post("registration", "sessions", "end", body={"refresh_token": tokens.refresh})
        except (Problem, ServiceAway):
            # This browser has forgotten its tokens either way; the session ends by itself within hours.
            tell("signing_in.out_here", tone="warning")
            return go("front.index")
    tell("signing_in.out")
    return go("front.index")


@blp.get("/activate")
def activation_form() -> str:
    """Show the form to choose the first password with."""
    return render_template("activate.html", form=Form())


@blp.post("/activate")
def activate() -> Response | tuple[str, int]:
    """Choose the first password with a one-use secret."""
    sent = Form.sent()
    complete = sent.require("secret", "password")
    if complete and not same_password(sent):
        complete = False
    if not complete:
        return render_template("activate.html", form=sent), 422
    body = {"secret": sent.text("secret"), "password": str(sent.values["password"])}
    try:
        account = api().post("registration", "accounts", "activate", body=body).data
    except Problem as problem:
        return render_template("activate.html", form=sent.take(problem)), problem.status
    tell("signing_in.activated", username=account["username"])
    return go("signing_in.form")


def same_password(form: Form) -> bool:
    """Tell whether the password was typed twice the same; note it when not."""
    from services.portal.forms import Fault

    if form.values.get("password") == form.values.get("password_again"):
        return True
    form.faults.append(Fault("password_again", words()("form.passwords_differ")))
    return False
