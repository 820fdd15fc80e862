"""From other nodes to this one: each letter is judged, and its place, its effect and its trail are one transaction.

The effect of a believed event is a row in the outbox of `links`: the relay says it to the services of this node as if
a local publisher had, with the bytes and the source of its own node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import and_, delete, or_, select, update

from shared.messaging.envelope import MOST_BYTES, Address, decode
from shared.messaging.inbox import Delivery
from shared.messaging.outages import database_is_away
from shared.messaging.upsert import upsert
from shared.nodes.again import believed_after_all, who_moved
from shared.nodes.control import Controls
from shared.nodes.core.authority import claims, subjects
from shared.nodes.core.letters import Letter, NotALetter, Statement
from shared.nodes.core.receiving import WINDOW, Fate, Verdict, World, judge
from shared.nodes.knowledge import Knowledge
from shared.nodes.office import NOT_NOW, SERVICE, Office, note
from shared.nodes.tables import parked_letter, quarantine, stream_in
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

ASK_AGAIN_AFTER = timedelta(seconds=5)


class Inbound:
    """What the gateway does with what one neighbour brings; it stands where a service has its inbox."""

    service = SERVICE

    def __init__(self, office: Office, transport: str) -> None:
        self._office = office
        self._transport = transport

    def receive(self, deliveries: Sequence[Delivery]) -> None:
        """Take letters in: on return each is applied, refused, parked, forwarded, or in quarantine with its reason.

        :raises Exception: when nothing was taken: the database is away, or the charter is not in force.
        """
        raws = [delivery.body for delivery in deliveries]
        try:
            self._take_all(raws)
        except Exception as error:
            # A charter or key that is missing concerns every letter; a letter that cannot be stored only itself.
            if database_is_away(error) or isinstance(error, NOT_NOW):
                raise
            log.info("letters_fall_back_to_one_by_one", size=len(raws), error=repr(error))
            for raw in raws:
                self._take_alone(raw)

    def receive_dead(self, delivery: Delivery, *, reason: str) -> None:
        """Keep a letter that the broker gave up delivering; its sender sends it again when it is asked to."""
        with self._office.database.unit_of_work() as uow:
            verdict = Verdict(fate=Fate.STOP, origin=self._transport, code="given_up_by_broker", detail=reason)
            put_away(uow, delivery.body, verdict, transport=self._transport)

    def retry_due(self) -> int:
        """Do nothing: what waits for an earlier letter is taken in with it."""
        return 0

    def _take_alone(self, raw: bytes) -> None:
        try:
            self._take_all([raw])
        except Exception as error:
            if database_is_away(error) or isinstance(error, NOT_NOW):
                raise
            log.exception("letter_cannot_be_kept", transport=self._transport)
            with self._office.database.unit_of_work() as uow:
                verdict = Verdict(fate=Fate.STOP, origin=self._transport, code="cannot_be_kept", detail=repr(error))
                put_away(uow, raw, verdict, transport=self._transport)

    def _take_all(self, raws: Sequence[bytes]) -> None:
        with self._office.database.unit_of_work() as uow:
            taking = Taking(uow, self._office, self._transport)
            taking.expect(raws)
            for raw in raws:
                taking.take(raw)
            taking.conclude()


@dataclass
class Taking:
    """Letters of one neighbour, taken in within one transaction."""

    uow: UnitOfWork
    office: Office
    transport: str
    _heard: set[str] = field(default_factory=set)
    _missing: set[str] = field(default_factory=set)
    _parked: dict[str, bool] = field(default_factory=dict)
    _refused: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    _effects: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._knowledge = Knowledge(self.uow)
        self.office.take_up(self.uow)
        self._world: World = self.office.world(self.uow.session, self.uow.now)
        self._controls = Controls(self.uow, self.office)

    def expect(self, raws: Iterable[bytes]) -> None:
        """Look up at once which of these events are known, and where their subjects live."""
        said = [statement for statement in map(_statement_of, raws) if statement is not None]
        self._knowledge.expect(statement.event_id for statement in said)
        self._knowledge.look_up(subject for statement in said for subject in subjects(statement.name, statement.data))

    def take(self, raw: bytes) -> None:
        """Judge one letter and do what is decided, and take in what waited for it."""
        following: bytes | None = raw
        while following is not None:
            following = self._take_one(following)

    def _take_one(self, raw: bytes) -> bytes | None:
        """Do what is decided about one letter; answers the letter that waited for it, if one did."""
        verdict = judge(raw, transport=self.transport, view=self._knowledge, world=self._world, now=self.uow.now)
        letter, said = verdict.letter, verdict.statement
        if verdict.fate is Fate.STOP:
            self._stop(raw, verdict)
        elif verdict.fate is Fate.IGNORE or letter is None or said is None:
            log.info("letter_of_a_stopped_stream", origin=verdict.origin)
        elif verdict.fate is Fate.FORWARD:
            self.office.dispatch(self.uow, said.audience, letter)
        else:
            self._knowledge.hear(said.origin)
            return self._take_believed(raw, verdict, letter, said)
        return None

    def _take_believed(self, raw: bytes, verdict: Verdict, letter: Letter, said: Statement) -> bytes | None:
        """Do what is decided about a letter that is by whom it says, and for us."""
        if verdict.fate in (Fate.APPLY, Fate.REPEAT, Fate.REFUSE):
            self._advance(raw, verdict, letter, said)
            return self._what_waited(said.origin)
        if verdict.fate is Fate.KNOWN:
            self._heard.add(said.origin)
        elif verdict.fate is Fate.PARK:
            self._park(letter, said)
        else:
            self._handle(raw, verdict, said)
        return None

    def conclude(self) -> None:
        """Write down what has changed, and send each sender its receipt."""
        self._knowledge.write()
        self.office.hand_over(self.uow, self._effects)
        for origin in sorted(self._heard):
            self._send_receipt(origin)
        for origin in sorted(self._missing):
            self._ask_again(origin)
        self._controls.conclude(self._knowledge.state)

    def _advance(self, raw: bytes, verdict: Verdict, letter: Letter, said: Statement) -> None:
        self._heard.add(said.origin)
        if verdict.fate is Fate.APPLY:
            told = claims(said.name, said.data, directory=self._knowledge)
            self._knowledge.learn(told)
            self._effects.append(self._effect(letter, said))
        elif verdict.fate is Fate.REFUSE:
            refused = {"epoch": said.epoch, "seq": said.seq, "event_id": said.event_id, "code": verdict.code}
            self._refused.setdefault(said.origin, []).append(refused)
            put_away(self.uow, raw, verdict, transport=self.transport)
        self._knowledge.advance(said, letter, fate=verdict.fate.value, code=verdict.code)
        if verdict.fate is Fate.APPLY and (moved := who_moved(said.name, told)):
            late = believed_after_all(self.uow, self._knowledge, self._world.charter.map, moved)
            self._effects += [self._effect(*one) for one in late]

    def _effect(self, letter: Letter, said: Statement) -> dict[str, object]:
        address: Address = decode(letter.body)
        return {
            "event_id": said.event_id,
            "aggregate_type": address.aggregate_type,
            "aggregate_id": address.aggregate_id,
            "aggregate_version": address.version,
            "type": said.type,
            "payload": letter.body,
            "created_at": self.uow.now,
        }

    def _what_waited(self, origin: str) -> bytes | None:
        """Take the letter out that waited for the one just taken in: the next of its epoch, or the first of a later."""
        if not self._has_parked(origin):
            return None
        state = self._knowledge.state(origin)
        waiting = parked_letter.c
        follows = or_(
            and_(waiting.epoch == state.epoch, waiting.seq == state.seq + 1),
            and_(waiting.epoch > state.epoch, waiting.seq == 1, waiting.prev_hash == state.hash),
        )
        found = delete(parked_letter).where(waiting.origin == origin, follows).returning(waiting.letter)
        letters = self.uow.session.execute(found).scalars().all()
        return bytes(letters[0]) if letters else None

    def _has_parked(self, origin: str) -> bool:
        """Tell whether any letter of a stream waits; asked once, for mostly none does."""
        if origin not in self._parked:
            found = select(parked_letter.c.seq).where(parked_letter.c.origin == origin).limit(1)
            self._parked[origin] = self.uow.session.execute(found).first() is not None
        return self._parked[origin]

    def _park(self, letter: Letter, said: Statement) -> None:
        self._missing.add(said.origin)
        state = self._knowledge.state(said.origin)
        if said.epoch == state.epoch and said.seq > state.seq + WINDOW:
            return
        parked = upsert(self.uow.session, parked_letter).values(
            origin=said.origin,
            epoch=said.epoch,
            seq=said.seq,
            prev_hash=said.prev_hash,
            letter=bytes(letter),
            parked_at=self.uow.now,
        )
        self.uow.session.execute(parked.on_conflict_do_nothing())
        self._parked[said.origin] = True

    def _handle(self, raw: bytes, verdict: Verdict, said: Statement) -> None:
        try:
            self._controls.handle(said, state=self._knowledge.state(said.origin))
        except ValueError as error:
            odd = Verdict(fate=Fate.REFUSE, origin=verdict.origin, check=10, code="odd_control", detail=str(error))
            put_away(self.uow, raw, odd, transport=self.transport)

    def _stop(self, raw: bytes, verdict: Verdict) -> None:
        if self._knowledge.state(verdict.origin).stopped is not None:
            # One proof is enough; who goes on sending must not fill the disk.
            log.warning("letter_of_a_stopped_stream", origin=verdict.origin, code=verdict.code, why=verdict.detail)
            return
        log.error("stream_stopped", origin=verdict.origin, check=verdict.check, code=verdict.code, why=verdict.detail)
        put_away(self.uow, raw, verdict, transport=self.transport)
        note(
            self.uow.session,
            self.uow.now,
            node=verdict.origin,
            what="stopped",
            code=verdict.code,
            detail=f"check {verdict.check}: {verdict.detail}",
        )
        self._knowledge.stop(verdict.origin, verdict.code)
        if verdict.origin in self._world.charter.map:
            self._heard.add(verdict.origin)

    def _send_receipt(self, origin: str) -> None:
        state = self._knowledge.state(origin)
        self.office.post(
            self.uow,
            origin,
            "receipt",
            {
                "epoch": state.epoch,
                "seq": state.seq,
                "hash": state.hash,
                "stopped": state.stopped,
                "refused": self._refused.get(origin, []),
            },
        )

    def _ask_again(self, origin: str) -> None:
        """Ask for what is missing, not more often than it may take to come."""
        state = self._knowledge.state(origin)
        if state.stopped is not None:
            return
        row = self.uow.session.execute(select(stream_in.c.asked_at).where(stream_in.c.origin == origin)).one()
        if row.asked_at is not None and self.uow.now < row.asked_at + ASK_AGAIN_AFTER:
            return
        asked = update(stream_in).where(stream_in.c.origin == origin)
        self.uow.session.execute(asked.values(asked_at=self.uow.now))
        self.office.post(self.uow, origin, "resend", {"epoch": state.epoch, "seq": state.seq})


def _statement_of(raw: bytes) -> Statement | None:
    try:
        return Statement.read(Letter.parse(raw).body)
    except NotALetter:
        return None


def put_away(uow: UnitOfWork, raw: bytes, verdict: Verdict, *, transport: str) -> None:
    """Keep a letter that was not believed, once however often it comes; of an oversized one the beginning."""
    kept = upsert(uow.session, quarantine).values(
        transport=transport,
        origin=verdict.origin,
        check_no=verdict.check,
        code=verdict.code,
        detail=verdict.detail.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:2000],
        sha256=hashlib.sha256(raw).hexdigest(),
        letter=raw[: MOST_BYTES + 4096],
        put_at=uow.now,
    )
    uow.session.execute(kept.on_conflict_do_update(index_elements=["sha256"], set_={"times": quarantine.c.times + 1}))
