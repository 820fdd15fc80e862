"""How wide a text is, without a font to ask: Chinese is as wide as it is high, other letters by their shape."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NARROW, _WIDE = frozenset("iljtfrI.,:;!|'()[]/ "), frozenset("mwMWQO@%→…—")
_OTHERS, _CAPITALS = 0.58, 0.72
#: What must not begin a line, and what must not end one.
_CLOSING, _OPENING = frozenset("，。、；：）」』”》！？)],.;:%"), frozenset("（「『“《([")
_PIECES = re.compile(r"“[^”]{1,12}”|[A-Za-z0-9_./*~-]+|\s+|.", re.DOTALL)


def width_of(text: str, size: float) -> float:
    """Answer the most that a text takes in common fonts, in pixels for a size in pixels."""
    return sum(_width(letter) for letter in text) * size


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in ("W", "F", "A"):
        return 1.0
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.95
    return _CAPITALS if letter.isupper() else _OTHERS


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Answer a text in lines of at most this width; Chinese breaks anywhere, other words stay whole if they fit."""
    lines, line = [], ""
    for piece in _pieces(text, width, size):
        fits = width_of(line + piece, size) <= width
        if fits or not line or piece in _CLOSING:
            line += piece
            continue
        carried = ""
        while line and line[-1] in _OPENING:
            line, carried = line[:-1], line[-1] + carried
        if line.strip():
            lines.append(line.strip())
        line = carried + piece.lstrip()
    if line.strip():
        lines.append(line.strip())
    return lines


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    for found in _PIECES.finditer(text):
        piece = found.group()
        if width_of(piece, size) <= width:
            yield piece
        else:
            yield from piece
