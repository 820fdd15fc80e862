"""What absence rules may be set together, and who may stand in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.policy import may_stand_in
from services.registration.rules import (
    LONGEST_ABSENCE,
    AbsenceState,
    absence_state,
    check_period,
    closed_circle,
    common_absence,
    overlapping,
)
from shared.approval.core.absence import Absence
from shared.errors import Invalid

NOW = datetime(2026, 9, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
REPORT, STAR, AWARD = KINDS = ("activity_report", "star_rating", "commendation")


def rule(delegator: str, delegate: str, *business_types: str, starts: int = 0, hours: int = 4) -> Absence:
    return Absence(
        delegator=delegator,
        delegate=delegate,
        starts_at=NOW + starts * HOUR,
        ends_at=NOW + (starts + hours) * HOUR,
        business_types=business_types,
    )


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (rule("A", "B"), rule("C", "D", starts=2), rule("A", "B", starts=2, hours=2)),
        (rule("A", "B"), rule("C", "D", starts=4), None),
        (rule("A", "B", REPORT), rule("C", "D"), rule("A", "B", REPORT)),
        (rule("A", "B"), rule("C", "D", STAR, REPORT), rule("A", "B", STAR, REPORT)),
        (rule("A", "B", REPORT, STAR), rule("C", "D", STAR, AWARD), rule("A", "B", STAR)),
        (rule("A", "B", REPORT), rule("C", "D", STAR), None),
    ],
)
def test_two_rules_meet_in_time_and_in_business(one: Absence, other: Absence, common: Absence | None) -> None:
    assert common_absence(one, other) == common


kinds = st.lists(st.sampled_from(KINDS), unique=True, max_size=2)
people = st.sampled_from("ABCDE")
rules = st.builds(
    lambda one, other, business_types, starts, hours: rule(one, other, *business_types, starts=starts, hours=hours),
    people,
    people,
    kinds,
    st.integers(0, 8),
    st.integers(1, 6),
)


@given(st.lists(rules, max_size=25))
def test_rules_that_are_accepted_one_after_the_other_never_lead_back(asked: list[Absence]) -> None:
    accepted: list[Absence] = []
    for new in asked:
        if new.delegator != new.delegate and overlapping(new, accepted) is None and not closed_circle(new, accepted):
            accepted.append(new)
    for hour in range(14):
        for kind in KINDS:
            holding = [one for one in accepted if one.covers(kind, at=NOW + hour * HOUR)]
            deputy = {one.delegator: one.delegate for one in holding}
            assert len(deputy) == len(holding), "one deputy for one thing at a time"
            for person, nearest in deputy.items():
                here: str | None = nearest
                while here is not None:
                    assert here != person
                    here = deputy.get(here)


@given(st.lists(rules, max_size=12), rules)
def test_a_circle_that_is_named_is_one(accepted: list[Absence], new: Absence) -> None:
    circle = closed_circle(new, accepted)
    if not circle:
        return
    assert circle[0] == circle[-1] == new.delegator
    assert circle[1] == new.delegate
    steps = {(one.delegator, one.delegate) for one in [*accepted, new]}
    assert set(pairwise(circle)) <= steps


@pytest.mark.parametrize(
    ("starts", "ends", "code"),
    [
        (NOW - timedelta(microseconds=1), NOW + HOUR, "absence_in_the_past"),
        (NOW + timedelta(days=366), NOW + timedelta(days=367), "absence_too_far_ahead"),
        (NOW, NOW, "absence_has_no_time"),
        (NOW, NOW + LONGEST_ABSENCE + timedelta(microseconds=1), "absence_too_long"),
    ],
)
def test_an_absence_is_bounded(starts: datetime, ends: datetime, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_period(starts, ends, now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("ended", "now", "state"),
    [
        (None, NOW - HOUR, AbsenceState.PLANNED),
        (None, NOW, AbsenceState.IN_FORCE),
        (None, NOW + HOUR, AbsenceState.OVER),
        (NOW, NOW + HOUR, AbsenceState.ENDED),
        (NOW - HOUR, NOW - HOUR, AbsenceState.ENDED),
    ],
)
def test_a_rule_stands_somewhere_at_every_moment(ended: datetime | None, now: datetime, state: AbsenceState) -> None:
    assert absence_state(NOW, NOW + HOUR, ended, now=now) is state


@pytest.mark.parametrize(
    ("delegate", "may"), [("same", True), ("both", True), ("other", False), ("nobody", False), ("away", False)]
)
def test_colleagues_of_one_region_stand_in_for_each_other(delegate: str, may: bool) -> None:
    offices = {
        "away": frozenset({"130123"}),
        "same": frozenset({"130123"}),
        "both": frozenset({"130123", "130125"}),
        "other": frozenset({"130125"}),
    }
    assert may_stand_in(delegate, delegator_id="away", offices=offices) is may
