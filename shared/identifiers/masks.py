"""What others may see of a person's name and numbers (志愿服务条例 art. 20, PIPL art. 51)."""

from __future__ import annotations

from shared.identifiers.text import plain


def mask_name(name: str) -> str:
    """Answer the name with its middle starred: 王小明 → 王*明, 王明 → 王*. A single character is starred whole."""
    written = name.strip()
    if len(written) <= 2:
        return written[:-1] + "*" * min(len(written), 1)
    return written[0] + "*" * (len(written) - 2) + written[-1]


def mask_id(number: str) -> str:
    """Answer the first and the last place of an ID number, all else starred."""
    written = plain(number)
    return _keep(written, 1, 1)


def mask_mobile(number: str) -> str:
    """Answer the first three and the last two digits of a mobile number, all else starred."""
    return _keep(plain(number), 3, 2)


def _keep(written: str, first: int, last: int) -> str:
    # What is too short to be a number is starred whole: its ends would be all of it.
    if len(written) <= first + last:
        return "*" * len(written)
    return written[:first] + "*" * (len(written) - first - last) + written[-last:]
