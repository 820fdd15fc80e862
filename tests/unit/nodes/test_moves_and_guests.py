"""Which node may say where a volunteer is at home, who is their guest, and what became of their hours."""

from __future__ import annotations

from datetime import date

import pytest

from shared.nodes.core.authority import audiences, claims
from shared.nodes.core.receiving import Fate
from tests.unit.nodes.making import MAP, Memory, Sender, event, received, sender
from tests.unit.nodes.test_authority import CONFIRMED, PLACES, told

MOVED = {"volunteer_number": "A1100000017", "from_region": "130100", "to_region": "130281"}
REFUSED = {
    "the taking of another's volunteer": (
        event("volunteer.transferred", {**MOVED, "volunteer_number": "A1200000017"}, node="shijiazhuang"),
        9,
        "belongs_to_another",
    ),
    "the taking of another's volunteer in their home's name": (
        event(
            "volunteer.transferred",
            {**MOVED, "volunteer_number": "A1200000017", "from_region": "130200", "to_region": "130100"},
            node="shijiazhuang",
        ),
        9,
        "not_your_region",
    ),
    "the giving away of a volunteer nobody knows, of another's block": (
        event("volunteer.transferred", {**MOVED, "volunteer_number": "A1200000025"}, node="shijiazhuang"),
        9,
        "number_of_another",
    ),
    "word of another's volunteer": (
        event("volunteer.updated", {"volunteer_number": "A1200000017", "region": "130100"}, node="shijiazhuang"),
        9,
        "belongs_to_another",
    ),
    "the introduction of another's volunteer": (
        event(
            "volunteer.introduced",
            {"volunteer_number": "A1200000017", "region": "130100", "to_region": "130000"},
            node="shijiazhuang",
        ),
        9,
        "belongs_to_another",
    ),
    "a question in another's name": (
        event("volunteer.sought", {"volunteer_number": "A0100000015", "region": "130200"}, node="shijiazhuang"),
        9,
        "not_your_region",
    ),
    "the crediting of another's volunteer": (
        event("record.credited", {"volunteer_number": "A1200000017", "region": "130000"}, node="shijiazhuang"),
        9,
        "not_your_region",
    ),
    "the hours of another's volunteer taken back": (
        event("hours.voided", {"volunteer_number": "A1200000017"}, node="shijiazhuang"),
        9,
        "not_your_region",
    ),
    "the star of another city's volunteer taken away": (
        event(
            "star.withdrawn",
            {"volunteer_number": "A1200000017", "decided_by_region": "130100"},
            node="shijiazhuang",
        ),
        9,
        "not_your_region",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_said_of_anothers_volunteer_is_refused_and_the_stream_goes_on(what: str) -> None:
    said, check, code = REFUSED[what]

    verdict = received(sender().letter(said), memory=Memory(places=dict(PLACES)))

    assert (verdict.fate, verdict.check, verdict.code) == (Fate.REFUSE, check, code)


GIVEN = dict(PLACES) | {("given", "A1100000017"): "130281"}
MOVING = {"transfer_id": "t-1", **MOVED}
HANDED_OVER = ("ledger.handed_over", "record.passed_on", "file.handed_over", "standing.handed_over")


def test_who_moves_is_given_away_by_their_home_and_every_node_hears_it() -> None:
    assert told("volunteer.transferred", {**MOVING}, issuer="shijiazhuang") == ("hebei", "tangshan", "zhengding")
    assert told("volunteer.transferred", {**MOVING}, issuer="tangshan") == ()
    assert told("volunteer.transferred", {**MOVING, "to_region": "130125"}, issuer="shijiazhuang") == (), "its own"
    given = event("volunteer.transferred", MOVING, node="shijiazhuang")
    assert received(sender().letter(given), memory=Memory(places=dict(PLACES))).fate is Fate.APPLY


def test_one_half_of_a_move_leaves_a_volunteer_where_they_are() -> None:
    known = claims("volunteer.transferred", MOVING, directory=Memory(places=dict(PLACES)))
    assert known == {
        ("volunteer", "A1100000017"): "130100",
        ("given", "A1100000017"): "130281",
        ("transfer", "t-1"): "130100",
    }


@pytest.mark.parametrize("name", ["volunteer.received", "volunteer.updated"])
def test_the_new_home_receives_whom_the_old_one_gave_and_nobody_else(name: str) -> None:
    said: dict[str, object] = {**MOVING, "region": "130281"}
    half = Sender(node="tangshan", audience="hebei").letter(event(name, said, node="tangshan"))
    refused = received(half, memory=Memory(places=dict(PLACES)), by="tangshan")
    assert (refused.fate, refused.check, refused.code) == (Fate.REFUSE, 9, "belongs_to_another")
    assert received(half, memory=Memory(places=GIVEN), by="tangshan").fate is Fate.APPLY
    assert claims(name, said, directory=Memory(places=GIVEN)) == {("volunteer", "A1100000017"): "130281"}
    other = {("given", "A1100000017"): "130682"}
    assert received(half, memory=Memory(places=GIVEN | other), by="tangshan").fate is Fate.REFUSE


def test_every_node_hears_that_a_volunteer_was_received() -> None:
    found = audiences(
        "volunteer.received",
        {**MOVING},
        issuer="tangshan",
        map_=MAP,
        directory=Memory(places=GIVEN),
        on=date(2026, 7, 1),
    )
    assert found == ("hebei", "shijiazhuang", "zhengding")


@pytest.mark.parametrize("name", HANDED_OVER)
def test_what_is_handed_over_comes_from_who_gave_the_volunteer_and_goes_to_who_receives_them(name: str) -> None:
    said: dict[str, object] = {**MOVING}
    places = GIVEN | {("transfer", "t-1"): "130100"}

    def now_told(issuer: str, known: dict[tuple[str, str], str]) -> tuple[str, ...]:
        return audiences(name, said, issuer=issuer, map_=MAP, directory=Memory(places=known), on=date(2026, 7, 1))

    assert now_told("shijiazhuang", places) == ("tangshan",)
    assert now_told("tangshan", places) == ()
    letter = sender().letter(event(name, said, node="shijiazhuang"))
    unknown = received(letter, memory=Memory(places=dict(PLACES)))
    assert (unknown.fate, unknown.code) == (Fate.REFUSE, "unknown_subject")
    another = received(letter, memory=Memory(places=places | {("transfer", "t-1"): "130200"}))
    assert (another.fate, another.code) == (Fate.REFUSE, "not_your_region")


def test_after_a_move_the_new_home_speaks_of_the_volunteer_and_records_go_there() -> None:
    moved = PLACES | {("volunteer", "A1100000017"): "130281"}
    updated = {"volunteer_number": "A1100000017", "region": "130281"}

    def now_told(name: str, data: dict[str, object], *, issuer: str) -> tuple[str, ...]:
        return audiences(name, data, issuer=issuer, map_=MAP, directory=Memory(places=moved), on=date(2026, 7, 1))

    # The number stays that of the block it was given from.
    assert now_told("volunteer.updated", dict(updated), issuer="tangshan") == ("hebei",)
    assert now_told("volunteer.updated", {**updated, "region": "130100"}, issuer="shijiazhuang") == ()
    assert now_told("volunteer.transferred", {**MOVED}, issuer="shijiazhuang") == (), "nobody gives away twice"
    assert now_told("hours.credited", dict(updated), issuer="shijiazhuang") == ()
    confirmed: dict[str, object] = {**CONFIRMED, "volunteer_number": "A1100000017"}
    assert now_told("record.confirmed", confirmed, issuer="shijiazhuang") == ("tangshan",)


def test_a_guest_is_sought_at_home_introduced_to_who_asked_and_reported_back() -> None:
    sought: dict[str, object] = {"volunteer_number": "A1200000017", "region": "130100"}
    assert told("volunteer.sought", sought, issuer="shijiazhuang") == ("tangshan",)
    unknown: dict[str, object] = {"volunteer_number": "A1300000025", "region": "130200"}
    assert told("volunteer.sought", unknown, issuer="tangshan") == ("zhengding",), "by the block of the number"
    introduced: dict[str, object] = {"volunteer_number": "A1200000017", "region": "130200", "to_region": "130123"}
    assert told("volunteer.introduced", introduced, issuer="tangshan") == ("zhengding",)
    assert told("record.credited", sought, issuer="tangshan") == ("shijiazhuang",)


def test_hours_and_stars_are_told_to_every_node_above() -> None:
    places = PLACES | {("volunteer", "A1300000017"): "130123"}
    star: dict[str, object] = {"volunteer_number": "A1300000017", "decided_by_region": "130123"}
    for name in ("hours.credited", "hours.voided", "star.granted", "star.withdrawn"):
        found = audiences(
            name, star, issuer="zhengding", map_=MAP, directory=Memory(places=places), on=date(2026, 7, 1)
        )
        assert found == ("shijiazhuang", "hebei"), name
    by_the_city = {**star, "decided_by_region": "130100"}
    found = audiences(
        "star.granted",
        by_the_city,
        issuer="zhengding",
        map_=MAP,
        directory=Memory(places=places),
        on=date(2026, 7, 1),
    )
    assert found == ("shijiazhuang", "hebei"), "the home says what a city decided"
