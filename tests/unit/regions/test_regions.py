"""The reporting lines of Hebei: who stands above whom, and since when."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.regions import Level, NotReporting, Regions, UnknownRegion

REGIONS = Regions.load()
TODAY = date(2026, 10, 1)
THE_NOTICE = date(2017, 4, 26)
DAYS = st.dates(min_value=date(2017, 1, 1), max_value=date(2035, 12, 31))


def codes_of(regions: object) -> list[str]:
    return [region.code for region in regions]  # type: ignore[attr-defined]


def test_the_table_is_read_once() -> None:
    assert Regions.load() is Regions.load()


def test_thirteen_city_units_answer_to_the_province() -> None:
    cities = REGIONS.children("130000", on=TODAY)
    assert len(cities) == 13
    assert {region.level for region in cities} == {Level.CITY}
    assert {"定州市", "辛集市"} < {region.name for region in cities}


def test_county_units_today_are_the_167_of_the_code_standard() -> None:
    units = REGIONS.county_units(on=TODAY)
    kinds = [str(unit.kind) for unit in units]
    assert len(units) == 167
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "district": 49,
        "county_city": 21,
        "county": 91,
        "autonomous_county": 6,
    }
    assert len(REGIONS.all(on=TODAY, level=Level.COUNTY)) == 165


def test_a_county_reports_to_its_city_and_the_city_to_the_province() -> None:
    chain = REGIONS.chain("130123", on=TODAY)
    assert [region.name for region in chain] == ["正定县", "石家庄市", "河北省"]
    assert [region.level for region in chain] == [Level.COUNTY, Level.CITY, Level.PROVINCE]
    assert chain[0].full_name == "石家庄市正定县"
    assert chain[1].full_name == "石家庄市"
    assert chain[2].full_name == "河北省"


@pytest.mark.parametrize(("code", "upper_by_prefix"), [("130682", "130600"), ("130181", "130100")])
def test_dingzhou_and_xinji_answer_to_the_province_whatever_their_code_says(code: str, upper_by_prefix: str) -> None:
    assert codes_of(REGIONS.chain(code, on=TODAY)) == [code, "130000"]
    assert code not in REGIONS.below(upper_by_prefix, on=TODAY)
    assert not REGIONS.contains(upper_by_prefix, code, on=TODAY)
    assert REGIONS.below(code, on=TODAY) == {code}
    assert REGIONS.get(code, on=TODAY).gb_parent == upper_by_prefix


def test_luanxian_became_luanzhou_in_2018() -> None:
    assert REGIONS.get("130223", on=date(2018, 8, 31)).name == "滦县"
    assert REGIONS.get("130284", on=date(2018, 9, 1)).name == "滦州市"
    with pytest.raises(UnknownRegion):
        REGIONS.get("130223", on=date(2018, 9, 1))
    with pytest.raises(UnknownRegion):
        REGIONS.get("130284", on=date(2018, 8, 31))
    assert "130223" not in REGIONS.below("130200", on=TODAY)
    assert {"130223", "130284"} < REGIONS.below_ever("130200")


def test_one_code_of_xingtai_changed_its_name_in_2020() -> None:
    assert REGIONS.get("130502", on=THE_NOTICE).name == "桥东区"
    assert REGIONS.get("130502", on=TODAY).name == "襄都区"
    assert REGIONS.get("130503", on=TODAY).full_name == "邢台市信都区"
    assert {"130521", "130526", "130527"} < REGIONS.below("130500", on=THE_NOTICE)
    assert {"130521", "130526", "130527"}.isdisjoint(REGIONS.below("130500", on=TODAY))


def test_functional_zones_are_known_and_stand_in_no_line() -> None:
    zone = REGIONS.get("130171", on=TODAY)
    assert zone.name == "石家庄高新技术产业开发区"
    assert zone.code not in REGIONS.below("130000", on=TODAY) | REGIONS.below_ever("130000")
    assert not REGIONS.contains("130100", zone.code, on=TODAY)
    for question in (REGIONS.chain, REGIONS.below, REGIONS.children):
        with pytest.raises(NotReporting):
            question(zone.code, on=TODAY)


def test_an_unknown_code_is_an_error_with_a_stable_code() -> None:
    with pytest.raises(UnknownRegion) as caught:
        REGIONS.get("110000", on=TODAY)
    assert caught.value.code == "unknown_region"
    assert not REGIONS.contains("130000", "110000", on=TODAY)


@pytest.mark.parametrize(
    ("name", "city", "code"),
    [
        ("正定县", None, "130123"),
        ("正定", None, "130123"),
        ("石家庄市正定县", None, "130123"),
        ("石家庄", None, "130100"),
        ("桥西区", "石家庄市", "130104"),
        ("桥西区", "张家口", "130703"),
        ("新华区", "130900", "130902"),
        ("承德", None, "130800"),
        ("承德县", None, "130821"),
        ("定州", None, "130682"),
        ("赵县", None, "130133"),
    ],
)
def test_find_by_name(name: str, city: str | None, code: str) -> None:
    assert REGIONS.find(name, on=TODAY, city=city).code == code


@pytest.mark.parametrize("name", ["桥西区", "新华区"])
def test_a_name_that_two_cities_use_needs_the_city(name: str) -> None:
    with pytest.raises(UnknownRegion) as caught:
        REGIONS.find(name, on=TODAY)
    assert caught.value.code == "region_ambiguous"
    assert len(caught.value.extra["candidates"]) == 2


def test_a_name_follows_the_date() -> None:
    assert len(REGIONS.matching("桥西区", on=THE_NOTICE)) == 3
    with pytest.raises(UnknownRegion):
        REGIONS.find("襄都区", on=THE_NOTICE)


def test_levels_have_an_order() -> None:
    assert Level.COUNTY.order < Level.CITY.order < Level.PROVINCE.order
    assert Level.CITY.reaches(Level.COUNTY)
    assert Level.CITY.reaches(Level.CITY)
    assert not Level.COUNTY.reaches(Level.CITY)


@given(on=DAYS, data=st.data())
def test_every_chain_climbs_to_the_province(on: date, data: st.DataObject) -> None:
    region = data.draw(st.sampled_from(REGIONS.all(on=on)))
    chain = REGIONS.chain(region.code, on=on)
    assert chain[0] == region
    assert chain[-1].level is Level.PROVINCE
    orders = [step.level.order for step in chain]
    assert orders == sorted(set(orders))


@given(on=DAYS, data=st.data())
def test_chain_and_below_say_the_same(on: date, data: st.DataObject) -> None:
    every = REGIONS.all(on=on)
    upper, lower = data.draw(st.sampled_from(every)), data.draw(st.sampled_from(every))
    in_chain = upper in REGIONS.chain(lower.code, on=on)
    assert in_chain == (lower.code in REGIONS.below(upper.code, on=on))
    assert in_chain == REGIONS.contains(upper.code, lower.code, on=on)


@given(on=DAYS)
def test_the_province_holds_every_reporting_region(on: date) -> None:
    assert REGIONS.below("130000", on=on) == set(codes_of(REGIONS.all(on=on)))
    assert REGIONS.below("130000", on=on) <= REGIONS.below_ever("130000")


def test_no_code_stands_twice_on_one_day() -> None:
    for on in (THE_NOTICE, date(2019, 1, 1), TODAY):
        codes = codes_of(REGIONS.all(on=on))
        assert len(codes) == len(set(codes))
