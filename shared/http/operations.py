"""What operators ask a service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from shared.http.auth import allow, public
from shared.identity import Role
from shared.messaging.watch import messaging_state
from shared.storage import Database


def add_operations(app: Flask, database: Database) -> None:
    """Add /healthz, /readyz, /metrics and /messaging to an app."""
    registry = CollectorRegistry()
    _measure_requests(app, registry)
    gauges = {
        name: Gauge(f"anyuan_{name}", meaning, registry=registry)
        for name, meaning in (
            ("events_published", "Events published so far"),
            ("outbox_unsent", "Events not sent yet"),
            ("outbox_oldest_seconds", "Age of the oldest event not sent yet"),
            ("events_received", "Events taken in so far"),
            ("events_retrying", "Events waiting for another try"),
            ("events_behind", "Events held back by an earlier one of the same thing"),
            ("events_dead", "Events that need someone to look"),
        )
    }

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
        for name, value in _state(database).items():
            gauges[name].set(value)
        return Response(generate_latest(registry), content_type="text/plain; version=0.0.4")


def _state(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        state = messaging_state(session, database.clock.now())
    return {
        "events_published": state.published,
        "outbox_unsent": state.unsent,
        "outbox_oldest_seconds": state.oldest_unsent_seconds,
        "events_received": state.received,
        "events_retrying": state.retrying,
        "events_behind": state.behind,
        "events_dead": state.dead,
    }


def _measure_requests(app: Flask, registry: CollectorRegistry) -> None:
    seconds = Histogram("anyuan_request_seconds", "Time to answer", ["route", "method"], registry=registry)
    answers = Counter("anyuan_requests", "Requests answered", ["route", "method", "status"], registry=registry)

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        if "started" in g:
            seconds.labels(route, request.method).observe(time.perf_counter() - g.started)
        answers.labels(route, request.method, str(response.status_code)).inc()
        return response
