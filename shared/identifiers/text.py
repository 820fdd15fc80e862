"""How a number typed by hand becomes plain text."""

from __future__ import annotations

import unicodedata

#: What input methods put in for the letter X: multiplication sign, Cyrillic Ha, Greek Chi.
_LOOKS_LIKE_X = str.maketrans("×✕ХхΧχ", "XXXXXX")


def plain(value: str) -> str:
    """Answer the text in half-width capitals without any space, as numbers are written."""
    narrow = unicodedata.normalize("NFKC", value).translate(_LOOKS_LIKE_X)
    return "".join(narrow.split()).upper()
