"""Who may call which route: every view says it, and an app with a view that does not say it refuses to start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, g, request

from shared.errors import Forbidden, Unauthenticated
from shared.identity import Role, TokenVerifier

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """One row of the authorisation table: open to all, to the signed-in, or to the holders of some roles."""

    is_public: bool = False
    roles: frozenset[Role] = frozenset()


def public(view: View) -> View:
    """Open a route to everybody."""
    view.access = Access(is_public=True)  # type: ignore[attr-defined]  # read by `authorise`
    return view


def signed_in(view: View) -> View:
    """Open a route to everybody who is signed in; the query itself decides what they see."""
    view.access = Access()  # type: ignore[attr-defined]  # read by `authorise`
    return view


def allow(*roles: Role) -> Callable[[View], View]:
    """Open a route to the holders of these roles; region and object are decided by the command."""

    def mark(view: View) -> View:
        view.access = Access(roles=frozenset(roles))  # type: ignore[attr-defined]  # read by `authorise`
        return view

    return mark


def answers_anew(view: View) -> View:
    """Keep no answer of this route under its Idempotency-Key: it holds a secret, or the command keeps its own."""
    view.answers_anew = True  # type: ignore[attr-defined]  # read by `ServiceApp.dispatch_request`
    return view


def authorise(app: Flask, verifier: TokenVerifier) -> None:
    """Check the token and the role of each request before its view runs."""

    @app.before_request
    def _check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None:
            return
        access: Access = getattr(view, "access")  # noqa: B009  # every view has one, see `authorisation_table`
        if access.is_public:
            # A client that refreshes its session still sends the token that has expired.
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            g.principal = verifier.verify(token.strip(), now=g.now)
        if "principal" not in g:
            raise Unauthenticated
        if access.roles and not g.principal.has_role(*access.roles):
            raise Forbidden


def authorisation_table(app: Flask) -> dict[str, Access]:
    """Answer who may call which route, as `METHODS /path`.

    :raises TypeError: naming a view that does not say who may call it.
    """
    table: dict[str, Access] = {}
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "access", None)
        if access is None:
            raise TypeError(
                f"{rule.rule} ({rule.endpoint}) does not say who may call it: add @public, @signed_in or @allow"
            )
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        table[f"{methods} {rule.rule}"] = access
    return table
