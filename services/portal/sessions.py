"""Who is signed in: two tokens in a cookie that only we can write, renewed when the services say they are too old."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx
from flask import Flask, Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from services.portal.client import Api, Problem, SignedOut
from shared.identity import Post, Principal, Role

_KEEP_SECONDS = 600.0
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a signed-in browser holds."""

    access: str
    refresh: str


@dataclass
class _Exchange:
    """One refresh secret on its way to new tokens."""

    begun: float
    lock: Lock = field(default_factory=Lock)
    tokens: Tokens | None = None


class Renewals:
    """Exchanges each refresh secret once, however many requests bring it at the same time.

    A refresh secret works once, and a second use ends the session for fear of theft. So the first request that brings
    one exchanges it, and the others wait and get the same new tokens.
    """

    def __init__(self, exchange: Callable[[str], Tokens]) -> None:
        self._exchange = exchange
        self._known: OrderedDict[str, _Exchange] = OrderedDict()
        self._lock = Lock()

    def renew(self, tokens: Tokens) -> Tokens:
        """Answer newer tokens.

        :raises SignedOut: when the session has ended.
        """
        entry = self._entry(hashlib.sha256(tokens.refresh.encode()).hexdigest())
        with entry.lock:
            if entry.tokens is None:
                entry.tokens = self._exchange(tokens.refresh)
            return entry.tokens

    def _entry(self, digest: str) -> _Exchange:
        now = time.monotonic()
        with self._lock:
            while self._known and (
                len(self._known) > _MOST_KEPT or next(iter(self._known.values())).begun < now - _KEEP_SECONDS
            ):
                self._known.popitem(last=False)
            return self._known.setdefault(digest, _Exchange(now))


class Visit:
    """One request's sign-in: what its cookie says, and what the answer's cookie will say."""

    def __init__(self, tokens: Tokens | None, renewals: Renewals) -> None:
        self.tokens = tokens
        self.changed = False
        self._renewals = renewals

    @property
    def access_token(self) -> str | None:
        """Answer the token to send, or None for nobody."""
        return self.tokens.access if self.tokens else None

    def renew(self, refused: str) -> str:
        """Answer a newer token than the refused one.

        :raises SignedOut: when the session has ended.
        """
        if self.tokens is None:
            raise SignedOut
        if self.tokens.access == refused:
            self.keep(self._renewals.renew(self.tokens))
        return self.tokens.access

    def keep(self, tokens: Tokens | None) -> None:
        """Sign in with these tokens, or out with None."""
        self.tokens = tokens
        self.changed = True

    @property
    def person(self) -> Principal | None:
        """Answer who is signed in, as their token says; the services alone check it."""
        return _person(self.tokens.access) if self.tokens else None


def _person(token: str) -> Principal:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return Principal(
        account_id=claims["sub"],
        name=claims["name"],
        posts=tuple(
            Post(role=Role(post["role"]), region=post["region"], organisation_id=post.get("organisation"))
            for post in claims["posts"]
        ),
        volunteer_number=claims.get("volunteer"),
    )


def tokens_of(data: dict[str, Any]) -> Tokens:
    """Answer the tokens that a service gave."""
    return Tokens(data["access_token"], data["refresh_token"])


def keep_sessions(app: Flask, http: Callable[[], httpx.Client], *, secret: bytes, secure: bool) -> None:
    """Read each request's sign-in from its cookie, and write the cookie when it changed."""
    # A browser takes a cookie of this name only over https, from this very host.
    name = "__Host-anyuan" if secure else "anyuan"
    seal = URLSafeSerializer(secret, salt="anyuan portal tokens")

    def exchange(refresh_token: str) -> Tokens:
        try:
            nobody = Api(http(), Visit(None, renewals), address=_address())
            answer = nobody.post("registration", "sessions", "refresh", body={"refresh_token": refresh_token})
        except Problem as problem:
            raise SignedOut from problem
        return tokens_of(answer.data)

    renewals = Renewals(exchange)

    @app.before_request
    def _begin() -> None:
        tokens = None
        try:
            tokens = Tokens(*seal.loads(request.cookies.get(name, "")))
        except (BadSignature, TypeError):
            # No cookie, or not one of ours: nobody is signed in.
            tokens = None
        g.visit = Visit(tokens, renewals)
        g.api = Api(http(), g.visit, address=_address())

    @app.after_request
    def _remember(response: Response) -> Response:
        visit: Visit | None = g.get("visit")
        if visit is not None and visit.changed:
            if visit.tokens is None:
                response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
            else:
                sealed = seal.dumps([visit.tokens.access, visit.tokens.refresh])
                response.set_cookie(name, str(sealed), path="/", secure=secure, httponly=True, samesite="Lax")
        return response


def _address() -> str:
    """Answer where the person is: only the front server reaches us, and it says whom it speaks for."""
    return request.headers.get("X-Real-IP") or request.remote_addr or ""


def visit() -> Visit:
    """Answer this request's sign-in."""
    found: Visit = g.visit
    return found


def api() -> Api:
    """Answer the services, as the person of this request sees them."""
    found: Api = g.api
    return found


def person() -> Principal:
    """Answer who is signed in.

    :raises SignedOut: when nobody is.
    """
    found = visit().person
    if found is None:
        raise SignedOut
    return found
