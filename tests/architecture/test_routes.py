"""Who may call which route is written down, and a change of it is a decision."""

from __future__ import annotations

import pytest

from services.launcher.documents import app_for_documents
from services.launcher.parts import SERVICES
from shared.http.auth import authorisation_table
from shared.identity import Role
from tests.architecture.routes import FILE, routes_text


def test_the_authorisation_table_is_the_one_that_was_read_through() -> None:
    assert routes_text() == FILE.read_text(), (
        "Who may call which route has changed. If that is meant: .venv/bin/python -m tests.architecture.routes"
    )


def test_an_app_with_a_route_that_names_nobody_does_not_start() -> None:
    app = app_for_documents("records")
    app.add_url_rule("/forgotten", view_func=lambda: "")
    with pytest.raises(TypeError, match="/forgotten"):
        authorisation_table(app)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_changes_something_is_open_to_everybody(service: str) -> None:
    """But for signing in and making an account of one's own, which nobody could do otherwise."""
    opened = {
        route
        for route, access in authorisation_table(app_for_documents(service)).items()
        if access.is_public and not route.startswith("GET ")
    }
    expected = {
        "POST /accounts/activate",
        "POST /accounts/self",
        "POST /sessions",
        "POST /sessions/end",
        "POST /sessions/refresh",
        "POST /volunteers/claim",
    }
    assert opened == (expected if service == "registration" else set())


@pytest.mark.parametrize("service", SERVICES)
def test_administrators_read_no_business_data_by_their_post(service: str) -> None:
    """三员: what an administrator's role opens is accounts, posts, routes and the state of the messaging.

    Who hands somebody's tasks over is told which ones, and nothing of what they are about.
    """
    administration = ("/accounts", "/posts", "/messaging", "/definitions", "/hand-over")
    administrators = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
    for route, access in authorisation_table(app_for_documents(service)).items():
        if access.roles & administrators:
            assert route.partition(" ")[2].startswith(administration)
            assert access.roles <= administrators
