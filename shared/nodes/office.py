"""What every part of the links goes by: which node this is, its database, its keys, and the charter in force."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

# What another node may say must be known here, whoever else imports it.
import shared.contracts.awards
import shared.contracts.cases
import shared.contracts.records
import shared.contracts.registration
import shared.contracts.reporting  # noqa: F401
from shared.messaging.bell import Bell
from shared.messaging.envelope import Undecodable, decode
from shared.messaging.tables import outbox
from shared.messaging.upsert import upsert
from shared.nodes.core.keys import Charter, CharterRefused, read_charter
from shared.nodes.core.letters import BEGINNING, Letter, Signer, place_in_stream
from shared.nodes.core.receiving import World
from shared.nodes.files import NodeFileWrong, OwnKeys, read_root_key
from shared.nodes.tables import charter as charters
from shared.nodes.tables import link_trail
from shared.regions import Regions
from shared.storage import Database, UnitOfWork
from shared.storage.trip import send_ahead

log = structlog.get_logger(__name__)

SERVICE = "links"


ABSENT, LOST = "absent", "lost"
"""A shovel that nobody asked for, and one that was asked for and that the broker does not have."""


def queue_to(node: str) -> str:
    """Answer the queue in which letters to a neighbour wait for its shovel."""
    return f"to.{node}"


def queue_from(node: str) -> str:
    """Answer the exchange, and the queue behind it, into which a neighbour's shovel writes."""
    return f"from.{node}"


class CharterExpired(Exception):
    """The charter is past its day: nothing is taken in and nothing sent until a new one is there."""


NOT_NOW: tuple[type[Exception], ...] = (CharterExpired, CharterRefused, NodeFileWrong, OSError)
"""What keeps every letter where it is until an operator has put it right."""


@dataclass(frozen=True, slots=True)
class Published:
    """The charter as one version of the file holds it; threads pass it on whole, so that no two are ever mixed."""

    charter: Charter
    sha256: str
    stamp: tuple[int, int, int]
    """Of the file before it was read: one that was replaced meanwhile has another."""


