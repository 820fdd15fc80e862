"""The front page: what Anyuan is for a stranger, the desk for whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from services.portal.desk import desk
from services.portal.pages import local_path, set_language
from services.portal.sessions import visit
from services.portal.words import Language

blp = Blueprint("front", __name__)


@blp.get("/")
def index() -> str:
    """Show what waits for the person, or what Anyuan is."""
    if visit().tokens is None:
        return render_template("front.html")
    return render_template("desk.html", desk=desk(chosen=request.args.get("type")))


@blp.get("/language/<language>")
def choose_language(language: str) -> AnyResponse:
    """Show the site in this language from now on."""
    if language not in set(Language):
        abort(404)
    answer = make_response(redirect(local_path(request.args.get("next")), code=303))
    set_language(answer, Language(language), secure=current_app.config["LANGUAGE_COOKIE_SECURE"])
    return answer


@blp.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Show the icon to browsers that look for it in the old place."""
    return current_app.send_static_file("favicon.svg")


@blp.get("/healthz")
def healthz() -> Response:
    """Tell that the site is alive."""
    return jsonify(status="alive")
