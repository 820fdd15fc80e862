"""Credit codes, mobile numbers and masks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.identifiers import (
    check_mobile,
    check_uscc,
    mask_id,
    mask_mobile,
    mask_name,
    normalise_mobile,
    normalise_uscc,
    uscc_check_character,
)
from shared.identifiers.uscc import ALPHABET

bodies = st.builds(
    lambda head, area, rest: head + area + rest,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("code", ["91110000600037341L", "91350100M000100Y43", " 91110000600037341l"])
def test_credit_codes_of_the_real_world_pass(code: str) -> None:
    check_uscc(code)


@pytest.mark.parametrize("body", ["N2130123MF1234567", "12133100MB0A12345", "51130000500012345"])
def test_villages_and_xiongan_units_pass(body: str) -> None:
    check_uscc(body + uscc_check_character(body))


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("91110000600037341M", "uscc_check_character"),
        ("9111000060003734", "uscc_malformed"),
        ("91110000600037341O", "uscc_malformed"),
        ("911100A0600037341L", "uscc_malformed"),
        ("", "uscc_malformed"),
    ],
)
def test_credit_codes_that_break_the_standard_are_refused(code: str, refusal: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_uscc(code)
    assert caught.value.code == refusal


@given(bodies, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(body: str, place: int, character: str) -> None:
    code = body + uscc_check_character(body)
    check_uscc(code)
    assert normalise_uscc(code.lower()) == code
    other = code[:place] + character + code[place + 1 :]
    if other != code:
        with pytest.raises(Invalid):
            check_uscc(other)


@pytest.mark.parametrize("written", ["15400312345", "+86 154 0031 2345", "008615400312345", "154-0031-2345"])
def test_mobile_numbers_in_usual_writing_pass(written: str) -> None:
    check_mobile(written)
    assert normalise_mobile(written) == "15400312345"


@pytest.mark.parametrize("number", ["13900861345", "13008613579", "15500861900"])
def test_a_country_code_inside_a_number_is_part_of_it(number: str) -> None:
    check_mobile(number)
    assert normalise_mobile(number) == normalise_mobile(f"+86 {number}") == number


@pytest.mark.parametrize("written", ["12012345678", "1540031234", "154003123456", "1540031234a", "+1 5400312345", ""])
def test_what_is_no_mobile_number_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_mobile(written)
    assert caught.value.code == "mobile_malformed"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王小明", "王*明"), ("王明", "王*"), ("欧阳小明", "欧**明"), ("王", "*"), ("", ""), (" 王小明 ", "王*明")],
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_are_masked() -> None:
    assert mask_id("11010519491231002x") == "1****************X"
    assert mask_mobile("15400312345") == "154******45"
    assert mask_id("12") == "**"


@given(st.text(min_size=1).filter(lambda text: bool(text.strip())))
def test_a_mask_keeps_the_length_and_hides_something(name: str) -> None:
    assert len(mask_name(name)) == len(name.strip())
    assert "*" in mask_name(name)
