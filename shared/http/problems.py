"""Errors as RFC 9457 problem details, with a stable code and a text in Chinese and in English."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Flask, Response
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from shared import errors
from shared.errors import AnyuanError, Fault
from shared.http.words import told, under
from shared.trace import current_trace

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 5

STATUS: Mapping[type[AnyuanError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleRevision: 412,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.HostedElsewhere: 422,
    errors.KeyReused: 422,
    errors.PreconditionMissing: 428,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
"""The only place that knows which status an error has."""

_HTTP_WORDS: Mapping[int, tuple[str, str, str]] = {
    400: ("malformed", "请求格式不正确", "The request is malformed"),
    404: ("not_found", "没有找到", "Not found"),
    405: ("method_not_allowed", "不支持这种请求方式", "This method is not allowed here"),
    413: ("too_large", "内容过大", "What was sent is too large"),
    415: ("not_json", "请以 application/json 提交", "Send application/json"),
    422: ("invalid", "提交的内容不符合要求", "What was sent breaks a rule"),
    429: ("too_many_tries", "尝试次数过多，请稍后再试", "Too many tries: wait and try again"),
}


def status_of(error: AnyuanError) -> int:
    """Answer the HTTP status of an error, by the nearest class in `STATUS`."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 400)


def problem(
    status: int, *, code: str, zh: str, en: str, faults: tuple[Fault, ...] = (), extra: Mapping[str, Any] | None = None
) -> Response:
    """Make the problem+json answer."""
    return _answer(_body(status, code=code, zh=zh, en=en, faults=faults, extra=extra))


def problem_of(error: AnyuanError) -> dict[str, Any]:
    """Answer an error as the body of its problem, for an answer that tells of several."""
    faults = error.faults
    if not faults and error.pointer is not None:
        faults = (Fault(code=error.code, zh=error.zh, en=error.en, pointer=error.pointer),)
    return _body(status_of(error), code=error.code, zh=error.zh, en=error.en, faults=faults, extra=error.extra)


def _body(
    status: int, *, code: str, zh: str, en: str, faults: tuple[Fault, ...], extra: Mapping[str, Any] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:anyuan:problem:{code}",
        "status": status,
        "code": code,
        "title": zh,
        "title_en": en,
        "trace_id": current_trace().trace_id,
    }
    if faults:
        body["errors"] = [
            {"pointer": fault.pointer or "", "code": fault.code, "detail": fault.zh, "detail_en": fault.en}
            for fault in faults
        ]
    return body | dict(extra or {})


def _answer(body: Mapping[str, Any]) -> Response:
    status = body["status"]
    answer = Response(json.dumps(body, ensure_ascii=False, default=str), status=status, content_type=CONTENT_TYPE)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(body.get("retry_after_seconds", _RETRY_AFTER_SECONDS))
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def handle_problems(app: Flask) -> None:
    """Turn every error that leaves a view into a problem."""
    app.register_error_handler(AnyuanError, _from_anyuan)
    app.register_error_handler(IntegrityError, _from_integrity)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _from_outage)
    app.register_error_handler(DBAPIError, _from_database)
    app.register_error_handler(Exception, _from_anything)


def _from_anyuan(error: AnyuanError) -> Response:
    return _answer(problem_of(error))


def _from_integrity(error: IntegrityError) -> Response:
    # Two requests may race for one name or number; any other constraint only a fault of ours can break.
    if getattr(error.orig, "sqlstate", None) != "23505" and "UNIQUE" not in str(error.orig):
        return _from_anything(error)
    log.warning("constraint_refused_a_write", error=str(error.orig))
    return problem(
        409, code="conflict", zh="与已有数据冲突，请刷新后再试", en="It conflicts with what is stored: load it again"
    )


def _from_outage(error: Exception) -> Response:
    log.error("database_away", error=str(error))
    away = errors.Unavailable
    return problem(503, code=away.default_code, zh=away.default_zh, en=away.default_en)


def _from_database(error: DBAPIError) -> Response:
    if error.connection_invalidated:
        return _from_outage(error)
    return _from_anything(error)


def _from_anything(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _from_http(error)
    log.error("unexpected_error", exc_info=error)
    return problem(
        500,
        code="unexpected",
        zh="系统出现意外错误，内容未保存；请凭跟踪号联系管理员",
        en="An unexpected error; nothing was saved. Tell your administrator the trace id",
    )


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 and error.response is not None:
        redirect: Response = error.response  # type: ignore[assignment]  # a redirect is its own answer
        return redirect
    code, zh, en = _HTTP_WORDS.get(status, ("error", error.name, error.name))
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    cause = getattr(error, "exc", None)
    faults = tuple(_faults_of(data.get("messages", {}))) if isinstance(cause, ValidationError) else ()
    answer = problem(status, code=code, zh=zh, en=en, faults=faults)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _faults_of(messages: Any) -> Iterator[Fault]:
    """Turn marshmallow's nested messages, under their location, into faults with JSON pointers."""
    for location, found in messages.items():
        yield from _walk(found, "" if location == "json" else f"/{location}")


def _walk(found: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(found, Mapping):
        for key, inner in found.items():
            yield from _walk(inner, pointer if key == "_schema" else under(pointer, key))
        return
    for message in found if isinstance(found, list) else [found]:
        code, zh, en = told(message)
        yield Fault(code=code, zh=zh, en=en, pointer=pointer)
