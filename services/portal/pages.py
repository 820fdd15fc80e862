"""What every page has: its language, its words, who is signed in, and where they may go."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.portal.formats import Formats
from services.portal.sessions import visit
from services.portal.words import Language, Words
from shared.clock import Clock, business_date
from shared.identity import Principal, Role
from shared.identity.people import ADMINISTRATORS, OFFICIALS

LANGUAGE_COOKIE = "anyuan-language"
_YEAR = 365 * 24 * 3600


def words() -> Words:
    """Answer the words of this request's language; Chinese unless the person chose another."""
    found: Words = g.words
    return found


def formats() -> Formats:
    """Answer how values are written on this page."""
    found: Formats = g.formats
    return found


def add_page_tools(app: Flask, *, clock: Clock, secure: bool) -> None:
    """Give templates their language, words and formats; `secure` says whether the site is on https."""
    app.config["LANGUAGE_COOKIE_SECURE"] = secure

    @app.before_request
    def _speak() -> None:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        g.words = Words(Language.ENGLISH if chosen == Language.ENGLISH else Language.CHINESE)
        g.formats = Formats(g.words, business_date(clock.now()))

    @app.context_processor
    def _tools() -> dict[str, Any]:
        person = visit().person if "visit" in g else None
        return {
            "t": g.words,
            "f": g.formats,
            "person": person,
            "new_id": new_id,
            "may_propose_posts": person is not None and person.has_role(Role.SYSTEM_ADMIN),
            "may_confirm_posts": person is not None and person.has_role(Role.SECURITY_ADMIN),
            "other_language": Language.CHINESE if g.words.language is Language.ENGLISH else Language.ENGLISH,
            "may_organise": person is not None and person.has_role(Role.ORGANISATION_ADMIN),
            "may_decide": person is not None and person.has_role(*OFFICIALS),
            "may_define": person is not None and may_define(person),
            "may_see_definitions": person is not None and person.has_role(*OFFICIALS, *ADMINISTRATORS),
            "has_neighbours": app.config["HAS_NEIGHBOURS"],
            "may_see_nodes": app.config["HAS_NEIGHBOURS"] and person is not None and person.has_role(*ADMINISTRATORS),
            "may_administer": person is not None and person.has_role(*ADMINISTRATORS),
            "is_past": lambda value: datetime.fromisoformat(value) <= clock.now(),
            "here": request.full_path.rstrip("?"),
        }


def may_define(person: Principal) -> bool:
    """Tell whether somebody is a system administrator of all that this node hosts, who alone may change definitions."""
    top: str = current_app.config["TOP_REGION"]
    return any(post.role is Role.SYSTEM_ADMIN and post.region == top for post in person.posts)


def new_id() -> str:
    """Answer a new command id: it goes into a form, so that sending the form twice does its work once."""
    return uuid.uuid4().hex


def tell(key: str, /, *, tone: str = "success", **values: object) -> None:
    """Show a message at the top of the next page."""
    flash(words()(key, **values), tone)


def local_path(wanted: str | None) -> str:
    """Answer a path of this site, or the front page for anything that leads elsewhere."""
    parts = urlsplit(wanted or "")
    safe = not (parts.scheme or parts.netloc) and parts.path.startswith("/") and not parts.path.startswith("//")
    return wanted if wanted and safe and "\\" not in wanted else "/"


def go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser to another page after a form was done (303, so that reloading does nothing again)."""
    return redirect(url_for(endpoint, **values), code=303)


def set_language(response: Response, language: Language, *, secure: bool) -> None:
    """Remember the chosen language for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE, language.value, max_age=_YEAR, path="/", secure=secure, httponly=True, samesite="Lax"
    )
