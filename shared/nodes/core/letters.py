"""A letter from one node to another: a detached signature, a line feed, and the signed bytes, which nobody writes anew.

The signature is a JWS with detached, unencoded payload (RFC 7797) by Ed25519. The bytes are a CloudEvent with four
attributes more: `audience`, `epoch`, `seq` and `prevhash`, which chain the letters of one node to another.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter

from shared.strict_json import strict_json

ALGORITHM: Final = "Ed25519"
TYPE = "anyuan-event+jws"
MOST_BYTES = 256 * 1024
"""The longest event; a letter is longer by its signature and what the stream adds."""
_MOST_ADDED = 4096
BEGINNING = "0" * 64
"""What stands as `prevhash` in the first letter that one node ever writes to another."""

SAYS_NOTHING_OF_EVENTS = "links."
"""How the types of the links' own letters begin (receipts, requests, watermarks): they have no place in the stream."""


class NotALetter(Exception):
    """These bytes are no letter; the text says what is wrong with them."""


class BadSignature(Exception):
    """The signature is not that of this key over these bytes."""


class _Registry(jws.JWSRegistry):
    max_payload_length = 2 * (MOST_BYTES + _MOST_ADDED)


_registry = _Registry(
    header_registry={"iat": HeaderParameter("Issued At", "int", required=True)}, algorithms=[ALGORITHM]
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it travels."""

    signature: str
    body: bytes

    def __bytes__(self) -> bytes:
        return self.signature.encode() + b"\n" + self.body

    @classmethod
    def parse(cls, raw: bytes) -> Letter:
        """Take a letter apart.

        :raises NotALetter: when it is too long, or has no line of signature.
        """
        if len(raw) > MOST_BYTES + _MOST_ADDED:
            raise NotALetter(f"{len(raw)} bytes, at most {MOST_BYTES + _MOST_ADDED} are read")
        head, found, body = raw.partition(b"\n")
        if not found or not head.isascii() or head.count(b".") != 2 or len(head) > 2048:
            raise NotALetter("it does not begin with a signature")
        return cls(head.decode(), body)

    @property
    def sha256(self) -> str:
        """Answer the hash of the signed bytes, by which the next letter names this one."""
        return hashlib.sha256(self.body).hexdigest()

    def signed_by(self) -> SignedBy:
        """Answer what the signature says of itself; nothing of it is proven yet.

        :raises NotALetter: when it is not written as it should be.
        """
        head = self.signature.split(".")[0]
        try:
            found = _strict_json(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
            kid, alg, typ, iat = found["kid"], found["alg"], found["typ"], found["iat"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NotALetter(f"the head of its signature cannot be read: {error!r}") from error
        if not isinstance(kid, str) or type(iat) is not int or typ != TYPE or not 0 < iat < 2**40:
            raise NotALetter("the head of its signature is not ours")
        return SignedBy(kid=kid, alg=str(alg), at=datetime.fromtimestamp(iat, UTC))

    def verify(self, public_key: Mapping[str, Any]) -> None:
        """Make sure that the owner of this key signed exactly these bytes.

        :raises BadSignature: when not.
        """
        try:
            found = jws.deserialize_compact(
                self.signature, OKPKey.import_key(dict(public_key)), payload=self.body, registry=_registry
            )
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise BadSignature(str(error)) from error
        header = found.headers()
        if found.payload != self.body or header.get("b64") is not False or header.get("crit") != ["b64"]:
            raise BadSignature("it is not over these bytes")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedBy:
    """What a signature says of itself."""

    kid: str
    alg: str
    at: datetime


class Signer:
    """The private key of a node (or of the province's root), and what it signs."""

    def __init__(self, private: Mapping[str, Any]) -> None:
        self._key = OKPKey.import_key(dict(private))
        self.kid = str(private["kid"])

    @staticmethod
    def new_key(kid: str) -> dict[str, Any]:
        """Make a private key of this name, as a JWK."""
        key = OKPKey.generate_key(ALGORITHM, parameters={"kid": kid, "use": "sig", "alg": ALGORITHM})
        return dict(key.as_dict(private=True))

    @property
    def public_key(self) -> dict[str, Any]:
        """Answer the public half, as a JWK."""
        found = self._key.as_dict(private=False)
        return {"kty": found["kty"], "crv": found["crv"], "x": found["x"]}

    def sign(self, body: bytes, *, now: datetime) -> Letter:
        """Sign bytes as they are."""
        head = {
            "alg": ALGORITHM,
            "kid": self.kid,
            "typ": TYPE,
            "iat": int(now.timestamp()),
            "b64": False,
            "crit": ["b64"],
        }
        whole = jws.serialize_compact(head, body, self._key, registry=_registry)
        protected, _, rest = whole.partition(".")
        return Letter(f"{protected}..{rest.rpartition('.')[2]}", body)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What a letter says, as far as every node can read it: who says it to whom, at which place of the stream."""

    event_id: str
    type: str
    origin: str
    service: str
    audience: str
    epoch: int
    seq: int
    prev_hash: str
    time: datetime
    data: Mapping[str, Any]
    content_sha256: str
    """The hash of what is said without its place in the stream: the same event said again at another place has it."""

    @property
    def name(self) -> str:
        """Answer the event's name without its publisher and version: `report.approved`."""
        return self.type.partition(".")[2].rpartition(".v")[0]

    @property
    def is_about_links(self) -> bool:
        """Tell whether this is a letter of the links themselves."""
        return self.type.startswith(SAYS_NOTHING_OF_EVENTS)

    @classmethod
    def read(cls, body: bytes) -> Statement:
        """Read the signed bytes.

        :raises NotALetter: with the reason, for anything that is not strict JSON of our form.
        """
        try:
            found = _strict_json(body)
            _, origin, service = _text(found, "source", 100).split("/")
            seq, epoch = found["seq"], found["epoch"]
            time = datetime.fromisoformat(_text(found, "time", 40))
            if found["specversion"] != "1.0" or type(seq) is not int or type(epoch) is not int or time.tzinfo is None:
                raise ValueError("version, place or time is not ours")
            if not (0 <= seq < 2**62 and 0 < epoch < 2**31):
                raise ValueError("no such place in a stream")
            return cls(
                event_id=_text(found, "id", 36),
                type=_text(found, "type", 120),
                origin=origin,
                service=service,
                audience=_text(found, "audience", 60),
                epoch=epoch,
                seq=seq,
                prev_hash=_text(found, "prevhash", 64),
                time=time,
                data=_mapping(found["data"]),
                content_sha256=_content_hash(found),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NotALetter(f"not a statement: {type(error).__name__} {error}") from error


def place_in_stream(event: bytes, *, audience: str, epoch: int, seq: int, prev_hash: str) -> bytes:
    """Add to an event's bytes where it stands in the stream to a node; all other bytes stay as they are."""
    assert event.endswith(b"}")
    place = {"audience": audience, "epoch": epoch, "seq": seq, "prevhash": prev_hash}
    return event[:-1] + b"," + json.dumps(place, separators=(",", ":")).encode()[1:]


_PLACE = ("audience", "epoch", "seq", "prevhash")


def _content_hash(found: Mapping[str, Any]) -> str:
    said = {key: value for key, value in found.items() if key not in _PLACE}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _text(found: Mapping[str, Any], key: str, most: int) -> str:
    value = found[key]
    if not isinstance(value, str) or not 0 < len(value) <= most or "\x00" in value:
        raise ValueError(f"{key} is not a text of 1 to {most} characters")
    value.encode()  # half of a surrogate pair is no text
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("data is not an object")
    return value


def _strict_json(body: bytes) -> dict[str, Any]:
    return dict(_mapping(strict_json(body.decode())))
