"""A definition as a picture: `draw` answers SVG, always the same for the same definition.

Everything is said by attributes and nothing by styles, so that it can stand in a page whose policy allows none. It
brings its own light ground, so that it can be read on a dark page too.
"""

from __future__ import annotations

from shared.approval.core.definition import Definition
from shared.approval.drawing.layout import Column, column_of
from shared.approval.drawing.paint import Paint
from shared.approval.drawing.text import wrapped
from shared.approval.drawing.wording import Language, Wording

MARGIN = 20
LEAST_WIDTH = 280
_TITLE, _SMALL = 18, 13
_BETWEEN = 28


def draw(definition: Definition, *, language: Language = Language.CHINESE) -> str:
    """Answer the route of a definition as an SVG document."""
    words = Wording.of(definition, language)
    route = column_of(definition.route, words)
    width = max(route.width, LEAST_WIDTH)
    paint = Paint()
    centre = MARGIN + width / 2
    top = _head(paint, definition, words, centre, width)
    start = Column.pill(words("start"))
    end = Column.pill(words("end"))
    bottom = Column((start, *route.items, end)).place(paint, centre, top)
    bottom = _notes(paint, words.notes(definition), bottom + _BETWEEN, width)
    return paint.document(
        width=width + 2 * MARGIN,
        height=bottom + MARGIN,
        title=words.heading(definition),
        description=words.told(definition),
    )


def _head(paint: Paint, definition: Definition, words: Wording, centre: float, width: float) -> float:
    """Write the name of the definition; answers where the route begins."""
    y = float(MARGIN)
    for line in wrapped(words.pick(definition.title.zh, definition.title.en), width, _TITLE):
        y += _TITLE + 6
        paint.text(line, centre, y, size=_TITLE, bold=True, anchor="middle")
    y += _SMALL + 8
    paint.text(words.version(definition), centre, y, size=_SMALL, colour="soft", anchor="middle")
    return y + 20


def _notes(paint: Paint, notes: list[str], top: float, width: float) -> float:
    y = top
    for note in notes:
        for place, line in enumerate(wrapped(note, width - 16, _SMALL)):
            y += _SMALL + 6
            if place == 0:
                paint.text("•", MARGIN, y, size=_SMALL, colour="soft")
            paint.text(line, MARGIN + 14, y, size=_SMALL, colour="soft")
        y += 3
    return y


__all__ = ["Language", "Wording", "draw"]
