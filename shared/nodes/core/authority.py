"""Which node may say what about which region, and who is told: one table, and what is not in it is refused.

A rule finds the region that an event is about in a field of the event, or where the subject that a field names lives.
Where subjects live is learnt from earlier events: `claims` says which of them an event makes known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from shared.errors import Invalid
from shared.nodes.core.nodemap import NodeMap


class Directory(Protocol):
    """Where subjects live, as events have told."""

    def region_of(self, kind: str, key: str) -> str | None:
        """Answer the region of a subject, or None where nobody told of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event tells its region: a field that holds one, or the subject that a field names."""

    field: str
    kind: str | None = None

    def region(self, data: Mapping[str, Any], directory: Directory) -> str | None:
        """Answer the region, or None where the subject is unknown."""
        value = data.get(self.field)
        if not isinstance(value, str):
            return None
        return value if self.kind is None else directory.region_of(self.kind, value)


class Told(StrEnum):
    """To whom an event goes, besides the services of its own node."""

    NOBODY = "nobody"
    ABOVE = "above"
    """Every node above the issuer's."""
    HOST = "host"
    """The node that hosts the region named by `to`, where that is another."""
    EVERYONE = "everyone"
    """Every other node, where a subject goes from one node to another; where it stays, nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one kind of event needs to be believed, and where it goes.

    The issuer must host the region `said_for`. `decided_in` names a region that must be that one or stand above it, and
    `own` a subject that, where it is known here, must be the issuer's.
    `claims` are the subjects (kind, field) that the event places into `said_for`; none is taken from another node, but
    for a volunteer whom that node gave away: `gives` names the region that may take them.
    """

    said_for: Place
    decided_in: Place | None = None
    own: Place | None = None
    claims: tuple[tuple[str, str], ...] = ()
    gives: Place | None = None
    told: Told = Told.NOBODY
    to: Place | None = None


GIVEN = "given"
"""The kind of subject that says to which region a volunteer was given, whom that may take."""

_REGION = Place("region")
_VOLUNTEERS = (("volunteer", "volunteer_number"),)
_VOLUNTEER = Place("volunteer_number", "volunteer")
_CASE_HOME = Place("case_id", "case")
#: Who gave a volunteer away speaks of that transfer, to who may receive them.
_HANDED_OVER = Rule(said_for=Place("transfer_id", "transfer"), told=Told.HOST, to=Place("to_region"))