@dataclass
class Office:
    """One node's links."""

    me: str
    database: Database
    charter_file: Path
    root_key_file: Path
    keys_file: Path
    _bell: Bell = field(default_factory=Bell, init=False)
    _published: Published | None = field(default=None, init=False, repr=False)
    _entered: str = field(default="", init=False)

    def charter(self, session: Session, now: datetime) -> Charter:
        """Answer the charter in force; a newer file is gone by as soon as it is there.

        :raises CharterExpired: when it is past its day.
        :raises CharterRefused: when the file is not the root's, or older than one that was in force here.
        """
        found = self.last_charter(session)
        _check_day(found, now)
        return found

    def last_charter(self, session: Session) -> Charter:
        """Answer the charter that the file holds, even past its day.

        :raises CharterRefused: when the file is not the root's, or older than one that was in force here.
        """
        return self._newest(session).charter

    def _newest(self, session: Session) -> Published:
        status = self.charter_file.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        found = self._published
        if found is None or stamp != found.stamp:
            found = self._published = self._read(session, stamp)
        return found

    def take_up(self, uow: UnitOfWork) -> Charter:
        """Answer the charter in force, and enter it among those that this node has gone by; no older one comes after.

        :raises CharterExpired: when it is past its day.
        :raises CharterRefused: when the file is not the root's, or older than one that was in force here.
        """
        found = self._newest(uow.session)
        _check_day(found.charter, uow.now)
        if found.sha256 != self._entered:
            self._enter(uow, found)
        return found.charter

    def neighbours(self) -> tuple[str, ...]:
        """Answer the nodes that this one has links with, by the charter that the file holds; none once it left the map.

        :raises CharterRefused: when the file is not the root's, or older than one that was in force here.
        """
        with self.database.reading() as session:
            map_ = self.last_charter(session).map
        return map_.neighbours(self.me) if self.me in map_ else ()

    def _read(self, session: Session, stamp: tuple[int, int, int]) -> Published:
        raw = self.charter_file.read_bytes()
        made = read_charter(raw, root_key=read_root_key(self.root_key_file), regions=Regions.load())
        digest = hashlib.sha256(raw).hexdigest()
        newest = session.execute(select(func.max(charters.c.version))).scalar() or 0
        known = session.execute(select(charters.c.sha256).where(charters.c.version == made.version)).scalar()
        if made.version < newest or (known is not None and known != digest):
            zh = f"公告版本 {made.version} 不高于已采用的 {newest}"
            raise CharterRefused(
                "charter_not_newer", zh=zh, en=f"Charter {made.version} is not newer than {newest} in force here"
            )
        self._entered = ""
        return Published(made, digest, stamp)

    def _enter(self, uow: UnitOfWork, found: Published) -> None:
        version = found.charter.version
        entering = upsert(uow.session, charters).values(
            version=version, sha256=found.sha256, expires_at=found.charter.expires_at, taken_at=uow.now
        )
        is_new = entering.on_conflict_do_nothing().returning(charters.c.version)
        if uow.session.execute(is_new).first() is None:
            # Only what was found entered is sure to be: this transaction may be undone.
            self._entered = found.sha256
            return
        note(uow.session, uow.now, node=self.me, what="charter", code=str(version), detail=found.sha256)
        log.info("charter_taken_up", version=version)

    def world(self, session: Session, now: datetime) -> World:
        """Answer what letters are judged by."""
        return World(me=self.me, charter=self.charter(session, now), misfit=misfit)

    def signer(self, session: Session, now: datetime) -> Signer:
        """Answer the key to sign with now."""
        return OwnKeys.read(self.keys_file).signer(self.charter(session, now), self.me, now)

    def post(
        self, uow: UnitOfWork, audience: str, what: str, data: Mapping[str, Any], *, at: datetime | None = None
    ) -> str:
        """Write a letter about the links themselves (`receipt`, `resend`, …), which has no place in the stream.

        Answers the letter's id. `at` is when it says what it says, else the transaction's beginning.
        """
        id_ = str(uuid.uuid4())
        said = {
            "specversion": "1.0",
            "id": id_,
            "type": f"{SERVICE}.{what}.v1",
            "source": f"/{self.me}/{SERVICE}",
            "time": (at or uow.now).isoformat(),
            "data": data,
        }
        body = place_in_stream(json.dumps(said).encode(), audience=audience, epoch=1, seq=0, prev_hash=BEGINNING)
        self.dispatch(uow, audience, self.signer(uow.session, uow.now).sign(body, now=uow.now))
        return id_

    def dispatch(self, uow: UnitOfWork, audience: str, *letters: Letter) -> None:
        """Give letters to the relay, for the neighbour on the way to their audience."""
        hop = self.charter(uow.session, uow.now).map.next_hop(self.me, audience)
        rows = []
        for letter in letters:
            # Each dispatch is a message of its own: the place in the stream, not the broker, keeps the order.
            message_id = str(uuid.uuid4())
            rows.append(
                {
                    "event_id": message_id,
                    "aggregate_type": "letter",
                    "aggregate_id": message_id,
                    "aggregate_version": 1,
                    "type": queue_to(hop),
                    "payload": bytes(letter),
                    "created_at": uow.now,
                }
            )
        self.hand_over(uow, rows)

    def hand_over(self, uow: UnitOfWork, rows: Sequence[Mapping[str, object]]) -> None:
        """Leave rows in the outbox, and wake the relay with the commit."""
        if rows:
            uow.session.execute(insert(outbox), list(rows))
            send_ahead(uow.session, self._bell.ringing(uow.session))


def _check_day(found: Charter, now: datetime) -> None:
    if not found.is_in_force(now):
        raise CharterExpired(f"version {found.version} expired at {found.expires_at}")


def misfit(body: bytes) -> str | None:
    """Answer what is wrong with the form of an event, or None where the services here can read it."""
    try:
        decode(body)
    except Undecodable as error:
        return str(error)
    return None


def note(session: Session, now: datetime, *, node: str, what: str, code: str, detail: str) -> None:
    """Add an entry to the trail of the links."""
    session.execute(insert(link_trail).values(at=now, node=node, what=what, code=code, detail=detail[:2000]))
