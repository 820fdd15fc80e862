"""What becomes of one letter that arrives: the checks in their order, and the first that fails decides.

1 size · 2 the queue it came by · 3 the key · 4 the signature · 5 audience, form and schema · 6 the event's id · 7 its
place in the stream · 8 its time · 9 authority · 10 sense. A failure of 1 to 5 or of 7 stops the stream until somebody
has looked; a failure of 8 to 10 refuses the one event, and the stream goes on. 11 (inbox, effect and trail in one
transaction) and 12 (the receipt) are the shell's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from shared.clock import business_date
from shared.errors import Invalid
from shared.nodes.core.authority import Directory, refusal
from shared.nodes.core.keys import Charter
from shared.nodes.core.letters import ALGORITHM, BEGINNING, BadSignature, Letter, NotALetter, SignedBy, Statement
from shared.nodes.core.sense import nonsense

AHEAD = timedelta(minutes=5)
"""How far the clock of another node may run ahead of ours."""

WINDOW = 1000
"""How many letters beyond a gap are kept for later; those behind them are asked for again."""


class Fate(StrEnum):
    """What becomes of a letter."""

    APPLY = "apply"
    """It is next in its stream and believed: its effect is carried out."""
    REPEAT = "repeat"
    """It is next in its stream, and its event was carried out before (a node that began anew says it again)."""
    REFUSE = "refuse"
    """It is next in its stream, and its event is not believed: the stream goes on without it."""
    KNOWN = "known"
    """It was taken in before: nothing to do but to say so again."""
    PARK = "park"
    """Earlier ones are missing: it waits for them, and they are asked for."""
    HANDLE = "handle"
    """It is about the links themselves, from whom it says."""
    FORWARD = "forward"
    """It is for another node, and its way leads by here."""
    STOP = "stop"
    """Something is wrong with its stream, which stands still until somebody has looked."""
    IGNORE = "ignore"
    """Its stream stands still. Its sender keeps it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a letter, by which check, and why. `origin` names the stream that is meant."""

    fate: Fate
    origin: str
    check: int = 0
    code: str = ""
    detail: str = ""
    letter: Letter | None = None
    statement: Statement | None = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far the stream of one node to this one was taken in; `stopped` says why it stands still."""

    epoch: int = 1
    seq: int = 0
    hash: str = BEGINNING
    stopped: str | None = None
    released_to: int = 0
    """Up to this place somebody released what a stolen key signed, in the epoch of the stream."""


class View(Directory, Protocol):
    """What the receiver knows at this moment."""

    def state(self, origin: str) -> StreamState:
        """Answer how far a stream was taken in."""

    def hash_at(self, origin: str, epoch: int, seq: int) -> str | None:
        """Answer the hash of a letter taken in before, or None where it is kept no longer."""

    def has_hash(self, origin: str, hash_: str) -> bool:
        """Tell whether a letter of this hash was taken in from a node, as far back as they are kept."""

    def content_of(self, event_id: str) -> str | None:
        """Answer the content hash of an event that was taken in, or None."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What the receiver goes by: who it is, what the root published, and the strict schema of events."""

    me: str
    charter: Charter
    misfit: Callable[[bytes], str | None]
    """Answers what is wrong with an event's form, or None."""


