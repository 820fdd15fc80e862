"""Letters lost, doubled, shuffled and forged at random: what is applied is the stream's beginning, in order, once."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.nodes.core.letters import Letter, Signer
from shared.nodes.core.receiving import Fate, StreamState, judge
from tests.unit.nodes.making import NOW, SIGNERS, Memory, Sender, event, registered, world

LENGTH = 12
STRANGER = Signer(Signer.new_key("hebei-1"))
WORLD = world("hebei")


@dataclass
class Receiver:
    """The province, as the shell drives the core: parked letters are tried again when a gap closes."""

    memory: Memory = field(default_factory=Memory)
    parked: dict[tuple[str, int], Letter] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)

    def take(self, letter: Letter, *, by: str) -> None:
        verdict = judge(bytes(letter), transport=by, view=self.memory, world=WORLD, now=NOW)
        said = verdict.statement
        if verdict.fate is Fate.STOP:
            self.stops.append(verdict.code)
            before = self.memory.state(verdict.origin)
            self.memory.states[verdict.origin] = StreamState(
                epoch=before.epoch, seq=before.seq, hash=before.hash, stopped=verdict.code
            )
        elif verdict.fate is Fate.PARK:
            assert said is not None
            self.parked[(said.origin, said.seq)] = letter
        elif verdict.fate in (Fate.APPLY, Fate.REFUSE, Fate.REPEAT):
            assert said is not None
            if verdict.fate is Fate.APPLY:
                self.applied.append(said.event_id)
            self.memory.states[said.origin] = StreamState(epoch=said.epoch, seq=said.seq, hash=letter.sha256)
            self.memory.hashes[(said.origin, said.epoch, said.seq)] = letter.sha256
            self.memory.contents[said.event_id] = said.content_sha256
            following = self.parked.pop((said.origin, said.seq + 1), None)
            if following is not None:
                self.take(following, by=by)


def stream(node: str, *, dishonest: frozenset[int] = frozenset()) -> list[Letter]:
    """A city's letters; at some places it says what it may not."""
    writing = Sender(node, "hebei")
    region, block = ("130100", "11") if node == "shijiazhuang" else ("130200", "12")
    return [
        writing.letter(
            event("award.granted", {"granting_region": "130000"}, node=node, service="awards", id=f"{node}-{number}")
            if number in dishonest
            else registered(number, node=node, region=region, block=block)
        )
        for number in range(1, LENGTH + 1)
    ]


arrivals = st.lists(st.tuples(st.sampled_from(["shijiazhuang", "tangshan"]), st.integers(0, LENGTH - 1)), max_size=60)
dishonest = st.frozensets(st.integers(1, LENGTH), max_size=4)


@settings(max_examples=150, deadline=None)
@given(arrivals, dishonest)
def test_whatever_is_lost_doubled_or_shuffled_each_stream_is_applied_as_a_prefix(
    order: list[tuple[str, int]], lies: frozenset[int]
) -> None:
    streams = {"shijiazhuang": stream("shijiazhuang", dishonest=lies), "tangshan": stream("tangshan")}
    receiver = Receiver()

    for node, place in order:
        receiver.take(streams[node][place], by=node)

    assert receiver.stops == []
    for node, refused in (("shijiazhuang", lies), ("tangshan", frozenset[int]())):
        reached = receiver.memory.state(node).seq
        expected = [f"{node}-{number}" for number in range(1, reached + 1) if number not in refused]
        assert [one for one in receiver.applied if one.startswith(node)] == expected


@settings(max_examples=100, deadline=None)
@given(arrivals, dishonest)
def test_when_everything_arrives_in_the_end_everything_honest_is_applied_once(
    order: list[tuple[str, int]], lies: frozenset[int]
) -> None:
    letters = stream("shijiazhuang", dishonest=lies)
    receiver = Receiver()

    for place in [place for _, place in order] + list(range(LENGTH)):
        receiver.take(letters[place], by="shijiazhuang")

    assert receiver.applied == [f"shijiazhuang-{number}" for number in range(1, LENGTH + 1) if number not in lies]
    assert receiver.memory.state("shijiazhuang").seq == LENGTH
    assert receiver.parked == {}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(0, 6), st.integers(0, 400)), max_size=20))
def test_nothing_forged_is_ever_applied_and_no_other_stream_is_stopped_by_it(
    acts: list[tuple[int, int, int]],
) -> None:
    honest, forger = stream("shijiazhuang"), stream("tangshan")
    receiver = Receiver()

    for place, how, offset in acts:
        receiver.take(forged(forger[place], honest[place], how, offset), by="tangshan")
    for letter in honest:
        receiver.take(letter, by="shijiazhuang")

    theirs = [one for one in receiver.applied if one.startswith("tangshan")]
    assert theirs == [f"tangshan-{number}" for number in range(1, len(theirs) + 1)], "only what it signed, in order"
    assert [one for one in receiver.applied if one.startswith("shijiazhuang")] == [
        f"shijiazhuang-{number}" for number in range(1, LENGTH + 1)
    ]


def forged(own: Letter, other: Letter, how: int, offset: int) -> Letter:
    """What somebody with the broker user and the key of 唐山 may send."""
    body = bytearray(own.body)
    body[offset % len(body)] ^= 1 << (offset % 7)
    return (
        own,
        Letter(own.signature, bytes(body)),
        other,
        Letter(own.signature, other.body),
        SIGNERS["tangshan"].sign(other.body, now=NOW),
        STRANGER.sign(other.body, now=NOW),
        Letter(own.signature[: offset % len(own.signature)], own.body),
    )[how]
