"""When a star falls due, and what is missing to the next one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.awards.rules import (
    MOST_STARS,
    STAR_RULES,
    Standing,
    StarRule,
    award_number,
    award_title,
    citation,
    level_reached,
    next_star,
    star_due,
    star_rule,
    star_title,
)
from shared.regions import Level

TODAY = date(2026, 10, 1)
RULE = star_rule(TODAY)
LEVELS = st.integers(min_value=1, max_value=MOST_STARS)
HOURS = st.integers(min_value=0, max_value=300_000)
EVALUATIONS = st.lists(st.integers(min_value=1, max_value=5), max_size=30)


def standing(hours: str = "0", *, evaluations: tuple[int, ...] = (4,), stars: int = 0) -> Standing:
    return Standing(
        total_hundredths=int(Decimal(hours) * 100),
        quality_sum=sum(evaluations),
        quality_count=len(evaluations),
        stars=stars,
    )


def due(
    held: Standing, *, open_levels: frozenset[int] = frozenset(), refused: dict[int, date] | None = None
) -> int | None:
    return star_due(RULE, held, open_levels=open_levels, refused=refused or {}, on=TODAY)


@pytest.mark.parametrize(
    ("hours", "level"),
    [
        ("0", 0),
        ("99.99", 0),
        ("100", 1),
        ("299.99", 1),
        ("300", 2),
        ("599.99", 2),
        ("600", 3),
        ("999.99", 3),
        ("1000", 4),
        ("1499.99", 4),
        ("1500", 5),
        ("9999", 5),
    ],
)
def test_the_level_follows_the_hours_of_the_ministry(hours: str, level: int) -> None:
    assert level_reached(RULE, standing(hours)) == level
    assert due(standing(hours)) == (level or None)


@pytest.mark.parametrize(
    ("stars", "tier"),
    [(1, Level.COUNTY), (2, Level.COUNTY), (3, Level.CITY), (4, Level.CITY), (5, Level.PROVINCE)],
)
def test_higher_levels_are_decided_higher_up(stars: int, tier: Level) -> None:
    assert RULE.decided_by(stars) is tier


@pytest.mark.parametrize(
    ("evaluations", "expected"),
    [((), None), ((3,), 1), ((2, 4), 1), ((2, 3), None), ((2, 3, 4), 1), ((1, 5, 5), 1), ((2,) * 99 + (5,), None)],
)
def test_hours_alone_are_not_enough(evaluations: tuple[int, ...], expected: int | None) -> None:
    assert due(standing("100", evaluations=evaluations)) == expected


def test_an_average_just_under_the_floor_is_not_rounded_up_to_it() -> None:
    nearly = Standing(total_hundredths=10_000, quality_sum=2999, quality_count=1000)
    assert nearly.average_quality == Decimal("3.00")
    assert due(nearly) is None


def test_who_jumps_over_several_thresholds_is_nominated_once_for_the_highest() -> None:
    assert due(standing("650")) == 3


def test_a_level_that_is_held_or_open_is_not_nominated_again() -> None:
    assert due(standing("150", stars=1)) is None
    assert due(standing("150"), open_levels=frozenset({1})) is None
    assert due(standing("320"), open_levels=frozenset({1})) == 2


def test_a_refused_level_rests_for_ninety_days_and_the_next_level_does_not() -> None:
    day_89 = TODAY - timedelta(days=89)
    day_90 = TODAY - timedelta(days=90)
    assert due(standing("150"), refused={1: day_89}) is None
    assert due(standing("150"), refused={1: day_90}) == 1
    assert due(standing("300"), refused={1: day_89}) == 2


def test_rules_are_dated() -> None:
    stricter = StarRule(
        valid_from=date(2027, 1, 1),
        thresholds=(20_000, 40_000, 60_000, 80_000, 100_000),
        quality_floor=Decimal("3.5"),
        deciding=RULE.deciding,
        wait_after_refusal=timedelta(days=30),
    )
    rules = (*STAR_RULES, stricter)
    assert star_rule(date(2026, 12, 31), rules) is RULE
    assert star_rule(date(2027, 1, 1), rules) is stricter
    with pytest.raises(LookupError):
        star_rule(date(2012, 1, 1), rules)


def test_the_next_star_says_what_is_missing() -> None:
    found = next_star(RULE, standing("104", stars=1), refused={}, on=TODAY)
    assert found is not None
    assert (found.stars, found.needed_hundredths, found.missing_hundredths) == (2, 30_000, 19_600)
    assert found.quality_is_met
    assert found.decided_by is Level.COUNTY
    assert found.not_before is None


def test_the_next_star_says_when_a_refused_level_is_free_again() -> None:
    found = next_star(RULE, standing("104"), refused={1: TODAY}, on=TODAY)
    assert found is not None
    assert found.missing_hundredths == 0
    assert found.not_before == TODAY + timedelta(days=90)


def test_after_five_stars_there_is_no_next() -> None:
    assert next_star(RULE, standing("1600", stars=5), refused={}, on=TODAY) is None


def test_names_and_numbers_are_as_people_write_them() -> None:
    assert star_title(3) == "三星级志愿者"
    assert award_title("outstanding_volunteer", "2026") == "2026年度优秀安全生产志愿者"
    assert award_number(2026, 1) == "冀安志奖〔2026〕0001号"
    assert "冀安志奖〔2026〕0001号" in citation("outstanding_volunteer", "2026", award_number(2026, 1))


@given(hours=HOURS, evaluations=EVALUATIONS, stars=st.integers(0, 5), open_levels=st.frozensets(LEVELS))
def test_whoever_is_nominated_has_the_hours_and_the_quality(
    hours: int, evaluations: list[int], stars: int, open_levels: frozenset[int]
) -> None:
    held = Standing(total_hundredths=hours, quality_sum=sum(evaluations), quality_count=len(evaluations), stars=stars)
    level = star_due(RULE, held, open_levels=open_levels, refused={}, on=TODAY)
    if level is None:
        return
    assert level > stars
    assert level not in open_levels
    assert hours >= RULE.threshold(level)
    assert sum(evaluations) / len(evaluations) >= 3
    assert level == MOST_STARS or hours < RULE.threshold(level + 1)


@given(hours=HOURS, more=HOURS, stars=st.integers(0, 4))
def test_more_hours_never_bring_the_next_star_further_away(hours: int, more: int, stars: int) -> None:
    before = next_star(RULE, Standing(total_hundredths=hours, stars=stars), refused={}, on=TODAY)
    after = next_star(RULE, Standing(total_hundredths=hours + more, stars=stars), refused={}, on=TODAY)
    assert before is not None
    assert after is not None
    assert after.missing_hundredths <= before.missing_hundredths


@given(hours=HOURS, evaluations=EVALUATIONS, stars=st.integers(0, 4))
def test_nothing_missing_means_a_star_is_due(hours: int, evaluations: list[int], stars: int) -> None:
    held = Standing(total_hundredths=hours, quality_sum=sum(evaluations), quality_count=len(evaluations), stars=stars)
    missing = next_star(RULE, held, refused={}, on=TODAY)
    assert missing is not None
    ready = missing.missing_hundredths == 0 and missing.quality_is_met
    assert ready == (star_due(RULE, held, open_levels=(), refused={}, on=TODAY) is not None)
