"""What a receiver knows, read once for a batch of letters and kept up to date while they are taken in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.messaging.upsert import upsert
from shared.nodes.core.asking import has_come_back
from shared.nodes.core.letters import BEGINNING, Letter, Statement
from shared.nodes.core.receiving import StreamState
from shared.nodes.places import StoredPlaces
from shared.nodes.tables import stream_in, stream_in_log
from shared.storage import UnitOfWork


class Knowledge(StoredPlaces):
    """The core's view of the database, over one transaction; a stream's row is locked when it is first asked for."""

    def __init__(self, uow: UnitOfWork) -> None:
        super().__init__(uow.session)
        self._uow = uow
        self._states: dict[str, StreamState] = {}
        self._contents: dict[str, str | None] = {}
        self._entries: list[dict[str, object]] = []
        self._changed: set[str] = set()
        self._heard: set[str] = set()

    def state(self, origin: str) -> StreamState:
        """Answer how far a stream was taken in."""
        if origin not in self._states:
            self._states[origin] = self._read_state(self._uow.session, origin)
        return self._states[origin]

    @staticmethod
    def _read_state(session: Session, origin: str) -> StreamState:
        beginning = upsert(session, stream_in).values(origin=origin, epoch=1, seq=0, hash=BEGINNING)
        session.execute(beginning.on_conflict_do_nothing())
        row = session.execute(select(stream_in).where(stream_in.c.origin == origin).with_for_update()).one()
        return StreamState(row.epoch, row.seq, row.hash, row.stopped, row.released_to)

    def hash_at(self, origin: str, epoch: int, seq: int) -> str | None:
        """Answer the hash of a letter taken in before, or None where it is kept no longer."""
        for entry in self._entries:
            if (entry["origin"], entry["epoch"], entry["seq"]) == (origin, epoch, seq):
                return str(entry["hash"])
        log = stream_in_log.c
        wanted = select(log.hash).where(log.origin == origin, log.epoch == epoch, log.seq == seq)
        return self._uow.session.execute(wanted).scalar()

    def has_hash(self, origin: str, hash_: str) -> bool:
        """Tell whether a letter of this hash was taken in from a node."""
        if any(entry["origin"] == origin and entry["hash"] == hash_ for entry in self._entries):
            return True
        same = (stream_in_log.c.origin == origin, stream_in_log.c.hash == hash_)
        return self._uow.session.execute(select(stream_in_log.c.id).where(*same).limit(1)).first() is not None

    def expect(self, event_ids: Iterable[str]) -> None:
        """Look these events up in one question."""
        asked = sorted(set(event_ids))
        wanted = select(stream_in_log.c.event_id, stream_in_log.c.content_sha256)
        rows = self._uow.session.execute(wanted.where(stream_in_log.c.event_id.in_(asked)))
        self._contents |= dict.fromkeys(asked, None) | {row.event_id: row.content_sha256 for row in rows}

    def content_of(self, event_id: str) -> str | None:
        """Answer the content hash of an event that was taken in, or None."""
        if event_id not in self._contents:
            self.expect([event_id])
        return self._contents[event_id]

    def advance(self, said: Statement, letter: Letter, *, fate: str, code: str) -> None:
        """Note that a letter has taken its place in its stream."""
        before = self.state(said.origin)
        self._states[said.origin] = replace(before, epoch=said.epoch, seq=said.seq, hash=letter.sha256)
        self._changed.add(said.origin)
        self._contents[said.event_id] = said.content_sha256
        self._entries.append(
            {
                "origin": said.origin,
                "epoch": said.epoch,
                "seq": said.seq,
                "event_id": said.event_id,
                "content_sha256": said.content_sha256,
                "hash": letter.sha256,
                "fate": fate,
                "code": code,
                "letter": bytes(letter),
                "taken_at": self._uow.now,
            }
        )

    def stop(self, origin: str, code: str) -> None:
        """Let a stream stand still from here on."""
        self._states[origin] = replace(self.state(origin), stopped=code)
        self._changed.add(origin)

    def hear(self, origin: str) -> None:
        """Note that a node is heard: a letter came that it has signed."""
        self._heard.add(origin)

    def write(self) -> None:
        """Write down what has changed."""
        self.write_places()
        if self._entries:
            self._uow.session.execute(insert(stream_in_log), self._entries)
            self._entries = []
        for origin in sorted(self._changed | self._heard):
            state = self.state(origin)
            values = {"epoch": state.epoch, "seq": state.seq, "hash": state.hash, "stopped": state.stopped}
            changed = update(stream_in).where(stream_in.c.origin == origin)
            self._uow.session.execute(changed.values(**values, **self._contact(origin)))
        self._changed.clear()
        self._heard.clear()

    def _contact(self, origin: str) -> dict[str, object]:
        """Answer what to write down of hearing from a node."""
        if origin not in self._heard:
            return {}
        wanted = select(stream_in.c.heard_at).where(stream_in.c.origin == origin)
        now = self._uow.now
        is_back = has_come_back(self._uow.session.execute(wanted).scalar(), now=now)
        return {"heard_at": now, "back_at": now} if is_back else {"heard_at": now}
