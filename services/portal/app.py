"""The portal's wiring, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx
from flask import Flask, Response, g, request, url_for
from flask_wtf.csrf import CSRFProtect

from services.portal.pages import add_page_tools
from services.portal.sessions import keep_sessions
from services.portal.views import BLUEPRINTS
from services.portal.views.failures import handle_failures
from shared.clock import Clock, SystemClock
from shared.regions import ROOT_REGION
from shared.trace import Trace, tracing

MOST_BODY_BYTES = 1024 * 1024
_YEAR = 365 * 24 * 3600
_STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load: its own files, and nothing that is written into it or comes from elsewhere."""


def create_app(
    *,
    api: httpx.Client | Callable[[], httpx.Client],
    secret: bytes,
    secure_cookies: bool,
    clock: Clock | None = None,
    has_neighbours: bool = False,
    top_region: str = ROOT_REGION,
) -> Flask:
    """Make the web site.

    `api` is a client whose base URL ends where the services' names begin (service X is at `{base}/X`), or a function
    that answers it; `secret` signs the cookies; `secure_cookies` is for sites on https;
    `has_neighbours` says that there are other nodes: administrators find the page about links to them, organisers the
    one for guests. `top_region` is the topmost region that the node hosts, whose administrators find the pages to write
    definitions.
    """
    app = Flask("services.portal")
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="__Host-anyuan-form" if secure_cookies else "anyuan-form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        # As long as the browser session: who fills in a long form slowly does not lose it.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        MAX_FORM_PARTS=10_000,
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,
        PROPAGATE_EXCEPTIONS=False,
        HAS_NEIGHBOURS=has_neighbours,
        TOP_REGION=top_region,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    _follow_requests(app)
    http = api if callable(api) else lambda: api
    keep_sessions(app, http, secret=secret, secure=secure_cookies)
    add_page_tools(app, clock=clock or SystemClock(), secure=secure_cookies)
    CSRFProtect(app)
    app.jinja_env.globals["asset"] = asset
    handle_failures(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def asset(name: str) -> str:
    """Answer the address of a static file; it changes with the content, so browsers may keep what they have."""
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


def _follow_requests(app: Flask) -> None:
    """Give each request its trace, and each answer the headers that protect it."""

    @app.before_request
    def _begin() -> None:
        trace = Trace.parse(request.headers.get("traceparent"))
        g.tracing = tracing(trace.child() if trace else Trace.start())
        g.trace = g.tracing.__enter__()

    @app.after_request
    def _protect(response: Response) -> Response:
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        entered = g.pop("tracing", None)
        if entered is not None:
            entered.__exit__(None, None, None)
