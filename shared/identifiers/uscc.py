"""The unified social credit code of an organisation (GB 32100): optional everywhere, checked when given.

Village economic organisations begin with N, and units of 雄安 carry 133100: so letters are allowed in the first two
places and the area digits are compared with no table.
"""

from __future__ import annotations

import re

from shared.errors import Invalid
from shared.identifiers.text import plain

#: The 31 characters of GB 32100: no I, O, S, V, Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_FORM = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def normalise_uscc(value: str) -> str:
    """Answer the code in its one form: half-width capitals without spaces."""
    return plain(value)


def check_uscc(value: str) -> None:
    """Pass a code that GB 32100 allows; refuse any other.

    Raises:
        Invalid: `uscc_malformed` or `uscc_check_character`.
    """
    code = normalise_uscc(value)
    if not _FORM.fullmatch(code):
        raise Invalid(
            "uscc_malformed",
            zh="统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z）",
            en="A unified social credit code has 18 digits or capitals, without I, O, S, V and Z",
        )
    if code[17] != uscc_check_character(code[:17]):
        raise Invalid(
            "uscc_check_character",
            zh="统一社会信用代码校验位不符，请核对是否输错",
            en="The check character does not fit: compare the code with the certificate",
        )


def uscc_check_character(body: str) -> str:
    """Answer the 18th place that belongs to these 17 characters (GB 32100, modulus 31)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]
