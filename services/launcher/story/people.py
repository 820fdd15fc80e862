"""People at the site: each signs in with an account of their own and sends requests as a browser would."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

Found = TypeVar("Found")

LIMIT_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.03
_PAUSE = threading.Event()
_OUTAGES = frozenset({502, 503, 504})


class StoryFailed(Exception):
    """A step of the story did not come out as it must."""


class Refused(StoryFailed):
    """The site refused a request; the problem it answered is kept."""

    def __init__(self, status: int, problem: Mapping[str, Any], where: str) -> None:
        super().__init__(f"{where}: {status} {problem.get('code')} – {problem.get('title_en') or problem}")
        self.status = status
        self.problem = problem


def wait_for(look: Callable[[], Found | None], *, what: str, limit: float = LIMIT_SECONDS) -> Found:
    """Look until something is found; events between services take a moment.

    :raises StoryFailed: when it has not come within the limit.
    """
    until = time.monotonic() + limit
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise StoryFailed(f"waited {limit:.0f} s in vain for {what}")
        _PAUSE.wait(_LOOK_EVERY_SECONDS)


@dataclass
class Place:
    """The site as the story reaches it; `run` makes the command ids and names of one telling its own."""

    base_url: str
    run: str
    seed: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.base_url, timeout=30)

    def key(self, *parts: object) -> str:
        """Answer the command id of a step: the same whenever this run is told again."""
        return hashlib.sha256("/".join((self.run, *map(str, parts))).encode()).hexdigest()[:40]

    def password_of(self, username: str) -> str:
        """Answer the password that this run's people choose."""
        return "Aa1-" + hashlib.sha256(f"{self.seed}/{username}".encode()).hexdigest()[:20]

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request, again while the site is only restarting."""
        until = time.monotonic() + LIMIT_SECONDS
        while True:
            try:
                answer = self.client.request(method, f"/api{path}", **options)
                if answer.status_code not in _OUTAGES or time.monotonic() > until:
                    return answer
            except httpx.TransportError:
                # An unknown outcome: the command id makes sending it again harmless.
                if time.monotonic() > until:
                    raise
            _PAUSE.wait(_LOOK_EVERY_SECONDS * 10)


@dataclass
class Person:
    """Someone with an account; signs in when needed and again when the token has expired."""

    place: Place
    username: str
    name: str
    password: str = ""
    account_id: str = ""
    volunteer_number: str = ""
    _token: str = ""
    _refresh: str = ""

    def __post_init__(self) -> None:
        self.password = self.password or self.place.password_of(self.username)

    def try_sign_in(self) -> bool:
        """Sign in if the account exists with this password."""
        answer = self.place.send(
            "POST", "/registration/sessions", json={"username": self.username, "password": self.password}
        )
        if answer.status_code == 401:
            return False
        self._keep(_checked(answer, f"sign-in of {self.username}"))
        self.account_id = self.get("/registration/accounts/me")["id"]
        return True

    def sign_in(self) -> Person:
        """Sign in with the password.

        :raises StoryFailed: when the password is not accepted.
        """
        if not self.try_sign_in():
            raise StoryFailed(f"{self.username} cannot sign in")
        return self

    def renew(self) -> Person:
        """Exchange the session's secret for a new token, which names the posts held now.

        :raises StoryFailed: when the session has ended and the password is not accepted.
        """
        answer = self.place.send("POST", "/registration/sessions/refresh", json={"refresh_token": self._refresh})
        if answer.status_code == 401:
            # The answer to an earlier exchange was lost, so the secret looks stolen: only the password helps.
            return self.sign_in()
        self._keep(_checked(answer, f"renewal of {self.username}"))
        return self

    def _keep(self, tokens: Mapping[str, str]) -> None:
        self._token, self._refresh = tokens["access_token"], tokens["refresh_token"]

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request as this person."""
        headers = dict(options.pop("headers", None) or {})
        answer = self.place.send(method, path, headers=headers | {"Authorization": f"Bearer {self._token}"}, **options)
        if answer.status_code == 401 and answer.json().get("code") == "token_expired":
            self.renew()
            answer = self.place.send(
                method, path, headers=headers | {"Authorization": f"Bearer {self._token}"}, **options
            )
        return answer

    def get(self, path: str, **params: Any) -> Any:
        """Read something.

        :raises Refused: with the problem the site answered.
        """
        return _checked(self.request("GET", path, params=params), f"GET {path}")

    def post(self, path: str, body: Any = None, *, key: str, revision: int | None = None) -> Any:
        """Do something under a command id; doing it again changes nothing.

        :raises Refused: with the problem the site answered.
        """
        return self.change("POST", path, body, key=key, revision=revision)

    def change(self, method: str, path: str, body: Any = None, *, key: str, revision: int | None = None) -> Any:
        """Send a changing request under a command id, naming the revision it is made on.

        :raises Refused: with the problem the site answered.
        """
        headers = {"Idempotency-Key": key}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return _checked(
            self.request(method, path, json={} if body is None else body, headers=headers), f"{method} {path}"
        )


def _checked(answer: httpx.Response, where: str) -> Any:
    if answer.status_code >= 400:
        raise Refused(answer.status_code, _problem(answer), where)
    return answer.json() if answer.content else None


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = answer.json()
        return found
    except ValueError:
        return {"code": "not_a_problem", "title_en": answer.text[:200]}


def confirmed_records(person: Person) -> list[Any]:
    """Answer a volunteer's confirmed service records, as they see them themselves."""
    rows: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = person.get("/records/records/mine", state="confirmed", limit=100, **cursor)
        rows += page["items"]
        if not page["next_cursor"]:
            return rows
        cursor = {"cursor": page["next_cursor"]}


def credited_hours(person: Person, report_id: str) -> float:
    """Answer the hours of a report that are in a volunteer's ledger."""
    records = confirmed_records(person)
    return float(sum(row["hours"] for row in records if row["credited"] and row["report_id"] == report_id))