class _Stopped(Exception):
    def __init__(self, check: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.check, self.code, self.detail = check, code, detail


def judge(raw: bytes, *, transport: str, view: View, world: World, now: datetime) -> Verdict:
    """Answer what becomes of a letter that came by the queue of `transport`."""
    origin, letter, statement = transport, None, None
    try:
        letter = _readable(raw)
        statement = _statement(letter)
        if world.charter.map.comes_through(statement.origin, world.me, statement.audience) == transport:
            # Only now is it the stream that it names; until then whoever brought it answers for it.
            origin = statement.origin
        signed = letter.signed_by()
        if _stands_still(statement, origin, view=view, world=world):
            return Verdict(fate=Fate.IGNORE, origin=origin, letter=letter, statement=statement)
        _check_origin(statement, signed, transport=transport, view=view, world=world)
        _check_signature(letter, signed, world=world)
        made = _placed(letter, statement, view=view, world=world, now=now)
    except _Stopped as stop:
        made = Verdict(fate=Fate.STOP, origin=origin, check=stop.check, code=stop.code, detail=stop.detail)
    return Verdict(
        fate=made.fate,
        origin=origin,
        check=made.check,
        code=made.code,
        detail=made.detail,
        letter=letter,
        statement=statement,
    )


def _stands_still(statement: Statement, origin: str, *, view: View, world: World) -> bool:
    is_of_the_stream = statement.audience == world.me and not statement.is_about_links
    return is_of_the_stream and view.state(origin).stopped is not None


def _readable(raw: bytes) -> Letter:
    try:
        return Letter.parse(raw)
    except NotALetter as error:
        raise _Stopped(1, "not_a_letter", str(error)) from error


def _statement(letter: Letter) -> Statement:
    try:
        letter.signed_by()
        return Statement.read(letter.body)
    except NotALetter as error:
        raise _Stopped(5, "not_a_statement", str(error)) from error


def _check_origin(statement: Statement, signed: SignedBy, *, transport: str, view: View, world: World) -> None:
    """Checks 2 and 3: the queue, the key's node and the issuer are one, and the key was good when it signed."""
    through = world.charter.map.comes_through(statement.origin, world.me, statement.audience)
    if through != transport:
        raise _Stopped(2, "wrong_way", f"letters of {statement.origin} do not come by {transport}")
    key = world.charter.keys.get(signed.kid)
    if key is None:
        raise _Stopped(3, "unknown_key", f"no key is called {signed.kid}")
    if key.node_id != statement.origin:
        raise _Stopped(3, "key_of_another", f"{signed.kid} is a key of {key.node_id}, not of {statement.origin}")
    if signed.alg != ALGORITHM or key.alg != ALGORITHM:
        raise _Stopped(3, "wrong_algorithm", f"{signed.alg} is not the algorithm of {signed.kid}")
    if not key.was_good_at(signed.at):
        raise _Stopped(3, "key_not_valid", f"{signed.kid} was not valid at {signed.at}")
    if key.status == "revoked" and not _is_released(statement, view.state(statement.origin)):
        # Who stole it can write any time into a letter: what was not receipted before needs a person's eyes.
        raise _Stopped(3, "key_revoked", f"{signed.kid} was revoked; this letter needs to be released")


def _is_released(statement: Statement, state: StreamState) -> bool:
    """Tell whether a letter by a revoked key was taken in before, or somebody released it."""
    is_of_the_stream = statement.epoch == state.epoch and not statement.is_about_links
    return is_of_the_stream and statement.seq <= max(state.released_to, state.seq)


def _check_signature(letter: Letter, signed: SignedBy, *, world: World) -> None:
    try:
        letter.verify(world.charter.keys[signed.kid].public_key)
    except BadSignature as error:
        raise _Stopped(4, "bad_signature", f"not signed by {signed.kid}: {error}") from error


def _placed(letter: Letter, statement: Statement, *, view: View, world: World, now: datetime) -> Verdict:
    """Checks 5 to 10, of a letter that is by whom it says."""
    origin = statement.origin
    if statement.audience != world.me:
        return Verdict(fate=Fate.FORWARD, origin=origin)
    if statement.is_about_links:
        return Verdict(fate=Fate.HANDLE, origin=origin)
    misfit = world.misfit(letter.body)
    if misfit is not None:
        raise _Stopped(5, "does_not_fit", misfit)
    known = view.content_of(statement.event_id)
    if known is not None and known != statement.content_sha256:
        raise _Stopped(6, "equivocation", f"event {statement.event_id} was said before with another content")
    place = _place(letter, statement, view=view, world=world)
    if place is not None:
        return Verdict(fate=place, origin=origin)
    if known is not None:
        return Verdict(fate=Fate.REPEAT, origin=origin)
    return _believed(statement, view=view, world=world, now=now)


def _place(letter: Letter, statement: Statement, *, view: View, world: World) -> Fate | None:
    """Check 7: answer None for the next letter of its stream, else what becomes of it."""
    origin, state = statement.origin, view.state(statement.origin)
    if statement.epoch > world.charter.epoch_of(origin):
        raise _Stopped(7, "unknown_epoch", f"{origin} has no epoch {statement.epoch} in the charter")
    if (statement.epoch, statement.seq) <= (state.epoch, state.seq):
        taken = view.hash_at(origin, statement.epoch, statement.seq)
        if taken is not None and taken != letter.sha256:
            raise _Stopped(7, "fork", f"another letter stands at {statement.epoch}/{statement.seq}")
        return Fate.KNOWN
    expected = state.seq + 1 if statement.epoch == state.epoch else 1
    if statement.seq != expected:
        return Fate.PARK
    if statement.prev_hash != state.hash:
        if statement.epoch > state.epoch and not _knows(view, origin, statement.prev_hash):
            # What it follows is of the epoch before and has not come yet.
            return Fate.PARK
        raise _Stopped(7, "fork", f"the letter at {statement.epoch}/{statement.seq} does not follow the one before it")
    return None


def _knows(view: View, origin: str, hash_: str) -> bool:
    return hash_ == BEGINNING or view.has_hash(origin, hash_)


def _believed(statement: Statement, *, view: View, world: World, now: datetime) -> Verdict:
    """Checks 8 to 10, of the next letter in its stream."""
    today = business_date(now)
    map_ = world.charter.map

    def refuse(check: int, code: str, detail: str) -> Verdict:
        return Verdict(fate=Fate.REFUSE, origin=statement.origin, check=check, code=code, detail=detail)

    if statement.time > now + AHEAD:
        return refuse(8, "from_the_future", f"it says that it happened at {statement.time}")
    why = refusal(statement.name, statement.data, issuer=statement.origin, map_=map_, directory=view, on=today)
    if why is not None:
        return refuse(9, why.code, why.detail)
    try:
        odd = nonsense(statement.name, statement.data, regions=map_.regions, today=today)
    except Invalid as error:
        return refuse(10, error.code, error.en)
    if odd is not None:
        return refuse(10, odd.code, odd.detail)
    return Verdict(fate=Fate.APPLY, origin=statement.origin)
