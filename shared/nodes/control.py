"""Letters about the links themselves: receipts, requests for what is missing, watermarks and what is given back.

Whoever signs one speaks of its own streams alone: the stream it writes to us, and ours to it. Each may be lost, come
twice or late without harm, for places only grow and an hourly comparison finds what a lost one left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select, update

from shared.messaging.upsert import upsert
from shared.nodes.core.letters import BEGINNING, BadSignature, Letter, NotALetter, Statement
from shared.nodes.core.receiving import StreamState
from shared.nodes.marks import RESTORED, Mark, ask, head_of, is_held, say_how_far
from shared.nodes.office import Office, note
from shared.nodes.outbound import Entry, enter
from shared.nodes.refused import answer_to
from shared.nodes.tables import stream_in, stream_in_log, stream_log, stream_out
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 500
"""Letters that one request brings back; the next request asks for the rest."""


class Controls:
    """What is done about such a letter, within the transaction that takes it in."""

    def __init__(self, uow: UnitOfWork, office: Office) -> None:
        self._uow = uow
        self._office = office
        self._asking: dict[str, str] = {}
        self._missing: set[str] = set()
        self._unsure: set[str] = set()
        self._differed: str | None = None

    def handle(self, said: Statement, *, state: StreamState) -> None:
        """Do what the letter asks, or note what it says.

        :raises ValueError: when it makes no sense.
        """
        peer, data = said.origin, said.data
        name = said.name
        if name == "receipt":
            self._receipted(peer, Mark.of(data), data)
            self._ask_if_held(peer)
        elif name == "resend":
            self._send_again(peer, Mark.of(data), state)
        elif name == "watermark":
            self._compare(peer, said, state)
        elif name == "return":
            self._give_back(peer, Mark.of(data), state, to=said.event_id)
        elif name == "returned":
            self._take_back(peer, data)
        else:
            raise ValueError(f"nothing is known of {said.type}")

    def conclude(self, state_of: Callable[[str], StreamState]) -> None:
        """Answer those who asked, once for however many questions, and ask for what their streams are missing."""
        for peer in sorted(self._missing):
            state = state_of(peer)
            self._office.post(self._uow, peer, "resend", {"epoch": state.epoch, "seq": state.seq})
        for peer, question in sorted(self._asking.items()):
            say_how_far(self._uow, self._office, peer, state_of(peer), to=question)
        for peer in sorted(self._unsure):
            ask(self._uow, self._office, peer, state_of(peer))
        self._missing.clear()
        self._asking.clear()
        self._unsure.clear()

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
            say_how_far(self._uow, self._office, peer, state)

    def _written(self, peer: str, after: Mark) -> list[Row[Any]]:
        behind = or_(
            stream_log.c.epoch > after.epoch, and_(stream_log.c.epoch == after.epoch, stream_log.c.seq > after.seq)
        )
        wanted = select(stream_log.c.letter).where(stream_log.c.audience == peer, behind)
        ordered = wanted.order_by(stream_log.c.epoch, stream_log.c.seq).limit(MOST_AT_ONCE)
        return list(self._uow.session.execute(ordered))

    def _compare(self, peer: str, said: Statement, state: StreamState) -> None:
        """Hold what a node says of both streams against what is known here; what it said before that is old news."""
        known = self._uow.session.execute(select(stream_in).where(stream_in.c.origin == peer)).one()
        data = said.data
        if data.get("answer"):
            # However late its question comes: who asks waits.
            self._asking[peer] = said.event_id
        is_answer = known.question_id is not None and data.get("to") == known.question_id
        if not is_answer and known.compared_at is not None and said.time <= known.compared_at:
            return
        sent, received = Mark.of(data.get("sent")), Mark.of(data.get("received"))
        self._differed = known.differs
        if is_answer:
            self._write_down(peer, question_id=None)
        given = data.get("epoch") if is_answer else None
        alarms = (self._compare_theirs(peer, sent, state), self._compare_ours(peer, received, epoch_there=given))
        charter = data.get("charter")
        self._write_down(
            peer,
            heard_at=self._uow.now,
            # Both streams are compared, whoever of the two has asked.
            question_at=self._uow.now,
            unanswered=0,
            # A node whose clock was ahead must be heard again when it is set right.
            compared_at=min(said.time, self._uow.now),
            differs=alarms[0] or alarms[1],
            stopped_there=_code_of(data.get("stopped")),
            charter_there=charter if type(charter) is int and 0 < charter < 2**31 else None,
        )
        if not is_answer:
            self._ask_if_held(peer)

    def _ask_if_held(self, peer: str) -> None:
        """Ask a node that our stream waits for, unless a question is under way: what it waited for may have come."""
        asked = select(stream_in.c.question_id).where(stream_in.c.origin == peer)
        if is_held(self._uow, peer) and self._uow.session.execute(asked).scalar() is None:
            self._unsure.add(peer)

    def _compare_theirs(self, peer: str, sent: Mark, state: StreamState) -> str | None:
        """Compare the stream of a node to us; answers the alarm, if there is one."""
        own = Mark(state.epoch, state.seq, state.hash)
        if sent.place > own.place:
            if state.stopped is None:
                self._missing.add(peer)
        elif sent.place < own.place:
            detail = f"it wrote up to {sent.place}, we have {own.place}: restored?"
            return self._differs(peer, "it_is_behind_itself", detail)
        elif sent.hash != own.hash:
            return self._differs(peer, "hashes_differ", f"at {own.epoch}/{own.seq} of its stream")
        return None

    def _compare_ours(self, peer: str, received: Mark, *, epoch_there: Any) -> str | None:
        """Compare our stream to a node; answers the alarm, if there is one.

        `epoch_there` is ours by that node's charter, where it answers what was asked since we know what we know.
        """
        head = head_of(self._uow, peer)
        if received.place > head.place:
            # We were restored from a backup: what we had written since must come back before we go on.
            self._hold(peer)
            asked = self._office.post(self._uow, peer, "return", {"epoch": head.epoch, "seq": head.seq})
            self._write_down(peer, question_id=asked)
            detail = f"we wrote up to {head.place}, it has {received.place}"
            return self._differs(peer, "we_are_behind_ourselves", detail)
        if not self._stands_here(peer, received):
            return self._differs(peer, "hashes_differ", f"at {received.epoch}/{received.seq} of our stream")
        self._receipted(peer, received, {})
        if received.place == head.place and type(epoch_there) is int:
            self._let_go(peer, head, epoch_there)
        return None

    def _hold(self, peer: str) -> None:
        held = upsert(self._uow.session, stream_out).values(
            audience=peer, epoch=1, seq=0, hash=BEGINNING, held_because=RESTORED
        )
        changed = held.on_conflict_do_update(index_elements=["audience"], set_={"held_because": RESTORED})
        self._uow.session.execute(changed)

    def _let_go(self, peer: str, head: Mark, epoch_there: int) -> None:
        """Let a stream go on that was held after a restore, once both nodes know that the root began our next epoch.

        Only an answer may do so. What the node said before it was asked can be of the time that we have forgotten, and
        a letter in an epoch that it does not know yet would stop the stream.
        """
        epoch_here = self._office.charter(self._uow.session, self._uow.now).epoch_of(self._office.me)
        if min(epoch_here, epoch_there) > head.epoch:
            held = (stream_out.c.audience == peer, stream_out.c.held_because == RESTORED)
            going_on = update(stream_out).where(*held).values(held_because=None).returning(stream_out.c.audience)
            if self._uow.session.execute(going_on).first() is not None:
                # It has heard from us of a time that we had forgotten, and is to hear that this is over.
                self._unsure.add(peer)

    def _give_back(self, peer: str, after: Mark, state: StreamState, *, to: str) -> None:
        """Send a node its own letters back, which it has lost, and behind them how many there are."""
        log_in = stream_in_log.c
        behind = or_(log_in.epoch > after.epoch, and_(log_in.epoch == after.epoch, log_in.seq > after.seq))
        wanted = select(log_in.letter).where(log_in.origin == peer, behind).order_by(log_in.epoch, log_in.seq)
        for row in self._uow.session.execute(wanted.limit(MOST_AT_ONCE)).all():
            self._office.post(self._uow, peer, "returned", {"letter": bytes(row.letter).decode()})
        say_how_far(self._uow, self._office, peer, state, to=to)

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

    def _differs(self, peer: str, code: str, detail: str) -> str:
        """Raise an alarm where the last comparison has not raised the same one."""
        if code != self._differed:
            self._alarm(peer, code, detail)
        return code

    def _alarm(self, peer: str, code: str, detail: str) -> None:
        log.error("link_alarm", node=peer, code=code, detail=detail)
        note(self._uow.session, self._uow.now, node=peer, what="alarm", code=code, detail=detail)

    def _write_down(self, peer: str, **values: Any) -> None:
        self._uow.session.execute(update(stream_in).where(stream_in.c.origin == peer).values(**values))


def _code_of(told: Any) -> str | None:
    return str(told).replace("\x00", "")[:60] if told else None