RULES: Mapping[str, Rule] = {
    "volunteer.registered": Rule(said_for=_REGION, claims=_VOLUNTEERS, told=Told.ABOVE),
    "volunteer.updated": Rule(said_for=_REGION, claims=_VOLUNTEERS, told=Told.ABOVE),
    # The old home gives a volunteer away and the new one receives them: two halves, and every node hears both. With
    # both, in either order of what follows, records of them go to the new home.
    "volunteer.transferred": Rule(
        said_for=Place("from_region"),
        claims=(*_VOLUNTEERS, ("transfer", "transfer_id")),
        gives=Place("to_region"),
        told=Told.EVERYONE,
    ),
    "volunteer.received": Rule(said_for=Place("to_region"), claims=_VOLUNTEERS, told=Told.EVERYONE),
    # What the services of the old home hand to their counterparts, and pass on when it comes later.
    "ledger.handed_over": _HANDED_OVER,
    "record.passed_on": _HANDED_OVER,
    "file.handed_over": _HANDED_OVER,
    "standing.handed_over": _HANDED_OVER,
    # An organisation has a guest to record: their home introduces whom it knows by number and name.
    "volunteer.sought": Rule(said_for=_REGION, told=Told.HOST, to=_VOLUNTEER),
    "volunteer.introduced": Rule(said_for=_REGION, claims=_VOLUNTEERS, told=Told.HOST, to=Place("to_region")),
    "organisation.approved": Rule(said_for=_REGION, claims=(("organisation", "organisation_id"),), told=Told.ABOVE),
    "post.changed": Rule(said_for=_REGION),
    "activity.held": Rule(said_for=_REGION, claims=(("activity", "activity_id"),)),
    # The recording organisation is of the issuer's node; whose hours they are may be of any.
    "record.confirmed": Rule(
        said_for=_REGION,
        own=Place("organisation_id", "organisation"),
        claims=(("record", "record_id"),),
        told=Told.HOST,
        to=_VOLUNTEER,
    ),
    # Only who confirmed a record voids it.
    "record.voided": Rule(said_for=_REGION, own=Place("record_id", "record"), told=Told.HOST, to=_VOLUNTEER),
    # The ledger of the volunteer's home: nodes above have a copy, and who recorded a guest hears that it is done.
    "hours.credited": Rule(said_for=_VOLUNTEER, told=Told.ABOVE),
    "hours.voided": Rule(said_for=_VOLUNTEER, told=Told.ABOVE),
    "ledger.taken_over": Rule(said_for=_VOLUNTEER, told=Told.ABOVE),
    "standing.taken_over": Rule(said_for=_VOLUNTEER, told=Told.ABOVE),
    "record.credited": Rule(said_for=_VOLUNTEER, told=Told.HOST, to=_REGION),
    # What came of a case is said by its home, whoever decided it; the node that decided holds it against what it knows.
    "star.granted": Rule(said_for=_VOLUNTEER, decided_in=Place("decided_by_region"), told=Told.ABOVE),
    "star.withdrawn": Rule(said_for=_VOLUNTEER, decided_in=Place("decided_by_region"), told=Told.ABOVE),
    # A case is its home node's, which hands each stage over; the first hand-over makes that known to who gets it.
    "case.handed_over": Rule(
        said_for=Place("home_region"), claims=(("case", "case_id"),), told=Told.HOST, to=Place("region")
    ),
    # The answers of a stage: said by the host of its region, told to the case's home.
    "case.answered": Rule(said_for=_REGION, told=Told.HOST, to=_CASE_HOME),
    "case.answer_refused": Rule(said_for=Place("home_region"), told=Told.HOST, to=_REGION),
    "case.handover_refused": Rule(said_for=_REGION, told=Told.HOST, to=_CASE_HOME),
    # How it goes on: from its home to the nodes that have had a part in it.
    "case.followed": Rule(
        said_for=Place("home_region"), claims=(("case", "case_id"),), told=Told.HOST, to=Place("region")
    ),
    "case.withdraw_requested": Rule(said_for=_CASE_HOME, told=Told.HOST, to=Place("region")),
    "case.withdrawn": Rule(said_for=_REGION, told=Told.HOST, to=_CASE_HOME),
    "case.withdraw_refused": Rule(said_for=_REGION, told=Told.HOST, to=_CASE_HOME),
}
"""By the event's name. An event without a rule stays on its node and is believed from no other."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is not believed: a stable code and a sentence."""

    code: str
    detail: str


def refusal(
    name: str, data: Mapping[str, Any], *, issuer: str, map_: NodeMap, directory: Directory, on: date
) -> Refusal | None:
    """Answer why this node may not say this, or None where it may."""
    rule = RULES.get(name)
    if rule is None:
        return Refusal("no_rule", f"no node may say {name} to another")
    region = rule.said_for.region(data, directory)
    if region is None:
        return Refusal("unknown_subject", f"{rule.said_for.field} of {name} names nothing known here")
    if not map_.hosts(issuer, region, on=on):
        return Refusal("not_your_region", f"{issuer} does not host {region}")
    if rule.decided_in is not None:
        decided = rule.decided_in.region(data, directory)
        if decided is None or not _is_within(region, decided, map_, on):
            return Refusal("not_above_it", f"{region} is not below {decided}")
    if rule.own is not None:
        owned = rule.own.region(data, directory)
        if owned is not None and not map_.hosts(issuer, owned, on=on):
            return Refusal("belongs_to_another", f"{rule.own.field} of {name} is of {owned}")
    return _moved_subject(rule, data, directory=directory, region=region, map_=map_, issuer=issuer, on=on)


