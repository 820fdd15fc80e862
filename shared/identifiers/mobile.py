"""Mobile telephone numbers of the mainland."""

from __future__ import annotations

import re

from shared.errors import Invalid
from shared.identifiers.text import plain

_FORM = re.compile(r"1[3-9][0-9]{9}")
_COUNTRY = re.compile(r"\A(?:\+86|0086)(?=1[3-9])")


def normalise_mobile(value: str) -> str:
    """Answer the number as eleven digits: half-width, without spaces, hyphens or the country code."""
    return _COUNTRY.sub("", plain(value).replace("-", ""))


def check_mobile(value: str) -> None:
    """Pass a mainland mobile number in any usual writing; refuse any other.

    Raises:
        Invalid: `mobile_malformed`.
    """
    if not _FORM.fullmatch(normalise_mobile(value)):
        raise Invalid(
            "mobile_malformed",
            zh="手机号码应为11位数字，以13至19开头",
            en="A mobile number has eleven digits and begins with 13 to 19",
        )
