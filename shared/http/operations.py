"""What operators ask a service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy import text

from shared.http.auth import allow, public
from shared.identity import Role
from shared.messaging.metrics import CONTENT_TYPE, exposed
from shared.messaging.watch import messaging_state
from shared.storage import Database

HTTP = CollectorRegistry()
"""What this process counts of its own answering."""

_seconds = Histogram("anyuan_request_seconds", "Time to answer", ["service", "route", "method"], registry=HTTP)
_answers = Counter("anyuan_requests", "Requests answered", ["service", "route", "method", "status"], registry=HTTP)


def add_operations(app: Flask, database: Database) -> None:
    """Add /healthz, /readyz, /metrics and /messaging to an app."""
    _measure_requests(app)

    @app.get("/healthz")
    @public
    def healthz() -> Response:
        return jsonify(status="alive")

    @app.get("/readyz")
    @public
    def readyz() -> Response:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        return jsonify(status="ready")

    @app.get("/messaging")
    @allow(Role.AUDIT_ADMIN, Role.SYSTEM_ADMIN)
    def messaging() -> Response:
        return jsonify(_state(database))

    @app.get("/metrics")
    @public
    def metrics() -> Response:
        return Response(exposed(app.name, database, HTTP), content_type=CONTENT_TYPE)


def _state(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        state = messaging_state(session, database.clock.now())
    return {
        "events_published": state.published,
        "outbox_unsent": state.waiting.unsent,
        "outbox_oldest_seconds": state.waiting.oldest_unsent_seconds,
        "outbox_parked": state.waiting.parked,
        "events_received": state.received,
        "events_retrying": state.waiting.retrying,
        "events_behind": state.waiting.behind,
        "held_oldest_seconds": state.waiting.oldest_held_seconds,
        "events_dead": state.waiting.dead,
        "events_dead_by_type": dict(state.waiting.dead_by_type),
    }


def _measure_requests(app: Flask) -> None:
    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        if "started" in g:
            _seconds.labels(app.name, route, request.method).observe(time.perf_counter() - g.started)
        _answers.labels(app.name, route, request.method, str(response.status_code)).inc()
        return response
