"""Where everything of a route stands: nodes below each other, the branches of a fork beside each other.

Each part knows its size before it is placed, so one pass measures from the inside out and one pass draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.approval.core.definition import Branch, Fork, Item, Node
from shared.approval.drawing.paint import Paint
from shared.approval.drawing.text import width_of, wrapped
from shared.approval.drawing.wording import Wording

NODE_WIDTH = 280
GAP = 26
_BETWEEN_BRANCHES = 22
_PAD = 14
_TITLE, _SMALL, _TINY = 16, 13, 12
_LINE = 19
_PILL = 32
_RAIL = 14
#: How much wider than others bold letters are.
_BOLD = 1.13


class Part(Protocol):
    """A part of a drawing."""

    @property
    def width(self) -> float:
        """Answer its width."""

    @property
    def height(self) -> float:
        """Answer its height."""

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""


@dataclass(frozen=True)
class Pill:
    """The beginning and the end of a route, and where branches meet."""

    text: str
    is_end: bool = True

    @property
    def width(self) -> float:
        """Answer its width."""
        return width_of(self.text, _SMALL) * _BOLD + 2 * _PAD

    @property
    def height(self) -> float:
        """Answer its height."""
        return _PILL

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""
        fill, edge, colour = ("go", None, "paper") if self.is_end else ("fork", "deep", "deep")
        paint.box(centre - self.width / 2, top, self.width, self.height, fill=fill, edge=edge, round=_PILL / 2)
        paint.text(self.text, centre, top + _PILL / 2 + 4.5, size=_SMALL, colour=colour, bold=True, anchor="middle")
        return top + self.height


@dataclass(frozen=True)
class Box:
    """A node: its name, its tier, and what is decided by whom and how."""

    title: tuple[str, ...]
    tier: str
    lines: tuple[str, ...]
    is_waiting: bool
    width: float = NODE_WIDTH

    @classmethod
    def of(cls, node: Node, words: Wording) -> Box:
        """Answer the box of a node."""
        tier = words.tier(node)
        room = NODE_WIDTH - 2 * _PAD
        title = wrapped(words.pick(node.title.zh, node.title.en), (room - width_of(tier, _TINY) - 22) / _BOLD, _TITLE)
        lines = [line for said in words.lines(node) for line in wrapped(said, room, _SMALL)]
        return cls(tuple(title), tier, tuple(lines), is_waiting=node.subcase is not None)

    @property
    def height(self) -> float:
        """Answer its height."""
        return 2 * _PAD + len(self.title) * (_TITLE + 6) + len(self.lines) * _LINE

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""
        left, right = centre - self.width / 2, centre + self.width / 2
        paint.box(left, top, self.width, self.height, fill="node", edge="deep", dashed=self.is_waiting)
        chip = width_of(self.tier, _TINY) + 14
        paint.box(right - _PAD - chip + 4, top + _PAD - 1, chip, 20, fill="deep", round=4)
        paint.text(
            self.tier, right - _PAD + 4 - chip / 2, top + _PAD + 13.5, size=_TINY, colour="paper", anchor="middle"
        )
        y = top + _PAD - 6
        for line in self.title:
            y += _TITLE + 6
            paint.text(line, left + _PAD, y, size=_TITLE, bold=True)
        y += 3
        for line in self.lines:
            y += _LINE
            paint.text(line, left + _PAD, y, size=_SMALL, colour="soft")
        return top + self.height


@dataclass(frozen=True)
class Column:
    """Parts below each other, with arrows between them."""

    items: tuple[Part, ...]

    @staticmethod
    def pill(text: str) -> Part:
        """Answer the beginning or the end of a route."""
        return Pill(text)

    @property
    def width(self) -> float:
        """Answer its width."""
        return max((item.width for item in self.items), default=0)

    @property
    def height(self) -> float:
        """Answer its height."""
        return sum(item.height for item in self.items) + GAP * max(len(self.items) - 1, 0)

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""
        y = top
        for number, item in enumerate(self.items):
            if number:
                paint.arrow(centre, y, y + GAP)
                y += GAP
            y = item.place(paint, centre, y)
        return y


@dataclass(frozen=True)
class Way:
    """One branch: under which condition it is taken, and what it passes."""

    when: tuple[str, ...]
    column: Column

    @classmethod
    def of(cls, branch: Branch, fork: Fork, words: Wording) -> Way:
        """Answer a branch of a fork."""
        said = words.when(branch, fork)
        lines = [line for part in said.splitlines() for line in wrapped(part, NODE_WIDTH - 2 * _PAD, _SMALL)]
        return cls(tuple(lines), column_of(branch.route, words))

    @property
    def width(self) -> float:
        """Answer its width."""
        return max(self._label_width, self.column.width)

    @property
    def height(self) -> float:
        """Answer its height."""
        between = GAP if self.when and self.column.items else 0
        return self._label_height + between + self.column.height

    @property
    def _label_width(self) -> float:
        return max((width_of(line, _SMALL) for line in self.when), default=0) + 2 * _PAD if self.when else 0

    @property
    def _label_height(self) -> float:
        return len(self.when) * _LINE + 12 if self.when else 0

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""
        y = top
        if self.when:
            width = self._label_width
            paint.box(centre - width / 2, y, width, self._label_height, fill="when", edge="amber", round=4)
            for number, line in enumerate(self.when):
                paint.text(line, centre, y + 19 + number * _LINE, size=_SMALL, colour="amber_ink", anchor="middle")
            y += self._label_height
            if self.column.items:
                paint.arrow(centre, y, y + GAP)
                y += GAP
        return self.column.place(paint, centre, y)


@dataclass(frozen=True)
class Parting:
    """A fork: its kind, its branches beside each other, and where they meet again."""

    kind: Pill
    ways: tuple[Way, ...]
    join: Pill

    @classmethod
    def of(cls, fork: Fork, words: Wording) -> Parting:
        """Answer the parts of a fork."""
        ways = tuple(Way.of(branch, fork, words) for branch in fork.branches)
        return cls(Pill(words.fork(fork), is_end=False), ways, Pill(words.join(fork), is_end=False))

    @property
    def width(self) -> float:
        """Answer its width."""
        return max(self._ways_width, self.kind.width, self.join.width)

    @property
    def _ways_width(self) -> float:
        return sum(way.width for way in self.ways) + _BETWEEN_BRANCHES * (len(self.ways) - 1)

    @property
    def height(self) -> float:
        """Answer its height."""
        deepest = max(way.height for way in self.ways)
        return self.kind.height + _RAIL + GAP + deepest + _RAIL + GAP + self.join.height

    def place(self, paint: Paint, centre: float, top: float) -> float:
        """Draw it here; answers where it ends."""
        rail = self.kind.place(paint, centre, top) + _RAIL
        paint.line(centre, rail - _RAIL, centre, rail)
        begin = rail + GAP
        meeting = begin + max(way.height for way in self.ways) + _RAIL
        left = centre - self._ways_width / 2
        middles = []
        for way in self.ways:
            middle = left + way.width / 2
            middles.append(middle)
            paint.arrow(middle, rail, begin)
            end = way.place(paint, middle, begin)
            paint.line(middle, end, middle, meeting)
            left += way.width + _BETWEEN_BRANCHES
        for y in (rail, meeting):
            paint.line(min(*middles, centre), y, max(*middles, centre), y)
        paint.arrow(centre, meeting, meeting + GAP)
        return self.join.place(paint, centre, meeting + GAP)


def column_of(route: tuple[Item, ...], words: Wording) -> Column:
    """Answer a route, or the route of a branch, as parts below each other."""
    return Column(tuple(Box.of(item, words) if isinstance(item, Node) else Parting.of(item, words) for item in route))
