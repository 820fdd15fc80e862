"""Letters about the links themselves: receipts, requests for what is missing, watermarks and what is given back.

Whoever signs one speaks of its own streams alone: the stream it writes to us, and ours to it. Each may be lost, come
twice or late without harm, for places only grow and an hourly comparison finds what a lost one left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select, update

from shared.messaging.upsert import upsert
from shared.nodes.core.letters import BEGINNING, BadSignature, Letter, NotALetter, Statement
from shared.nodes.core.receiving import StreamState
from shared.nodes.office import Office, note
from shared.nodes.outbound import Entry, enter
from shared.nodes.refused import answer_to
from shared.nodes.tables import stream_in, stream_in_log, stream_log, stream_out
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 500
"""Letters that one request brings back; the next request asks for the rest."""

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


def head_of(uow: UnitOfWork, audience: str) -> Mark:
    """Answer the last letter written to a node."""
    row = uow.session.execute(select(stream_out).where(stream_out.c.audience == audience)).first()
    return Mark(row.epoch, row.seq, row.hash) if row else Mark(1, 0, BEGINNING)


class Controls:
    """What is done about such a letter, within the transaction that takes it in."""

    def __init__(self, uow: UnitOfWork, office: Office) -> None:
        self._uow = uow
        self._office = office
        self._asking: set[str] = set()
        self._missing: set[str] = set()

    def handle(self, said: Statement, *, state: StreamState) -> None:
        """Do what the letter asks, or note what it says.

        :raises ValueError: when it makes no sense.
        """
        peer, data = said.origin, said.data
        name = said.name
        if name == "receipt":
            self._receipted(peer, Mark.of(data), data)
        elif name == "resend":
            self._send_again(peer, Mark.of(data), state)
        elif name == "watermark":
            self._compare(peer, said, state)
        elif name == "return":
            self._give_back(peer, Mark.of(data), state)
        elif name == "returned":
            self._take_back(peer, data)
        else:
            raise ValueError(f"nothing is known of {said.type}")

    def conclude(self, state_of: Callable[[str], StreamState]) -> None:
        """Answer those who asked, once for however many questions, and ask for what their streams are missing."""
        for peer in sorted(self._missing):
            state = state_of(peer)
            self._office.post(self._uow, peer, "resend", {"epoch": state.epoch, "seq": state.seq})
        for peer in sorted(self._asking):
            self._say_how_far(peer, state_of(peer))
        self._missing.clear()
        self._asking.clear()

    def _receipted(self, peer: str, mark: Mark, data: Mapping[str, Any]) -> None:
        """Note what a node has taken in, refused, or stopped at."""
        if not self._stands_here(peer, mark):
            self._alarm(peer, "foreign_receipt", f"it has another letter at {mark.epoch}/{mark.seq} than we wrote")
            return
        upto = or_(
            stream_log.c.epoch < mark.epoch, and_(stream_log.c.epoch == mark.epoch, stream_log.c.seq <= mark.seq)
        )
        ours = (stream_log.c.audience == peer, stream_log.c.receipted_at.is_(None))
        self._uow.session.execute(update(stream_log).where(*ours, upto).values(receipted_at=self._uow.now))
        refused = data.get("refused", [])
        for each in refused if isinstance(refused, list) else []:
            self._refused(peer, Mark.of(each), _code_of(each.get("code")) or "refused")
        if data.get("stopped"):
            self._alarm(peer, "stopped_there", f"it stopped our stream after {mark.place}: {data['stopped']}")
        self._write_down(peer, stopped_there=_code_of(data.get("stopped")))

    def _refused(self, peer: str, mark: Mark, code: str) -> None:
        log.error("event_refused_by_node", node=peer, epoch=mark.epoch, seq=mark.seq, code=code)
        here = (stream_log.c.audience == peer, stream_log.c.epoch == mark.epoch, stream_log.c.seq == mark.seq)
        refusing = update(stream_log).where(*here, stream_log.c.refused_code.is_(None)).values(refused_code=code)
        letter = self._uow.session.execute(refusing.returning(stream_log.c.letter)).scalar()
        if letter is None:
            return
        said = Statement.read(Letter.parse(bytes(letter)).body)
        answer = answer_to(said.name, said.data, node=peer, code=code)
        if answer is not None:
            self._uow.publish(answer)
        detail = f"it refused {mark.epoch}/{mark.seq}"
        note(self._uow.session, self._uow.now, node=peer, what="refused", code=code, detail=detail)

    def _stands_here(self, peer: str, mark: Mark) -> bool:
        """Tell whether the letter at this place of our stream is the one that is meant."""
        if mark.seq == 0:
            return True
        here = (stream_log.c.audience == peer, stream_log.c.epoch == mark.epoch, stream_log.c.seq == mark.seq)
        known = self._uow.session.execute(select(stream_log.c.hash).where(*here)).scalar()
        # One that was receipted and forgotten ninety days later is told apart by nothing.
        return known == mark.hash or (known is None and mark.place <= head_of(self._uow, peer).place)

    def _send_again(self, peer: str, after: Mark, state: StreamState) -> None:
        rows = self._written(peer, after)
        self._office.dispatch(self._uow, peer, *(Letter.parse(bytes(row.letter)) for row in rows))
        if len(rows) == MOST_AT_ONCE:
            # It comes behind these letters, and has their receiver ask for the next ones.
            self._say_how_far(peer, state)

    def _say_how_far(self, peer: str, state: StreamState) -> None:
        self._office.post(self._uow, peer, "watermark", watermark(self._uow, self._office, peer, state, answer=False))

    def _written(self, peer: str, after: Mark) -> list[Row[Any]]:
        behind = or_(
            stream_log.c.epoch > after.epoch, and_(stream_log.c.epoch == after.epoch, stream_log.c.seq > after.seq)
        )
        wanted = select(stream_log.c.letter).where(stream_log.c.audience == peer, behind)
        ordered = wanted.order_by(stream_log.c.epoch, stream_log.c.seq).limit(MOST_AT_ONCE)
        return list(self._uow.session.execute(ordered))

    def _compare(self, peer: str, said: Statement, state: StreamState) -> None:
        """Hold what a node says of both streams against what is known here; what it said before that is old news."""
        row = select(stream_in.c.compared_at).where(stream_in.c.origin == peer)
        compared_at = self._uow.session.execute(row).scalar()
        if compared_at is not None and said.time <= compared_at:
            return
        data = said.data
        sent, received = Mark.of(data.get("sent")), Mark.of(data.get("received"))
        charter = data.get("charter")
        alarms = (self._compare_theirs(peer, sent, state), self._compare_ours(peer, received))
        self._write_down(
            peer,
            heard_at=self._uow.now,
            # Both streams are compared, whoever of the two has asked.
            question_at=self._uow.now,
            unanswered=0,
            compared_at=said.time,
            differs=alarms[0] or alarms[1],
            stopped_there=_code_of(data.get("stopped")),
            charter_there=charter if type(charter) is int and 0 < charter < 2**31 else None,
        )
        if data.get("answer"):
            self._asking.add(peer)

    def _compare_theirs(self, peer: str, sent: Mark, state: StreamState) -> str | None:
        """Compare the stream of a node to us; answers the alarm, if there is one."""
        own = Mark(state.epoch, state.seq, state.hash)
        if sent.place > own.place:
            if state.stopped is None:
                self._missing.add(peer)
        elif sent.place < own.place:
            detail = f"it wrote up to {sent.place}, we have {own.place}: restored?"
            return self._alarm(peer, "it_is_behind_itself", detail)
        elif sent.hash != own.hash:
            return self._alarm(peer, "hashes_differ", f"at {own.epoch}/{own.seq} of its stream")
        return None

    def _compare_ours(self, peer: str, received: Mark) -> str | None:
        """Compare our stream to a node; answers the alarm, if there is one."""
        head = head_of(self._uow, peer)
        if received.place > head.place:
            # We were restored from a backup: what we had written since must come back before we go on.
            self._hold(peer)
            self._office.post(self._uow, peer, "return", {"epoch": head.epoch, "seq": head.seq})
            detail = f"we wrote up to {head.place}, it has {received.place}"
            return self._alarm(peer, "we_are_behind_ourselves", detail)
        if not self._stands_here(peer, received):
            return self._alarm(peer, "hashes_differ", f"at {received.epoch}/{received.seq} of our stream")
        self._receipted(peer, received, {})
        if received.place == head.place:
            self._let_go(peer)
        return None

    def _hold(self, peer: str) -> None:
        held = upsert(self._uow.session, stream_out).values(
            audience=peer, epoch=1, seq=0, hash=BEGINNING, held_because=RESTORED
        )
        changed = held.on_conflict_do_update(index_elements=["audience"], set_={"held_because": RESTORED})
        self._uow.session.execute(changed)

    def _let_go(self, peer: str) -> None:
        """Let a stream go on that was held after a restore, once the root has given this node its next epoch."""
        head = head_of(self._uow, peer)
        if self._office.charter(self._uow.session, self._uow.now).epoch_of(self._office.me) > head.epoch:
            held = (stream_out.c.audience == peer, stream_out.c.held_because == RESTORED)
            self._uow.session.execute(update(stream_out).where(*held).values(held_because=None))

    def _give_back(self, peer: str, after: Mark, state: StreamState) -> None:
        """Send a node its own letters back, which it has lost, and behind them how many there are."""
        log_in = stream_in_log.c
        behind = or_(log_in.epoch > after.epoch, and_(log_in.epoch == after.epoch, log_in.seq > after.seq))
        wanted = select(log_in.letter).where(log_in.origin == peer, behind).order_by(log_in.epoch, log_in.seq)
        for row in self._uow.session.execute(wanted.limit(MOST_AT_ONCE)).all():
            self._office.post(self._uow, peer, "returned", {"letter": bytes(row.letter).decode()})
        self._say_how_far(peer, state)

    def _take_back(self, peer: str, data: Mapping[str, Any]) -> None:
        """Write a letter of our own down again that a node gave back, when it is ours and the next one."""
        try:
            letter = Letter.parse(str(data.get("letter")).encode())
            said = Statement.read(letter.body)
            charter = self._office.charter(self._uow.session, self._uow.now)
            key = charter.keys.get(letter.signed_by().kid)
            if key is None or key.node_id != self._office.me or (said.origin, said.audience) != (self._office.me, peer):
                raise ValueError("it gave back what is not ours")
            letter.verify(key.public_key)
        except (NotALetter, BadSignature) as error:
            raise ValueError(str(error)) from error
        head = head_of(self._uow, peer)
        expected = head.seq + 1 if said.epoch == head.epoch else 1
        if said.seq != expected or said.prev_hash != head.hash:
            return
        entry = Entry(letter=letter, event_id=said.event_id, type=said.type, epoch=said.epoch, seq=said.seq)
        # The stream goes on when the node says that this was the last one, and not between two of them.
        enter(self._uow, peer, [entry], are_receipted=True)

    def _alarm(self, peer: str, code: str, detail: str) -> str:
        log.error("link_alarm", node=peer, code=code, detail=detail)
        note(self._uow.session, self._uow.now, node=peer, what="alarm", code=code, detail=detail)
        return code

    def _write_down(self, peer: str, **values: Any) -> None:
        self._uow.session.execute(update(stream_in).where(stream_in.c.origin == peer).values(**values))


def _code_of(told: Any) -> str | None:
    return str(told).replace("\x00", "")[:60] if told else None


def watermark(uow: UnitOfWork, office: Office, peer: str, state: StreamState, *, answer: bool) -> dict[str, Any]:
    """Answer what this node says of the streams between it and a peer; `answer` asks the peer to say the same."""
    return {
        "sent": head_of(uow, peer).as_dict(),
        "received": Mark(state.epoch, state.seq, state.hash).as_dict(),
        "stopped": state.stopped,
        "charter": office.charter(uow.session, uow.now).version,
        "answer": answer,
    }
