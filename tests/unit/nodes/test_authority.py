"""Which node may say what about which region: what it may not is refused, and its stream goes on."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest

import shared.contracts.awards
import shared.contracts.cases
import shared.contracts.handovers
import shared.contracts.records
import shared.contracts.registration
import shared.contracts.reporting  # noqa: F401  # all of them define events
from shared.contracts.base import all_events
from shared.nodes.core.authority import RULES, audiences
from shared.nodes.core.receiving import Fate
from tests.unit.nodes.making import MAP, NOW, Memory, event, received, registered, sender

CONFIRMED = {
    "record_id": "r",
    "organisation_id": "org",
    "region": "130100",
    "volunteer_number": "A0100000015",
    "served_on": "2026-06-30",
    "hours_hundredths": 200,
    "quality": 4,
}
STAR = {"volunteer_number": "A1100000017", "nomination_id": "n", "stars": 2, "granted_on": "2026-06-30"}
PLACES = {
    ("organisation", "org"): "130100",
    ("organisation", "theirs"): "130200",
    ("record", "theirs"): "130200",
    ("volunteer", "A1100000017"): "130100",
    ("volunteer", "A1200000017"): "130200",
    ("volunteer", "A0100000015"): "130000",
}
REFUSED = {
    "an event that no node tells another": (event("thing.unheard", {}, node="shijiazhuang"), 9, "no_rule"),
    "a volunteer of another city": (registered(1, region="130200"), 9, "not_your_region"),
    "a volunteer of the province": (registered(1, region="130000"), 9, "not_your_region"),
    # 辛集 has a code of 石家庄 and answers to the province.
    "a region that only looks like its own": (registered(1, region="130181"), 9, "not_your_region"),
    "a region of the node below": (registered(1, region="130123"), 9, "not_your_region"),
    "a number from another's block": (registered(1, block="12"), 9, "number_of_another"),
    "a record of another's organisation": (
        event("record.confirmed", {**CONFIRMED, "organisation_id": "theirs"}, node="shijiazhuang"),
        9,
        "belongs_to_another",
    ),
    "a record of another city's activity": (
        event("record.confirmed", {**CONFIRMED, "region": "130200"}, node="shijiazhuang"),
        9,
        "not_your_region",
    ),
    "the voiding of another's record": (
        event("record.voided", {"region": "130100", "record_id": "theirs"}, node="shijiazhuang"),
        9,
        "belongs_to_another",
    ),
    "a star for a volunteer nobody knows": (
        event("star.granted", {**STAR, "decided_by_region": "130100", "volunteer_number": "?"}, node="shijiazhuang"),
        9,
        "unknown_subject",
    ),
    "hours credited to another's volunteer": (
        event("hours.credited", {"volunteer_number": "A1200000017"}, node="shijiazhuang"),
        9,
        "not_your_region",
    ),
    "hours credited to a volunteer nobody knows": (
        event("hours.credited", {"volunteer_number": "?"}, node="shijiazhuang"),
        9,
        "unknown_subject",
    ),
    "an award that it gives itself": (
        event("award.granted", {"award_id": "1", "granting_region": "130100"}, node="shijiazhuang", service="awards"),
        9,
        "no_rule",
    ),
    "a star for another city's volunteer": (
        event(
            "star.granted",
            {**STAR, "decided_by_region": "130100", "volunteer_number": "A1200000017"},
            node="shijiazhuang",
        ),
        9,
        "not_your_region",
    ),
    "a star in the name of a city that is not above": (
        event("star.granted", {**STAR, "decided_by_region": "130200"}, node="shijiazhuang"),
        9,
        "not_above_it",
    ),
    "five stars by a city": (
        event("star.granted", {**STAR, "decided_by_region": "130100", "stars": 5}, node="shijiazhuang"),
        10,
        "beyond_its_level",
    ),
    "less than no hours": (
        event("record.confirmed", {**CONFIRMED, "hours_hundredths": -100}, node="shijiazhuang"),
        10,
        "impossible_hours",
    ),
    "a day of 25 hours": (
        event("record.confirmed", {**CONFIRMED, "hours_hundredths": 2500}, node="shijiazhuang"),
        10,
        "impossible_hours",
    ),
    "a day to come": (
        event("record.confirmed", {**CONFIRMED, "served_on": "2026-07-02"}, node="shijiazhuang"),
        10,
        "day_to_come",
    ),
    "a text without end": (
        registered(1).replace("王五".encode(), "字".encode() * 20_001),
        10,
        "text_too_long",
    ),
    "an hour to come": (
        event("volunteer.registered", {}, node="shijiazhuang", time=NOW + timedelta(minutes=6)),
        8,
        "from_the_future",
    ),
}


@pytest.mark.fault(
    "S-X02",
    "S-X04",
    inject="have a node tell, under its own good key, of what it may not speak for or of what cannot be",
    holds="it is refused with its reason, and the stream goes on",
)
@pytest.mark.parametrize("what", REFUSED)
def test_an_event_that_its_node_may_not_say_is_refused_and_the_stream_goes_on(what: str) -> None:
    said, check, code = REFUSED[what]

    verdict = received(sender().letter(said), memory=Memory(places=dict(PLACES)))

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.REFUSE, check, code)


ALLOWED = {
    "a record of its own organisation": event("record.confirmed", CONFIRMED, node="shijiazhuang"),
    "two stars by a city": event("star.granted", {**STAR, "decided_by_region": "130100"}, node="shijiazhuang"),
    # Where that was decided, it is held against the case (`stars.note_star`).
    "five stars by the province, as the home says": event(
        "star.granted", {**STAR, "decided_by_region": "130000", "stars": 5}, node="shijiazhuang"
    ),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_an_event_that_its_node_may_say_is_applied(what: str) -> None:
    verdict = received(sender().letter(ALLOWED[what]), memory=Memory(places=dict(PLACES)))

    assert (verdict.fate, verdict.code) == (Fate.APPLY, "")


def test_a_volunteer_of_another_node_cannot_be_claimed() -> None:
    memory = Memory(places={("volunteer", "A1100000010"): "130200"})

    assert received(sender().letter(registered(1)), memory=memory).code == "belongs_to_another"


def told(name: str, data: dict[str, object], *, issuer: str) -> tuple[str, ...]:
    return audiences(name, data, issuer=issuer, map_=MAP, directory=Memory(places=dict(PLACES)), on=date(2026, 7, 1))


def test_registrations_go_to_every_node_above() -> None:
    data: dict[str, object] = {"volunteer_number": "A1300000017", "region": "130123"}

    assert told("volunteer.registered", data, issuer="zhengding") == ("shijiazhuang", "hebei")


def test_a_record_goes_to_the_home_of_the_volunteer_where_that_is_another_node() -> None:
    assert told("record.confirmed", {**CONFIRMED}, issuer="shijiazhuang") == ("hebei",)
    assert told("record.confirmed", {**CONFIRMED, "volunteer_number": "A1100000017"}, issuer="shijiazhuang") == ()
    # Of a volunteer that was never told of here, the number says which node gave it.
    assert told("record.confirmed", {**CONFIRMED, "volunteer_number": "A1300000025"}, issuer="shijiazhuang") == (
        "zhengding",
    )


def test_what_a_node_may_not_say_it_tells_nobody() -> None:
    assert told("record.confirmed", {**CONFIRMED, "organisation_id": "theirs"}, issuer="shijiazhuang") == ()
    assert told("report.approved", {"region": "130100"}, issuer="shijiazhuang") == ()


def test_every_rule_names_fields_that_its_event_has() -> None:
    defined = {cls.event_name.name: {field.name for field in fields(cls)} for cls in all_events()}  # type: ignore[arg-type]  # events are dataclasses

    for name, rule in RULES.items():
        at = (rule.said_for, rule.decided_in, rule.own, rule.to, rule.gives)
        places = [place.field for place in at if place is not None]
        named = {*places, *(field for _, field in rule.claims)}
        if name in defined:
            assert named <= defined[name], name


def test_every_rule_is_of_an_event_that_somebody_tells() -> None:
    defined = {cls.event_name.name for cls in all_events()}

    assert set(RULES) <= defined
