"""Values are written as people write them."""

from datetime import UTC, date, datetime

import pytest

from services.portal.casework import Part, marked
from services.portal.formats import Formats, show_number
from services.portal.pages import local_path
from services.portal.places import cities, route_of
from services.portal.words import Language, Words

TODAY = date(2026, 10, 1)
CHINESE = Formats(Words(Language.CHINESE), TODAY)
ENGLISH = Formats(Words(Language.ENGLISH), TODAY)


@pytest.mark.parametrize(
    ("value", "shown"), [(104, "104"), (104.0, "104"), (1.5, "1.5"), ("1.25", "1.25"), (0, "0"), (100, "100")]
)
def test_a_number_has_no_decimals_that_it_does_not_need(value: object, shown: str) -> None:
    assert show_number(value) == shown


def test_dates_are_written_out() -> None:
    assert CHINESE.day("2026-03-05") == "2026年3月5日"
    assert ENGLISH.day(date(2026, 3, 5)) == "5 March 2026"
    assert CHINESE.span("2026-03-05", "2026-03-05") == "2026年3月5日"
    assert CHINESE.span("2026-03-05", "2026-03-06") == "2026年3月5日 – 2026年3月6日"


@pytest.mark.parametrize(
    ("due_at", "chinese", "english"),
    [
        ("2026-10-15T16:00:00+00:00", "10月15日", "15 October"),
        ("2026-12-31T16:00:00+00:00", "12月31日", "31 December"),
        ("2027-01-04T16:00:00+00:00", "2027年1月4日", "4 January 2027"),
        ("2026-10-15T06:30:00+00:00", "2026年10月15日 14:30", "15 October 2026, 14:30"),
    ],
)
def test_a_deadline_is_its_last_day_or_a_moment(due_at: str, chinese: str, english: str) -> None:
    assert (CHINESE.deadline(due_at), ENGLISH.deadline(due_at)) == (chinese, english)


def test_instants_are_told_by_the_clocks_of_shanghai() -> None:
    assert CHINESE.moment("2026-03-05T16:30:00+00:00") == "2026年3月6日 00:30"
    assert ENGLISH.moment(datetime(2026, 3, 5, 2, 32, tzinfo=UTC)) == "5 March 2026, 10:32"


@pytest.mark.parametrize(
    ("starts", "ends", "chinese", "english"),
    [
        ("2026-03-04T16:00:00+00:00", "2026-03-07T00:00:00+08:00", "2026年3月5日 – 2026年3月6日", None),
        ("2026-03-05T00:00:00+08:00", "2026-03-06T00:00:00+08:00", "2026年3月5日", "5 March 2026"),
        (
            "2026-03-05T01:30:00+00:00",
            "2026-03-06T16:00:00+00:00",
            "2026年3月5日 09:30 – 2026年3月6日 24:00",
            "5 March 2026, 09:30 – 6 March 2026, 24:00",
        ),
        ("2026-03-04T16:00:00+00:00", "2026-03-06T04:00:00+00:00", "2026年3月5日 00:00 – 2026年3月6日 12:00", None),
    ],
)
def test_a_period_of_whole_days_is_told_in_days(starts: str, ends: str, chinese: str, english: str | None) -> None:
    assert CHINESE.period(starts, ends) == chinese
    assert english is None or ENGLISH.period(starts, ends) == english


def test_hours_stars_and_quarters() -> None:
    assert CHINESE.hours(104.0) == "104 小时"
    assert ENGLISH.hours(1) == "1 hour"
    assert CHINESE.stars(3) == "★★★☆☆"
    assert CHINESE.quarter("2026Q3") == "2026年第3季度"
    assert ENGLISH.quarter("2026Q3") == "Q3 2026"


def test_a_region_is_called_by_its_full_name() -> None:
    assert CHINESE.region("130123") == "石家庄市正定县"
    assert CHINESE.region("999999") == "999999"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/cases/reporting/1", "/cases/reporting/1"),
        ("/?type=commendation", "/?type=commendation"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_a_way_back_never_leads_to_another_site(wanted: str | None, path: str) -> None:
    assert local_path(wanted) == path


def test_people_choose_counties_and_offices_choose_any_region() -> None:
    people = {place.code for city in cities(on=TODAY) for place in city.choices}
    assert {"130123", "130682", "130181"} <= people
    assert not {"130000", "130100"} & people
    offices = {place.code for city in cities(on=TODAY, offices=True) for place in city.choices}
    assert {"130000", "130100", "130123", "130682"} <= offices


def test_a_route_goes_upwards_and_skips_what_is_not_there() -> None:
    assert [region.code for region in route_of("130123", on=TODAY)] == ["130123", "130100", "130000"]
    assert [region.code for region in route_of("130682", on=TODAY)] == ["130682", "130000"]


def test_only_what_differs_in_a_long_text_stands_out() -> None:
    old, new = marked(
        "讲解用气安全并演示灭火器使用，发放明白纸一百二十份。", "讲解用气安全并演示灭火器使用，发放明白纸三百份。"
    )
    assert [part.text for part in old if part.differs] == ["一百二十份。"]
    assert [part.text for part in new if part.differs] == ["三百份。"]
    assert "".join(part.text for part in old).endswith("一百二十份。")
    assert marked("3 小时", "2.5 小时") == ([Part("3 小时", True)], [Part("2.5 小时", True)])
