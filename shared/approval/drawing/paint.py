"""The strokes of a drawing: boxes, lines and texts, each one SVG element."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

FONTS = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"
COLOURS: Mapping[str, str] = {
    "paper": "#ffffff",
    "edge": "#cfd8dd",
    "ink": "#1b2733",
    "soft": "#4c5b69",
    "line": "#5d6f7b",
    "deep": "#0c3b4e",
    "node": "#f4f7f8",
    "go": "#0f6a52",
    "fork": "#e8f1f6",
    "when": "#fff3dc",
    "amber": "#a86600",
    "amber_ink": "#6b4100",
}
_ARROW = 5


class Paint:
    """What has been drawn so far, from the back to the front."""

    def __init__(self) -> None:
        self._strokes: list[str] = []

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        edge: str | None = None,
        round: float = 6,
        dashed: bool = False,
    ) -> None:
        """Draw a rectangle with round corners."""
        around = f' stroke="{COLOURS[edge]}" stroke-width="1.5"' if edge else ""
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._strokes.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(round)}" '
            f'fill="{COLOURS[fill]}"{around}{dashes}/>'
        )

    def text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float,
        colour: str = "ink",
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """Write one line, with `y` as its base line."""
        weight = ' font-weight="700"' if bold else ""
        middle = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._strokes.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{COLOURS[colour]}"{weight}{middle}>'
            f"{clean(text)}</text>"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a straight line."""
        way = f"M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"
        self._strokes.append(f'<path d="{way}" fill="none" stroke="{COLOURS["line"]}" stroke-width="1.5"/>')

    def arrow(self, x: float, y1: float, y2: float) -> None:
        """Draw an arrow downwards."""
        self.line(x, y1, x, y2 - _ARROW)
        self._strokes.append(
            f'<path d="M{_n(x - _ARROW)} {_n(y2 - _ARROW * 1.6)}L{_n(x + _ARROW)} {_n(y2 - _ARROW * 1.6)}'
            f'L{_n(x)} {_n(y2)}Z" fill="{COLOURS["line"]}"/>'
        )

    def document(self, *, width: float, height: float, title: str, description: str) -> str:
        """Answer all of it on paper of this size."""
        size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
        paper = (
            f'<rect x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="8" '
            f'fill="{COLOURS["paper"]}" stroke="{COLOURS["edge"]}"/>'
        )
        head = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONTS}">',
            f"<title>{clean(title)}</title>",
            f"<desc>{clean(description)}</desc>",
            paper,
        ]
        return "\n".join([*head, *self._strokes, "</svg>"]) + "\n"


def clean(text: str) -> str:
    """Answer a text as XML may hold it: escaped, and without the characters that XML 1.0 has no way to write."""
    return escape("".join(letter if _is_writable(letter) else "\ufffd" for letter in text))


def _is_writable(letter: str) -> bool:
    code = ord(letter)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _n(value: float) -> str:
    """Answer a number with at most one decimal, always written in the same way."""
    return f"{round(value, 1):g}"
