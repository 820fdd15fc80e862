"""Who may do whose tasks: directly, through others, never in a circle, and only while the rules hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.approval.core.absence import MOST_STEPS, Absence, deputies, stands_for

DAY = timedelta(days=1)
START = datetime(2026, 9, 20, tzinfo=UTC)
END = START + 5 * DAY
NOON = START + DAY / 2
REPORT, STAR = "activity_report", "star_rating"


def away(
    delegator: str, delegate: str, *business_types: str, starts: datetime = START, ends: datetime = END
) -> Absence:
    return Absence(
        delegator=delegator, delegate=delegate, starts_at=starts, ends_at=ends, business_types=business_types
    )


CHAIN = [away("A", "B"), away("B", "C")]
LONG = [away(str(number + 1), str(number)) for number in range(8)]


@pytest.mark.parametrize(
    ("account", "rules", "expected"),
    [
        ("B", [away("A", "B")], ("A",)),
        ("A", [away("A", "B")], ()),
        ("C", CHAIN, ("B", "A")),
        ("C", CHAIN[:1], ()),
        ("D", [away("Z", "D"), away("B", "D"), away("A", "B"), away("C", "Z")], ("B", "Z", "A", "C")),
        ("A", [away("A", "B"), away("B", "A")], ("B",)),
        ("A", [away("A", "A")], ()),
        ("B", [away("A", "B"), away("A", "B")], ("A",)),
        ("0", LONG, ("1", "2", "3", "4", "5")),
        ("C", [away("A", "B", REPORT), away("B", "C", REPORT, STAR)], ("B", "A")),
        ("C", [away("A", "B", STAR), away("B", "C")], ("B",)),
        ("C", [away("A", "B"), away("B", "C", STAR)], ()),
    ],
)
def test_who_stands_in_for_whom(account: str, rules: list[Absence], expected: tuple[str, ...]) -> None:
    assert stands_for(account, rules, at=NOON, business_type=REPORT) == expected
    assert stands_for(account, reversed(rules), at=NOON, business_type=REPORT) == expected


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (START - timedelta(microseconds=1), False),
        (START, True),
        (END - timedelta(microseconds=1), True),
        (END, False),
    ],
)
def test_a_rule_holds_from_its_start_until_just_before_its_end(at: datetime, holds: bool) -> None:
    assert stands_for("B", [away("A", "B")], at=at, business_type=REPORT) == (("A",) if holds else ())


names = st.sampled_from("ABCDEFGH")
kinds = st.lists(st.sampled_from([REPORT, STAR]), max_size=2, unique=True)
moments = st.integers(-1, 12).map(lambda half_days: START + half_days * DAY / 2)
rules_strategy = st.lists(
    st.builds(
        lambda delegator, delegate, business_types, starts, length: away(
            delegator, delegate, *business_types, starts=starts, ends=starts + length * DAY / 2
        ),
        names,
        names,
        kinds,
        moments,
        st.integers(1, 6),
    ),
    max_size=12,
)


@given(names, rules_strategy, moments)
def test_nobody_stands_in_for_themselves_and_everybody_is_named_once(
    account: str, rules: list[Absence], at: datetime
) -> None:
    found = stands_for(account, rules, at=at, business_type=REPORT)
    assert account not in found
    assert len(set(found)) == len(found)


@given(names, rules_strategy)
def test_outside_of_every_interval_there_is_nobody(account: str, rules: list[Absence]) -> None:
    before = min((rule.starts_at for rule in rules), default=START) - timedelta(microseconds=1)
    after = max((rule.ends_at for rule in rules), default=END)
    assert stands_for(account, rules, at=before, business_type=REPORT) == ()
    assert stands_for(account, rules, at=after, business_type=REPORT) == ()


@given(names, rules_strategy, rules_strategy, moments)
def test_one_rule_more_takes_nobody_away(account: str, rules: list[Absence], more: list[Absence], at: datetime) -> None:
    fewer = stands_for(account, rules, at=at, business_type=REPORT)
    assert set(fewer) <= set(stands_for(account, rules + more, at=at, business_type=REPORT))


@given(names, rules_strategy, moments)
def test_the_order_of_the_rules_does_not_matter(account: str, rules: list[Absence], at: datetime) -> None:
    found = stands_for(account, rules, at=at, business_type=REPORT)
    assert found == stands_for(account, list(reversed(rules)), at=at, business_type=REPORT)


@given(names, names, rules_strategy, moments)
def test_deputies_are_those_who_stand_in(one: str, other: str, rules: list[Absence], at: datetime) -> None:
    forwards = other in deputies(one, rules, at=at, business_type=REPORT)
    assert forwards == (one in stands_for(other, rules, at=at, business_type=REPORT))


@given(st.permutations("ABCDEFGH"), moments)
def test_a_circle_ends_where_it_began(people: list[str], at: datetime) -> None:
    circle = [away(one, other) for one, other in zip(people, [*people[1:], people[0]], strict=True)]
    found = stands_for(people[0], circle, at=at, business_type=REPORT)
    assert found == (tuple(reversed(people[1:]))[:MOST_STEPS] if START <= at < END else ())
