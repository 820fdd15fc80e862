"""Which region decides what: by the dated parent chain, never by a code's digits."""

from __future__ import annotations

from datetime import date

import pytest

from shared.approval.core.route import Link, RouteError, plan, regions_named
from shared.approval.core.words import Tier
from shared.approval.definitions import shipped
from shared.regions import Regions

ON = date(2017, 9, 1)
REGIONS = Regions.load()

ZHENGDING, SHIJIAZHUANG, HEBEI = "130123", "130100", "130000"
DINGZHOU, XINJI, BAODING = "130682", "130181", "130600"


def route(key: str, region: str) -> list[tuple[str, str]]:
    chain = [Link(step.code, Tier(step.level.value)) for step in REGIONS.chain(region, on=ON)]
    return [(stage.node.key, stage.region) for stage in plan(shipped()[key], chain, {})]


def test_a_countys_report_climbs_three_tiers() -> None:
    assert route("activity_report", ZHENGDING) == [("county", ZHENGDING), ("city", SHIJIAZHUANG), ("province", HEBEI)]


@pytest.mark.parametrize("region", [DINGZHOU, XINJI])
def test_the_cities_without_counties_answer_to_the_province(region: str) -> None:
    assert route("activity_report", region) == [("city", region), ("province", HEBEI)]


def test_a_citys_own_report_starts_at_the_city() -> None:
    assert route("activity_report", BAODING) == [("city", BAODING), ("province", HEBEI)]


def test_the_provinces_own_report_is_decided_once() -> None:
    assert route("activity_report", HEBEI) == [("province", HEBEI)]


@pytest.mark.parametrize(
    ("key", "region", "decided_by"),
    [
        ("star_rating_low", ZHENGDING, ZHENGDING),
        ("star_rating_low", DINGZHOU, DINGZHOU),
        ("star_rating_middle", ZHENGDING, SHIJIAZHUANG),
        ("star_rating_middle", DINGZHOU, DINGZHOU),
        ("star_rating_high", ZHENGDING, HEBEI),
        ("star_rating_low", HEBEI, HEBEI),
    ],
)
def test_a_star_is_decided_by_its_tier_or_the_next_above(key: str, region: str, decided_by: str) -> None:
    assert [stage_region for _, stage_region in route(key, region)] == [decided_by]


@pytest.mark.parametrize("region", [ZHENGDING, DINGZHOU, SHIJIAZHUANG, HEBEI])
def test_home_is_the_submitting_region_whatever_its_level(region: str) -> None:
    assert route("organisation_registration", region) == [("home", region)]


def test_a_commendation_skips_the_county() -> None:
    assert route("commendation", ZHENGDING) == [("city", SHIJIAZHUANG), ("province", HEBEI)]


def test_a_chain_that_ends_too_low_is_refused() -> None:
    with pytest.raises(RouteError, match="province"):
        plan(shipped()["star_rating_high"], [Link(ZHENGDING, Tier.COUNTY)], {})


def test_a_region_that_the_content_names_decides_whatever_line_it_is_of() -> None:
    chain = [Link(ZHENGDING, Tier.COUNTY), Link(SHIJIAZHUANG, Tier.CITY), Link(HEBEI, Tier.PROVINCE)]
    transfer = shipped()["transfer"]
    [stage] = plan(transfer, chain, {"to_region": DINGZHOU})
    assert (stage.node.key, stage.region) == ("receiving", DINGZHOU)
    assert regions_named(transfer, {"to_region": DINGZHOU}) == {DINGZHOU}
    assert regions_named(shipped()["activity_report"], {}) == frozenset()


@pytest.mark.parametrize("content", [{}, {"to_region": None}, {"to_region": 130100}])
def test_content_that_names_no_region_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(RouteError, match="/to_region"):
        plan(shipped()["transfer"], [Link(ZHENGDING, Tier.COUNTY)], content)
