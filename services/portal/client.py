"""The portal's side of the services' HTTP: one call is one answer, and a refusal is one error with its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from shared.trace import current_trace

#: More exchanges of an expired token than this for one call mean that the clocks disagree.
_MOST_RENEWALS = 3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, and the revision it tagged it with."""

    data: Any
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field: `pointer` is a JSON pointer into what was sent."""

    pointer: str
    code: str
    zh: str
    en: str


@dataclass(kw_only=True)
class Problem(Exception):
    """A service refused (RFC 9457), in its own words."""

    status: int
    code: str
    zh: str
    en: str
    trace_id: str = ""
    faults: tuple[FieldFault, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


class SignedOut(Exception):
    """The session has ended: the person has to sign in again."""


class ServiceAway(Exception):
    """A service cannot be reached, or answers nothing that can be understood."""


class Bearer(Protocol):
    """Who asks: the access token, and how to get a new one for one that has expired."""

    @property
    def access_token(self) -> str | None:
        """Answer the token to send, or None for nobody."""

    def renew(self, refused: str) -> str:
        """Answer a newer token than the refused one.

        :raises SignedOut: when there is none.
        """


class Api:
    """The services, as one person sees them; `address` is the person's own, by which the front server counts tries."""

    def __init__(self, http: httpx.Client, bearer: Bearer, *, address: str = "") -> None:
        self._http = http
        self._bearer = bearer
        self._address = address

    def get(self, service: str, *path: str, **query: str | int | bool | None) -> Answer:
        """Read something. Each part of the path is quoted.

        :raises Problem, SignedOut, ServiceAway: when it cannot be had.
        """
        wanted = {name: _query_word(value) for name, value in query.items() if value is not None}
        return self._ask(lambda headers: self._http.get(_url(service, path), params=wanted, headers=headers))

    def text(self, service: str, *path: str, **query: str | int | bool | None) -> str:
        """Read something that is no JSON, such as a picture.

        :raises Problem, SignedOut, ServiceAway: when it cannot be had.
        """
        wanted = {name: _query_word(value) for name, value in query.items() if value is not None}
        found = self._send_as(lambda headers: self._http.get(_url(service, path), params=wanted, headers=headers))
        return found.text if found.is_success else str(_read(found).data)

    def post(
        self,
        service: str,
        *path: str,
        body: Json | None = None,
        key: str = "",
        revision: str = "",
        language: str | None = None,
    ) -> Answer:
        """Command something; `key` makes a repetition harmless, `revision` is the one the person has seen.

        `language` is of what is drawn in the answer.

        :raises Problem, SignedOut, ServiceAway: when it was not done, or (the last) perhaps not.
        """
        return self._send("POST", service, path, body or {}, key, revision, {"language": language} if language else {})

    def patch(self, service: str, *path: str, body: Json, key: str = "", revision: str = "") -> Answer:
        """Change something; see `post`."""
        return self._send("PATCH", service, path, body, key, revision)

    def put(self, service: str, *path: str, body: Json, key: str = "", revision: str = "") -> Answer:
        """Put something in the place of what was there; see `post`."""
        return self._send("PUT", service, path, body, key, revision)

    def _send(
        self,
        method: str,
        service: str,
        path: tuple[str, ...],
        body: Json,
        key: str,
        revision: str,
        query: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        extra = {"Idempotency-Key": key} if key else {}
        if revision:
            extra["If-Match"] = f'"{revision}"'
        return self._ask(
            lambda headers: self._http.request(
                method, _url(service, path), params=query, json=body, headers=headers | extra
            )
        )

    def _ask(self, call: Callable[[dict[str, str]], httpx.Response]) -> Answer:
        return _read(self._send_as(call))

    def _send_as(self, call: Callable[[dict[str, str]], httpx.Response]) -> httpx.Response:
        token = self._bearer.access_token
        for _ in range(_MOST_RENEWALS):
            response = self._call(call, token)
            if response.status_code != 401 or token is None:
                return response
            token = self._bearer.renew(token)
        raise SignedOut

    def _call(self, call: Callable[[dict[str, str]], httpx.Response], token: str | None) -> httpx.Response:
        headers = {"traceparent": str(current_trace())}
        if self._address:
            headers["X-Forwarded-For"] = self._address
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            return call(headers)
        except httpx.HTTPError as error:
            raise ServiceAway(str(error)) from error


def _url(service: str, path: tuple[str, ...]) -> str:
    return "/".join(quote(part, safe="") for part in (service, *path))


def _query_word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(response: httpx.Response) -> Answer:
    try:
        data = response.json() if response.content else None
    except ValueError as error:
        raise ServiceAway(f"{response.status_code} without JSON") from error
    if response.is_success:
        tag = response.headers.get("ETag", "").removeprefix("W/").strip('"')
        return Answer(data, int(tag) if tag.isdigit() else None)
    if not isinstance(data, dict) or "code" not in data:
        raise ServiceAway(f"{response.status_code} without a problem")
    if response.status_code == 503:
        raise ServiceAway(str(data["code"]))
    raise _problem(response.status_code, data)


def _problem(status: int, data: Json) -> Problem:
    faults = tuple(
        FieldFault(fault.get("pointer", ""), fault.get("code", ""), fault.get("detail", ""), fault.get("detail_en", ""))
        for fault in data.get("errors", ())
    )
    return Problem(
        status=status,
        code=data["code"],
        zh=data.get("title", ""),
        en=data.get("title_en", ""),
        trace_id=data.get("trace_id", ""),
        faults=faults,
        more=data,
    )
