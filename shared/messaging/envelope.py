"""The form of an event on the wire: CloudEvents 1.0, structured JSON, stored once and never written anew."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError

from shared.contracts.base import Event, event_class
from shared.messaging.schema import is_storable, schema_of
from shared.messaging.writing import Unfit, plain_of
from shared.strict_json import compact_json, strict_json
from shared.trace import Trace

CONTENT_TYPE = "application/cloudevents+json"
MOST_BYTES = 256 * 1024
_GREATEST_VERSION = 2**31 - 1


Thing = tuple[str, str, str]
"""What events are about and ordered by: who says it (source), what kind of thing it is, and its id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Which event it is and what it is about, readable even where its content is not."""

    event_id: str
    type: str
    source: str
    aggregate_type: str
    aggregate_id: str
    version: int

    @property
    def thing(self) -> Thing:
        """Answer what it is about."""
        return (self.source, self.aggregate_type, self.aggregate_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope(Address):
    """An event with what the wire adds to it."""

    time: datetime
    trace: Trace
    event: Event


class Undecodable(Exception):
    """A message that this listener cannot understand; the text says why.

    `address` tells what it is about, where at least that could be read (a newer version, another schema).
    """

    def __init__(self, reason: str, address: Address | None = None) -> None:
        super().__init__(reason)
        self.address = address


def encode_around_version(
    event: Event, *, event_id: str, source: str, publisher: str, now: datetime, trace: Trace
) -> tuple[bytes, bytes]:
    """Write an event as CloudEvents JSON, validated: what stands before the digits of its version, and after them.

    The bytes with the version between them are what is stored and sent.

    :raises Undecodable: when a listener could not read it: it does not fit its own schema, its key is empty or
        too long, or it is larger than `MOST_BYTES`.
    """
    name = event.event_name
    try:
        data = plain_of(type(event))(event)  # type: ignore[arg-type]  # as in `_schema`
    except Unfit as unfit:
        raise Undecodable(f"{type(event).__name__} does not fit its schema: {unfit}") from unfit
    try:
        _short_text(event.aggregate_id)
    except ValueError as error:
        raise Undecodable(f"the {name.key} of {type(event).__name__} is {error}") from error
    address = {
        "specversion": "1.0",
        "id": event_id,
        "type": name.routing_key(publisher),
        "source": source,
        "subject": f"{name.aggregate_type}/{event.aggregate_id}",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "aggregateversion": "",
    }
    before = _json(address).removesuffix(b'""}')
    cause = {"causationid": trace.cause} if trace.cause else {}
    after = b"," + _json({"traceparent": str(trace), **cause, "data": data}).removeprefix(b"{")
    length = len(before) + len(str(_GREATEST_VERSION)) + len(after)
    if length > MOST_BYTES:
        raise Undecodable(f"{name.name} has {length} bytes, at most {MOST_BYTES} are sent")
    return before, after


def encode(
    event: Event, *, event_id: str, source: str, publisher: str, version: int, now: datetime, trace: Trace
) -> bytes:
    """Write an event whose version is known as the bytes that are stored and sent.

    :raises Undecodable: as `encode_around_version`.
    """
    before, after = encode_around_version(
        event, event_id=event_id, source=source, publisher=publisher, now=now, trace=trace
    )
    return b"%b%d%b" % (before, version, after)


def _json(found: Mapping[str, Any]) -> bytes:
    return compact_json(found).encode()


def _schema(cls: type[Event]) -> Schema:
    return schema_of(cls)  # type: ignore[arg-type]  # mypy holds frozen dataclasses for unhashable classes


def _parse(body: bytes) -> Mapping[str, Any]:
    if len(body) > MOST_BYTES:
        raise Undecodable(f"{len(body)} bytes, at most {MOST_BYTES} are read")
    try:
        found = strict_json(body)
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Undecodable("not a JSON object")
    return found


def decode(body: bytes) -> Envelope:
    """Read CloudEvents JSON back into an event.

    :raises Undecodable: with the reason, for a malformed, unknown or oversized message.
    """
    found = _parse(body)
    try:
        address = _address(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Undecodable(f"not an event: {type(error).__name__} {error}") from error
    cls = event_class(address.type)
    if cls is None:
        raise Undecodable(f"unknown event {address.type!r}", address)
    try:
        event: Event = _schema(cls).load(found["data"])
        return Envelope(
            event_id=address.event_id,
            type=address.type,
            source=address.source,
            aggregate_type=address.aggregate_type,
            aggregate_id=address.aggregate_id,
            version=address.version,
            time=_aware(found["time"]),
            trace=Trace.parse(found.get("traceparent")) or Trace.start(),
            event=event,
        )
    except ValidationError as error:
        raise Undecodable(f"does not fit the schema: {error.messages}", address) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Undecodable(f"not an event: {type(error).__name__} {error}", address) from error


def _address(found: Mapping[str, Any]) -> Address:
    kind, _, key = found["subject"].partition("/")
    return Address(
        event_id=_short_text(found["id"]),
        type=_short_text(found["type"], most=120),
        source=_short_text(found["source"]),
        aggregate_type=_short_text(kind, most=60),
        aggregate_id=_short_text(key),
        version=_version(found["aggregateversion"]),
    )


def _version(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _GREATEST_VERSION:
        raise ValueError("aggregateversion is not a positive number")
    return value


def _aware(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("time has no offset")
    return found


def _short_text(value: Any, *, most: int = 100) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or not is_storable(value):
        raise ValueError(f"not a text of 1 to {most} characters")
    return value


def content_hash(body: bytes) -> bytes:
    """Answer the SHA-256 that tells whether two messages with one id are the same message."""
    return hashlib.sha256(body).digest()
