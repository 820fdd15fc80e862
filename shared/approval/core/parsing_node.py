"""Reading one node of a route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.approval.core.definition import (
    DECIDING_VERBS,
    JOINT,
    Approver,
    Fields,
    Node,
    Reminders,
    Returns,
    Span,
    Substitute,
    Title,
    Unit,
)
from shared.approval.core.mistakes import Mistake
from shared.approval.core.reader import Reader, at, listed, shown
from shared.approval.core.voting import Denominator, Operator, Threshold
from shared.approval.core.ways_back import ANYWHERE
from shared.approval.core.words import After, Mode, Tier, Verb

_ALWAYS = {"node", "title", "tier"}
_DECIDED = _ALWAYS | {
    "mode",
    "approvers",
    "opinion",
    "signature",
    "due",
    "remind",
    "escalate",
    "if_initiator",
    "if_nobody",
    "returns",
    "fields",
    "region",
}
#: The words that may stand among node keys in `returns.to`.
_INITIATOR, _EARLIER = "initiator", "earlier"
_MOST_REMINDERS = 20
_LONGEST_SPAN = 9_999
#: What no node can be called.
RESERVED = frozenset({_INITIATOR, _EARLIER, ANYWHERE})


def node_of(reader: Reader, item: Mapping[str, Any], place: str, *, earlier: Mapping[str, Mistake | None]) -> Node:
    """Answer a node; `earlier` are the nodes before it, each with the reason why none is returned to it, if any."""
    if "subcase" in item:
        return _waiting_node(reader, item, place)
    mode = reader.one_of(item, "mode", place, Mode)
    names = _DECIDED | ({"veto"} if mode in JOINT else set()) | ({"vote"} if mode is Mode.VOTE else set())
    reader.known(item, place, names)
    threshold = _threshold(reader, item, place) if mode is Mode.VOTE else None
    approvers = _approvers(reader, item, place, threshold)
    node = Node(
        key=reader.key(item, "node", place),
        title=title_of(reader, item, place),
        tier=reader.one_of(item, "tier", place, Tier),
        mode=mode,
        approvers=approvers,
        opinion=_verbs(reader, item, "opinion", place),
        signature=_verbs(reader, item, "signature", place),
        veto=reader.flag(item, "veto", place) if mode in JOINT else None,
        threshold=threshold,
        due=_span(reader, item, "due", place) if "due" in item else None,
        reminders=_reminders(reader, item, place) if "remind" in item else None,
        escalate=_substitute(reader, item, "escalate", place),
        if_initiator=_substitute(reader, item, "if_initiator", place),
        if_nobody=_substitute(reader, item, "if_nobody", place),
        returns=_returns(reader, item, place, earlier) if "returns" in item else Returns(),
        fields=_fields(reader, item, place) if "fields" in item else Fields(),
        region=_region(reader, item, place) if "region" in item else None,
    )
    if node.escalate is not None and node.due is None:
        reader.problem(at(place, "escalate"), Mistake.NO_DEADLINE)
    return node


def _region(reader: Reader, item: Mapping[str, Any], place: str) -> str:
    """Answer the pointer to the field that names who decides, in the place of the tier."""
    pointer = reader.text(item, "region", place)
    if pointer and not pointer.startswith("/"):
        reader.problem(at(place, "region"), Mistake.NOT_A_POINTER, value=shown(pointer))
    if item.get("tier") != Tier.HOME.value:
        reader.problem(at(place, "region"), Mistake.NAMED_TIER)
    return pointer


def title_of(reader: Reader, item: Mapping[str, Any], place: str) -> Title:
    """Answer a name in both languages."""
    value = item.get("title")
    if not isinstance(value, Mapping):
        reader.problem(at(place, "title"), Mistake.NOT_A_TITLE)
        return Title("", "")
    reader.known(value, at(place, "title"), {"zh", "en"})
    return Title(reader.text(value, "zh", at(place, "title")), reader.text(value, "en", at(place, "title")))


def _waiting_node(reader: Reader, item: Mapping[str, Any], place: str) -> Node:
    reader.known(item, place, _ALWAYS | {"subcase"})
    return Node(
        key=reader.key(item, "node", place),
        title=title_of(reader, item, place),
        tier=reader.one_of(item, "tier", place, Tier),
        mode=Mode.ANY,
        approvers=(),
        opinion=frozenset(),
        subcase=reader.key(item, "subcase", place),
    )


def _threshold(reader: Reader, item: Mapping[str, Any], place: str) -> Threshold:
    vote = reader.mapping(item, "vote", place, ("denominator", "operator", "value"))
    if vote is None:
        return Threshold(Denominator.COUNT, Operator.AT_LEAST, 1)
    place = at(place, "vote")
    reader.known(vote, place, {"denominator", "operator", "value"})
    return Threshold(
        denominator=reader.one_of(vote, "denominator", place, Denominator),
        operator=reader.one_of(vote, "operator", place, Operator),
        value=reader.count(vote, "value", place),
    )


def _approvers(
    reader: Reader, item: Mapping[str, Any], place: str, threshold: Threshold | None
) -> tuple[Approver, ...]:
    by_weight = threshold is not None and threshold.denominator is Denominator.WEIGHT
    approvers = tuple(
        _approver(reader, approver, f"{place}.approvers[{index}]", by_weight=by_weight)
        for index, approver in enumerate(reader.items(item, "approvers", place))
    )
    voices = sum(approver.weight for approver in approvers)
    if threshold is not None and not threshold.is_reached(voices, of=voices):
        reader.problem(f"{place}.vote.value", Mistake.OUT_OF_REACH)
    return approvers


def _approver(reader: Reader, item: Mapping[str, Any], place: str, *, by_weight: bool) -> Approver:
    kinds = {"role", "account"}
    reader.known(item, place, kinds | ({"weight"} if by_weight else set()))
    named = [str(name) for name in item if name != "weight"]
    if len(named) != 1:
        reader.problem(place, Mistake.NOT_AN_APPROVER)
        return Approver()
    name = reader.text(item, named[0], place)
    weight = reader.count(item, "weight", place) if by_weight else 1
    return Approver(role=name, weight=weight) if named[0] == "role" else Approver(account=name, weight=weight)


def _verbs(reader: Reader, item: Mapping[str, Any], name: str, place: str) -> frozenset[Verb]:
    value = item.get(name, [])
    words = [verb.value for verb in DECIDING_VERBS]
    if not isinstance(value, list) or any(word not in words for word in value):
        reader.problem(at(place, name), Mistake.NOT_VERBS, known=listed(words))
        return frozenset()
    return frozenset(Verb(word) for word in value)


def _span(reader: Reader, item: Mapping[str, Any], name: str, place: str) -> Span:
    value = item.get(name)
    units = [unit.value for unit in Unit]
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in units:
        reader.problem(at(place, name), Mistake.NOT_A_SPAN, known=listed(units))
        return Span(1, Unit.WORKDAYS)
    unit = Unit(next(iter(value)))
    return Span(reader.count(value, unit.value, at(place, name), most=_LONGEST_SPAN), unit)


def _reminders(reader: Reader, item: Mapping[str, Any], place: str) -> Reminders | None:
    found = reader.mapping(item, "remind", place, ("every", "most"))
    if found is None:
        return None
    place = at(place, "remind")
    reader.known(found, place, {"every", "most"})
    return Reminders(_span(reader, found, "every", place), reader.count(found, "most", place, most=_MOST_REMINDERS))


def _substitute(reader: Reader, item: Mapping[str, Any], name: str, place: str) -> Substitute | None:
    if name not in item:
        return None
    found = reader.mapping(item, name, place, ("role", "tier"))
    if found is None:
        return None
    place = at(place, name)
    reader.known(found, place, {"role", "tier"})
    return Substitute(reader.text(found, "role", place), reader.one_of(found, "tier", place, Tier))


def _returns(reader: Reader, item: Mapping[str, Any], place: str, earlier: Mapping[str, Mistake | None]) -> Returns:
    found = reader.mapping(item, "returns", place, ("to", "then"))
    if found is None:
        return Returns()
    place = at(place, "returns")
    reader.known(found, place, {"to", "then"})
    to = reader.texts(found, "to", place) or (_INITIATOR, _EARLIER)
    named = frozenset(to) - {_INITIATOR, _EARLIER}
    for key in sorted(named):
        mistake = earlier.get(key, Mistake.NOT_EARLIER)
        if mistake is not None:
            reader.problem(at(place, "to"), mistake, key=shown(key))
    return Returns(
        initiator=_INITIATOR in to,
        nodes=None if _EARLIER in to else named,
        then=reader.one_of(found, "then", place, After, default=After.RESTART),
    )


def _fields(reader: Reader, item: Mapping[str, Any], place: str) -> Fields:
    found = reader.mapping(item, "fields", place, ("write", "hidden"))
    if found is None:
        return Fields()
    place = at(place, "fields")
    reader.known(found, place, {"write", "hidden"})
    write, hidden = reader.texts(found, "write", place), reader.texts(found, "hidden", place)
    for name, pointers in (("write", write), ("hidden", hidden)):
        for pointer in pointers:
            if not pointer.startswith("/"):
                reader.problem(at(place, name), Mistake.NOT_A_POINTER, value=shown(pointer))
    return Fields(write=write, hidden=hidden)
