"""Making a service's Flask app: one request is one transaction, and every route says who may call it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from shared.http.auth import authorisation_table, authorise, public
from shared.http.bodies import MOST_BODY_BYTES, check_address, check_body
from shared.http.context import close_reading
from shared.http.etags import put_tag
from shared.http.idempotency import answer_once
from shared.http.operations import add_operations
from shared.http.problems import CONTENT_TYPE, handle_problems
from shared.identity import TokenVerifier
from shared.storage import Database
from shared.trace import Trace, tracing

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class FieldProblem(Schema):
    """One wrong field."""

    pointer = fields.String(metadata={"description": "JSON pointer into what was sent"})
    code = fields.String()
    detail = fields.String(metadata={"description": "Chinese"})
    detail_en = fields.String(metadata={"description": "English"})


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "Stable; programs decide by it"})
    title = fields.String(metadata={"description": "Chinese"})
    title_en = fields.String(metadata={"description": "English"})
    trace_id = fields.String()
    errors = fields.List(fields.Nested(FieldProblem))


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest with problem+json both sent and documented."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        # `shared.http.problems` handles all errors.
        pass

    def _register_responses(self) -> None:
        self.spec.components.schema("Problem", schema=Problem)
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for name in ("DEFAULT_ERROR", "UNPROCESSABLE_CONTENT", "UNPROCESSABLE_ENTITY"):
            self.spec.components.response(name, {"description": "A problem (RFC 9457)", "content": content}, lazy=True)


@dataclass(frozen=True, kw_only=True)
class HttpService:
    """What the HTTP side of a service is made of."""

    name: str
    title: str
    database: Database
    verifier: TokenVerifier
    blueprints: Sequence[Blueprint]
    version: str = "v1"


class ServiceApp(Flask):
    """A Flask app whose writing requests are one transaction each."""

    database: Database

    def dispatch_request(self) -> Any:
        """Run the view; for a writing request inside a unit of work that commits with a good answer."""
        if request.method in _SAFE or request.routing_exception is not None:
            return super().dispatch_request()
        with self.database.unit_of_work() as uow:
            g.uow = uow
            # The tag is part of the answer that is kept for a repetition.
            run: Callable[[], Response] = lambda: put_tag(self.make_response(Flask.dispatch_request(self)))  # noqa: E731
            view = self.view_functions[request.endpoint or ""]
            if getattr(view, "answers_anew", False):
                return run()
            return answer_once(uow, run)


def create_service_app(service: HttpService) -> Flask:
    """Make the Flask app of a service: problems, sign-in, transactions, documents and health."""
    app = ServiceApp(service.name, static_folder=None)
    app.database = service.database
    app.config.update(
        API_TITLE=service.title,
        API_VERSION=service.version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=MOST_BODY_BYTES,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    handle_problems(app)
    _follow_requests(app, service.database)
    authorise(app, service.verifier)
    api = Api(app, spec_kwargs={"servers": [{"url": f"/api/{service.name}"}]})
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.options["security"] = [{"token": []}]
    for blueprint in service.blueprints:
        api.register_blueprint(blueprint)
    add_operations(app, service.database)
    _open_document(app)
    authorisation_table(app)
    return app


def _open_document(app: Flask) -> None:
    """Open /openapi.json to everybody; flask-smorest serves it by a bound method, which cannot carry the mark."""
    serve = app.view_functions["api-docs.openapi_json"]

    @public
    def openapi_json() -> Any:
        return serve()

    app.view_functions["api-docs.openapi_json"] = openapi_json


def _follow_requests(app: Flask, database: Database) -> None:
    """Give each request its instant, its trace and its limits; close what it opened."""

    @app.before_request
    def _begin() -> None:
        trace = Trace.parse(request.headers.get("traceparent"))
        g.tracing = tracing(trace.child() if trace else Trace.start())
        g.trace = g.tracing.__enter__()
        g.database = database
        g.now = database.clock.now()
        check_address()
        if request.method not in _SAFE:
            check_body()

    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        put_tag(response)
        if "trace" in g:
            response.headers["traceparent"] = str(g.trace)
        return response

    @app.teardown_request
    def _end(error: BaseException | None) -> None:
        close_reading(error)
        entered = g.pop("tracing", None)
        if entered is not None:
            entered.__exit__(None, None, None)
