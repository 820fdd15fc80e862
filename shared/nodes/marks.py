"""How far two streams are: places in them, and the letter in which a node says what it knows of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from shared.nodes.core.letters import BEGINNING
from shared.nodes.core.receiving import StreamState
from shared.nodes.office import Office
from shared.nodes.tables import stream_in, stream_out
from shared.storage import UnitOfWork

RESTORED = "restored"


@dataclass(frozen=True, order=True, slots=True)
class Mark:
    """A place in a stream, and the hash of the letter there."""

    epoch: int
    seq: int
    hash: str = ""

    @classmethod
    def of(cls, data: Any) -> Mark:
        """Read it from a letter.

        :raises ValueError: when it is none.
        """
        if not isinstance(data, Mapping):
            raise ValueError("no place in a stream")
        epoch, seq, hash_ = data.get("epoch"), data.get("seq"), data.get("hash", "")
        if type(epoch) is not int or type(seq) is not int or not isinstance(hash_, str) or not 0 <= seq < 2**62:
            raise ValueError("no place in a stream")
        return cls(epoch, seq, hash_[:64])

    @property
    def place(self) -> tuple[int, int]:
        """Answer where it is."""
        return (self.epoch, self.seq)

    def as_dict(self) -> dict[str, Any]:
        """Answer it as it stands in a letter."""
        return {"epoch": self.epoch, "seq": self.seq, "hash": self.hash}


def head_of(uow: UnitOfWork, audience: str, *, keeping: bool = False) -> Mark:
    """Answer the last letter written to a node; with `keeping` none is written before this transaction is over."""
    wanted = select(stream_out).where(stream_out.c.audience == audience)
    row = uow.session.execute(wanted.with_for_update(read=True) if keeping else wanted).first()
    return Mark(row.epoch, row.seq, row.hash) if row else Mark(1, 0, BEGINNING)


def is_held(uow: UnitOfWork, audience: str) -> bool:
    """Tell whether our stream to a node waits for what that node says."""
    held = select(stream_out.c.audience).where(stream_out.c.audience == audience, stream_out.c.held_because == RESTORED)
    return uow.session.execute(held).first() is not None


def say_how_far(
    uow: UnitOfWork, office: Office, peer: str, state: StreamState, *, to: str | None = None, asks: bool = False
) -> str:
    """Write to a node how far both streams are; answers the letter's id. With `asks` it is to say the same of them.

    `to` is the letter that this answers: only then does its receiver know that all of it was written afterwards.
    `state` is of a stream whose row this transaction has locked, so that such letters leave in their order.
    """
    # Before a later letter can be given a place: else that one could leave first, and this one would deny it.
    sent = head_of(uow, peer, keeping=True)
    charter = office.charter(uow.session, uow.now)
    told = update(stream_in).where(stream_in.c.origin == peer)
    uow.session.execute(told.values(charter_told=charter.version))
    data = {
        "sent": sent.as_dict(),
        "received": Mark(state.epoch, state.seq, state.hash).as_dict(),
        "stopped": state.stopped,
        "charter": charter.version,
        "epoch": charter.epoch_of(peer),
        "answer": asks,
        "to": to,
    }
    # By the clock and not by the beginning of the transaction, which may have waited for another such letter.
    return office.post(uow, peer, "watermark", data, at=office.database.clock.now())


def ask(uow: UnitOfWork, office: Office, peer: str, state: StreamState) -> None:
    """Ask a node how far both streams are; its answer to an earlier question counts no more as one to this."""
    question = say_how_far(uow, office, peer, state, asks=True)
    asked = update(stream_in).where(stream_in.c.origin == peer)
    values = {"question_at": uow.now, "question_id": question, "unanswered": stream_in.c.unanswered + 1}
    uow.session.execute(asked.values(**values))
