"""Numbers that pass every check and belong to nobody."""

from __future__ import annotations

from datetime import date
from random import Random

from shared.identifiers import Sex, check_digit, uscc_check_character
from shared.regions import Regions

#: The code before the change, for people whose card was made before it (滦州, 任泽, 南和, 信都).
_CODE_BEFORE = {"130284": "130223", "130505": "130526", "130506": "130527", "130503": "130521"}
#: Orders that an office hardly ever reaches for one county and day, so that no living person is likely to be hit.
_MALE_ORDERS, _FEMALE_ORDERS = (991, 993, 995, 997, 999), (990, 992, 994, 996, 998)
#: No operator was ever given 154.
_MOBILE_BLOCK = 154
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CARD_AGE = 16


def card_area(region: str, *, born: date, regions: Regions) -> str:
    """Answer the area code that stood for the region when the person's card was made, at sixteen."""
    made = date(born.year + _CARD_AGE, 1, 1)
    earlier = _CODE_BEFORE.get(region, region)
    # The table begins with the divisions of 2017 and says nothing of earlier days: they stand for all of them.
    return earlier if regions.knows(earlier, on=made) else region


def id_number(rng: Random, *, area: str, born: date, sex: Sex) -> str:
    """Answer a valid number of GB 11643 whose order number shows that it is made up."""
    order = rng.choice(_MALE_ORDERS if sex is Sex.MALE else _FEMALE_ORDERS)
    body = f"{area}{born:%Y%m%d}{order}"
    return body + check_digit(body)


def mobile(serial: int) -> str:
    """Answer the mobile number of the person with this serial number."""
    # 7919 is prime, so that neighbours do not look like neighbours and no two are the same.
    return f"{_MOBILE_BLOCK}{serial * 7919 % 100_000_000:08d}"


def uscc(rng: Random, *, prefix: str, region: str) -> str:
    """Answer a credit code valid by GB 32100 whose organisation code is valid by GB 11714."""
    serial = f"MJ{rng.randrange(10**6):06d}"
    total = sum(int(mark, 36) * weight for mark, weight in zip(serial, _BODY_WEIGHTS, strict=True))
    body = f"{prefix}{region}{serial}{'0123456789X0'[(11 - total % 11)]}"
    return body + uscc_check_character(body)


def engineer_certificate(rng: Random) -> str:
    """Answer a certificate number of a registered safety engineer, in the form of the paper ones."""
    return f"冀AQ{rng.randrange(2009, 2025)}{rng.randrange(10**5):05d}"
