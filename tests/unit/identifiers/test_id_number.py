"""ID numbers: real ones pass in every writing, wrong ones are refused without being repeated."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.identifiers import Sex, birth_date, check_digit, check_id_number, normalise_id_number, sex

TODAY = date(2026, 10, 1)
AREAS = ("130123", "130223", "130284", "130682", "130181", "132123", "110101", "650102", "810000", "830000", "925156")


def number_of(area: str, born: str, order: str = "997") -> str:
    body = area + born + order
    return body + check_digit(body)


numbers = st.builds(
    lambda area, born, order: number_of(area, f"{born:%Y%m%d}", f"{order:03d}"),
    st.sampled_from(AREAS),
    st.dates(min_value=date(1900, 1, 1), max_value=TODAY),
    st.integers(1, 999),
)


def refusal(value: object) -> str:
    with pytest.raises(Invalid) as caught:
        check_id_number(value, today=TODAY)
    return caught.value.code


@pytest.mark.parametrize(
    "number",
    [
        number_of("130223", "19750312"),  # 滦县 is gone, its cards live on
        number_of("130682", "19850101"),  # 定州 had another code in the year of birth
        number_of("130181", "19920720"),  # so had 辛集
        number_of("133024", "19600229"),  # a prefecture of before 1983
        number_of("810000", "19790505"),
        number_of("820000", "20010101"),
        number_of("830000", "19880808"),
        number_of("911156", "19810203"),  # the foreigner's card of 2023
        "11010519491231002X",  # the example printed in GB 11643
    ],
)
def test_living_people_are_accepted(number: str) -> None:
    check_id_number(number, today=TODAY)


def test_the_example_of_the_standard_says_who_it_is() -> None:
    assert birth_date("11010519491231002X") == date(1949, 12, 31)
    assert sex("11010519491231002X") is Sex.FEMALE
    assert check_digit("11010519491231002") == "X"


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        " 110105 19491231 002X\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002×",
        "11010519491231002Х",  # the last letter is Cyrillic
        "110105491231002",
    ],
)
def test_every_writing_becomes_one(written: str) -> None:
    assert normalise_id_number(written) == "11010519491231002X"
    check_id_number(written, today=TODAY)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "id_number_malformed"),
        ("1101051949123100", "id_number_malformed"),
        ("1.10105E+17", "id_number_malformed"),
        ("11010519491231002XX", "id_number_malformed"),
        ("01010519491231002X", "id_number_malformed"),
        ("²1010519491231002X", "id_number_check_digit"),
        ("110105194912310021", "id_number_check_digit"),
        (1.10105194912310e17, "id_number_not_text"),
        (110105194912310021, "id_number_not_text"),
        (None, "id_number_not_text"),
        (number_of("130123", "20010229"), "id_number_birth_date"),
        (number_of("130123", "20261002"), "id_number_birth_date"),
        (number_of("130123", "18991231"), "id_number_birth_date"),
        (number_of("139999", "19800101"), "id_number_area"),
        (number_of("840000", "19800101"), "id_number_area"),
    ],
)
def test_what_is_wrong_is_said_with_a_code(value: object, code: str) -> None:
    assert refusal(value) == code


def test_somebody_born_today_is_accepted_and_tomorrow_not() -> None:
    tomorrow = number_of("130123", f"{TODAY + timedelta(days=1):%Y%m%d}")
    check_id_number(number_of("130123", f"{TODAY:%Y%m%d}"), today=TODAY)
    assert refusal(tomorrow) == "id_number_birth_date"
    check_id_number(tomorrow, today=TODAY + timedelta(days=1))


@given(numbers)
def test_numbers_made_by_the_rule_pass(number: str) -> None:
    check_id_number(number, today=TODAY)
    assert normalise_id_number(normalise_id_number(number)) == number
    assert f"{birth_date(number):%Y%m%d}" == number[6:14]
    assert sex(number) is (Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_never_passes(number: str, place: int, digit: str) -> None:
    other = number[:place] + digit + number[place + 1 :]
    if other != number:
        assert refusal(other).startswith("id_number_")


@given(numbers, st.integers(0, 16))
def test_two_digits_swapped_never_pass(number: str, place: int) -> None:
    other = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if other != number:
        refusal(other)


@given(st.text())
def test_any_text_is_passed_or_refused_and_never_repeated(text: str) -> None:
    try:
        check_id_number(text, today=TODAY)
    except Invalid as error:
        said = f"{error} {error.zh} {error.en} {dict(error.extra)}"
        assert not re.search(r"\d{6}", said)
