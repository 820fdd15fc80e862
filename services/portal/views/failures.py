"""What a page says when something went wrong: what happened, and what to do next."""

from __future__ import annotations

import structlog
from flask import Flask, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from services.portal.client import Problem, ServiceAway, SignedOut
from services.portal.pages import local_path, tell, words
from services.portal.sessions import visit
from shared.trace import current_trace

log = structlog.get_logger(__name__)

#: The input of forms that hold a whole text.
LONG_TEXT = "text"
_SAFE = frozenset({"GET", "HEAD"})
EXPLAINED = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})
#: A stale revision is, to a person, the same as a conflict: somebody was faster.
_SAME = {401: 403, 412: 409, 428: 409}


def handle_failures(app: Flask) -> None:
    """Give every error its page."""
    app.register_error_handler(SignedOut, _sign_in_again)
    app.register_error_handler(Problem, _refused)
    app.register_error_handler(ServiceAway, _away)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def failure_page(status: int, *, lead: str = "", trace_id: str = "") -> tuple[str, int]:
    """Answer the page that explains a status; `lead` is what exactly happened, in the reader's language."""
    kind = _SAME.get(status, status)
    kind = kind if kind in EXPLAINED else 500
    # What took long to write is given back, to be copied: the browser may not have it any more.
    typed = request.form.get(LONG_TEXT, "")
    page = render_template("failure.html", kind=kind, lead=lead, trace_id=trace_id, typed=typed)
    return page, status


def _sign_in_again(_error: SignedOut) -> Response | tuple[str, int]:
    if request.form.get(LONG_TEXT):
        visit().keep(None)
        return failure_page(400, lead=words()("failure.signed_out"))
    if visit().tokens is not None:
        visit().keep(None)
        tell("signing_in.ended", tone="warning")
    wanted = request.full_path.rstrip("?") if request.method in _SAFE else _path_of_referrer()
    return redirect(url_for("signing_in.form", next=None if wanted == "/" else wanted), code=303)


def _path_of_referrer() -> str:
    return local_path((request.referrer or "").removeprefix(request.host_url.rstrip("/")))


def _refused(problem: Problem) -> tuple[str, int]:
    return failure_page(problem.status, lead=words().pick(problem.zh, problem.en), trace_id=problem.trace_id)


def _away(error: ServiceAway) -> tuple[str, int]:
    log.warning("service_away", error=str(error))
    return failure_page(503, trace_id=current_trace().trace_id)


def _form_too_old(_error: CSRFError) -> tuple[str, int]:
    return failure_page(400, lead=words()("failure.form_too_old"))


def _http(error: HTTPException) -> Response | tuple[str, int]:
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # a redirect of the router is its own answer
    return failure_page(error.code or 500)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.error("unexpected_error", exc_info=error)
    return failure_page(500, trace_id=current_trace().trace_id)
