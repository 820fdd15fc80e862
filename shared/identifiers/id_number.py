"""The citizen's ID number (GB 11643): 6 digits of area, 8 of birth, 3 of order (odd is male), 1 to check.

Ready-made checks refuse living people: they want the area code to have existed in the year of birth, and they do not
know the residence permits of Hong Kong, Macao and Taiwan or the foreigner's card of 2023. So the check is made here.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from shared.errors import Invalid
from shared.identifiers.text import plain

_AREA_FILE = Path(__file__).with_name("area_codes.txt")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD_FORM = re.compile(r"[1-9][0-9]{14}")
#: Residence permits for people of Hong Kong, Macao and Taiwan (GB 11643 form, since 2018).
_PERMIT_AREAS = frozenset({"810000", "820000", "830000"})
#: The permanent residence card for foreigners of 2023: 18 digits, first digit 9; the next five are no area code.
_FOREIGN_CARD = "9"


class Sex(StrEnum):
    """The two codes of GB/T 2261.1 that an ID number can say."""

    MALE = "1"
    FEMALE = "2"


def normalise_id_number(value: object) -> str:
    """Answer the number in its one form: half-width, no spaces, capital X, 18 places.

    An old number of 15 digits gets its century and its check digit. Nothing is checked here but the kind of value.

    Raises:
        Invalid: `id_number_not_text`, when a spreadsheet made a number of it: the last digits are lost by then.
    """
    if not isinstance(value, str):
        raise Invalid(
            "id_number_not_text",
            zh="身份证号码必须是文本：表格已把它变成数字，末几位已丢失，请将该列设为文本后重新填写",
            en="The ID number must be text: the sheet made a number of it and lost its last digits",
        )
    number = plain(value)
    if _OLD_FORM.fullmatch(number):
        body = f"{number[:6]}19{number[6:]}"
        return body + check_digit(body)
    return number


def check_id_number(value: object, *, today: date) -> None:
    """Pass a number that GB 11643 allows, in any of the forms people write it; refuse any other.

    Raises:
        Invalid: `id_number_not_text`, `id_number_malformed`, `id_number_check_digit`, `id_number_birth_date`
            or `id_number_area`. None of them repeats the number.
    """
    number = normalise_id_number(value)
    if not _FORM.fullmatch(number):
        raise Invalid(
            "id_number_malformed",
            zh="身份证号码应为18位：前17位为数字，末位为数字或X",
            en="An ID number has 18 places: 17 digits, then a digit or X",
        )
    if number[17] != check_digit(number[:17]):
        raise Invalid(
            "id_number_check_digit",
            zh="身份证号码校验位不符，请核对是否输错",
            en="The check digit does not fit: compare the number with the card",
        )
    _check_birth(number, today)
    if not _area_is_known(number):
        raise Invalid(
            "id_number_area",
            zh="身份证号码前六位不是任何年份的行政区划代码",
            en="The first six digits are no area code of any year",
        )


def check_digit(body: str) -> str:
    """Answer the 18th place that belongs to these 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def birth_date(number: str) -> date:
    """Answer the date of birth that a checked number says.

    Raises:
        ValueError: the digits are no date; `check_id_number` refuses such a number.
    """
    digits = normalise_id_number(number)[6:14]
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def sex(number: str) -> Sex:
    """Answer the sex that a checked number says: an odd order number is male."""
    return Sex.MALE if int(normalise_id_number(number)[16]) % 2 else Sex.FEMALE


def _check_birth(number: str, today: date) -> None:
    try:
        born = birth_date(number)
    except ValueError:
        born = date.max
    if not date(1900, 1, 1) <= born <= today:
        raise Invalid(
            "id_number_birth_date",
            zh="身份证号码中的出生日期不存在或晚于今天",
            en="The date of birth in the number does not exist or is still to come",
        )


def _area_is_known(number: str) -> bool:
    # The year of birth is left out on purpose: 130682 stands on cards of people born years before 定州 had that code.
    return number.startswith(_FOREIGN_CARD) or number[:6] in _areas()


@cache
def _areas() -> frozenset[str]:
    lines = _AREA_FILE.read_text(encoding="utf-8").splitlines()
    groups = (line.split() for line in lines if not line.startswith("#"))
    return _PERMIT_AREAS | {head + tail for head, *tails in groups for tail in tails}
