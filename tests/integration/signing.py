"""Signing people in without registration: tokens of a key made for the test run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from shared.identity import Post, Principal, Role, TokenKeys, TokenSigner, TokenVerifier

_KEYS = TokenKeys.generate()
SIGNER = TokenSigner(_KEYS.private)
VERIFIER = TokenVerifier(_KEYS.public_set)


def person(account_id: str, *posts: tuple[Role, str], name: str = "", number: str | None = None) -> Principal:
    """Answer someone with these posts."""
    return Principal(
        account_id=account_id,
        name=name or account_id,
        posts=tuple(Post(role=role, region=region) for role, region in posts),
        volunteer_number=number,
    )


@dataclass
class Caller:
    """Someone who calls a service's routes."""

    app: Flask
    who: Principal
    now: datetime

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Call a route; `If_Match="1"` is the header If-Match."""
        token = SIGNER.sign(self.who, session_id="test", now=self.now)
        sent = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(path, method=method, json=body, headers=sent)

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Call a route that must say no; answers the status and the code of the problem."""
        answer = self.call(method, path, body, **headers)
        assert answer.content_type == "application/problem+json", answer.text
        assert answer.json is not None
        return answer.status_code, answer.json["code"]

    def get(self, path: str) -> Any:
        """Read something that must be there."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json
