"""Ages, volunteer numbers, and the field that a rule is about."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules import NUMBERS_PER_BLOCK, age_on, check_age, place_of, volunteer_number
from shared.errors import Invalid

TODAY = date(2026, 9, 20)


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        (date(2008, 9, 20), 18),
        (date(2008, 9, 21), 17),
        (date(2012, 9, 20), 14),
        (date(2012, 9, 21), 13),
        (date(1943, 1, 1), 83),
        (TODAY, 0),
    ],
)
def test_a_year_of_age_is_full_on_the_birthday(birth: date, age: int) -> None:
    assert age_on(birth, TODAY) == age


def test_who_was_born_on_29_february_turns_a_year_older_in_march() -> None:
    assert age_on(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert age_on(date(2012, 2, 29), date(2026, 3, 1)) == 14


@pytest.mark.parametrize(
    ("birth", "guardian", "code", "pointer"),
    [
        (date(2012, 9, 21), True, "too_young", "/id_number"),
        (date(2012, 9, 20), False, "guardian_consent_missing", "/guardian_consents"),
        (date(2008, 9, 21), False, "guardian_consent_missing", "/guardian_consents"),
    ],
)
def test_children_are_refused_and_minors_need_a_guardian(birth: date, guardian: bool, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_age(birth, TODAY, guardian_consents=guardian)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


@pytest.mark.parametrize(("birth", "guardian"), [(date(2012, 9, 20), True), (date(2008, 9, 20), False)])
def test_minors_with_consent_and_adults_pass(birth: date, guardian: bool) -> None:
    check_age(birth, TODAY, guardian_consents=guardian)


blocks = st.from_regex(r"[0-9]{2}", fullmatch=True)
serials = st.integers(1, NUMBERS_PER_BLOCK)


@given(block=blocks, serial=serials)
def test_a_volunteer_number_has_eleven_places(block: str, serial: int) -> None:
    number = volunteer_number(block, serial)
    assert number[0] == "A"
    assert len(number) == 11
    assert number[1:].isdigit()


@given(st.tuples(blocks, serials), st.tuples(blocks, serials))
def test_no_two_people_get_one_number(one: tuple[str, int], other: tuple[str, int]) -> None:
    assert (volunteer_number(*one) == volunteer_number(*other)) is (one == other)


@given(block=blocks, serial=serials, place=st.integers(1, 10), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_makes_no_other_valid_number(block: str, serial: int, place: int, digit: str) -> None:
    number = volunteer_number(block, serial)
    slip = number[:place] + digit + number[place + 1 :]
    if slip != number and int(slip[3:10]) > 0:
        assert volunteer_number(slip[1:3], int(slip[3:10])) != slip


def test_a_full_block_gives_no_more_numbers() -> None:
    volunteer_number("01", NUMBERS_PER_BLOCK)
    with pytest.raises(Invalid, match="number_block_full"):
        volunteer_number("01", NUMBERS_PER_BLOCK + 1)


def test_the_place_of_a_sealed_value_names_table_column_and_row() -> None:
    assert place_of("id_number", "v1") == "volunteer/id_number/v1"