def _moved_subject(
    rule: Rule, data: Mapping[str, Any], *, directory: Directory, region: str, map_: NodeMap, issuer: str, on: date
) -> Refusal | None:
    """Answer a refusal where the event claims what belongs to another node already."""
    for kind, field in rule.claims:
        known = directory.region_of(kind, str(data.get(field)))
        is_of_another = known is not None and known != region and not map_.hosts(issuer, known, on=on)
        if is_of_another and not _is_given(kind, str(data.get(field)), issuer, map_=map_, directory=directory, on=on):
            return Refusal("belongs_to_another", f"{kind} {data.get(field)} is of {known}")
        if known is None and kind == "volunteer":
            # Whoever moved keeps their number; of whom nobody told here, the node that gave it has the first word.
            of_block = map_.node_of_number(str(data.get(field)))
            if of_block is not None and of_block != issuer:
                return Refusal("number_of_another", f"the number is from the block of {of_block}")
    return None


def _is_given(kind: str, key: str, issuer: str, *, map_: NodeMap, directory: Directory, on: date) -> bool:
    """Tell whether who had a volunteer gave them to a region of this node, last of all."""
    given = directory.region_of(GIVEN, key) if kind == "volunteer" else None
    return given is not None and map_.hosts(issuer, given, on=on)


def claims(name: str, data: Mapping[str, Any], *, directory: Directory) -> dict[tuple[str, str], str]:
    """Answer which subjects an event makes known, each with its region."""
    rule = RULES.get(name)
    region = rule.said_for.region(data, directory) if rule else None
    if rule is None or region is None:
        return {}
    found = {(kind, data[field]): region for kind, field in rule.claims if isinstance(data.get(field), str)}
    taker = rule.gives.region(data, directory) if rule.gives else None
    if taker is not None:
        found |= {(GIVEN, key): taker for kind, key in found if kind == "volunteer"}
    return found


def subjects(name: str, data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Answer the subjects whose region the rule of an event asks for."""
    rule = RULES.get(name)
    if rule is None:
        return set()
    places = [place for place in (rule.said_for, rule.decided_in, rule.own, rule.to) if place is not None]
    named = [*rule.claims, *((place.kind, place.field) for place in places if place.kind is not None)]
    found = {(kind, data[field]) for kind, field in named if isinstance(data.get(field), str)}
    return found | {(GIVEN, key) for kind, key in found if kind == "volunteer" and rule.claims}


def audiences(
    name: str, data: Mapping[str, Any], *, issuer: str, map_: NodeMap, directory: Directory, on: date
) -> tuple[str, ...]:
    """Answer the nodes that an event of this node is told to; none where it concerns nobody else."""
    rule = RULES.get(name)
    if rule is None or refusal(name, data, issuer=issuer, map_=map_, directory=directory, on=on) is not None:
        return ()
    if rule.told is Told.EVERYONE:
        stays = rule.gives is not None and map_.hosts(issuer, rule.gives.region(data, directory) or "", on=on)
        return () if stays else tuple(node.id for node in map_ if node.id != issuer)
    if rule.told is Told.ABOVE:
        return map_.above(issuer)
    if rule.told is Told.HOST and rule.to is not None:
        host = _host(rule.to.region(data, directory), rule.to, data, map_, on)
        return (host,) if host is not None and host != issuer else ()
    return ()


def _host(region: str | None, to: Place, data: Mapping[str, Any], map_: NodeMap, on: date) -> str | None:
    if region is not None:
        try:
            return map_.host_of(region, on=on)
        except Invalid:
            return None
    # A volunteer whose registration was never told here is of the node whose block the number is from.
    return map_.node_of_number(str(data.get(to.field))) if to.kind == "volunteer" else None


def _is_within(inner: str, outer: str, map_: NodeMap, on: date) -> bool:
    try:
        return any(step.code == outer for step in map_.regions.chain(inner, on=on))
    except Invalid:
        return False
