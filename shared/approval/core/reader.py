"""Reading values out of a mapping and noting what is wrong with them, so that one pass finds every mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from shared.approval.core.mistakes import Mistake, Problem, problem

Word = TypeVar("Word", bound=StrEnum)

#: Bounds for what has none of its own; beyond them a number is a slip and a list is an attack.
MOST = 99_999
MOST_ITEMS = 100
LONGEST_TEXT = 100
LONGEST_KEY = 60
LONGEST_SHOWN = 40
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class Reader:
    """The notes of one pass over a mapping. Every question answers something usable, right or wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: str, mistake: Mistake, **values: object) -> None:
        """Note what is wrong at a place."""
        self.problems.append(problem(place, mistake, **values))

    def known(self, item: Mapping[str, Any], place: str, names: set[str]) -> None:
        """Note every name that means nothing here."""
        for name in item:
            if name not in names:
                # A name that cannot be part of a place is told of at the mapping it stands in.
                where = at(place, name) if str(name).isidentifier() else place
                self.problem(where, Mistake.UNKNOWN_NAME, name=shown(name), known=listed(sorted(names)))

    def text(self, item: Mapping[str, Any], name: str, place: str, *, longest: int = LONGEST_TEXT) -> str:
        """Answer a text that is not empty."""
        value = item.get(name)
        if not isinstance(value, str) or not value.strip():
            self.problem(at(place, name), Mistake.NOT_A_TEXT)
            return ""
        if len(value) > longest:
            self.problem(at(place, name), Mistake.TOO_LONG, most=longest)
        return value

    def key(self, item: Mapping[str, Any], name: str, place: str) -> str:
        """Answer the name of a definition or of a node."""
        value = self.text(item, name, place, longest=LONGEST_KEY)
        if value and not _KEY.fullmatch(value):
            self.problem(at(place, name), Mistake.NOT_A_KEY)
        return value

    def texts(self, item: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
        """Answer a list of texts, none when it is left out."""
        value = item.get(name, [])
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            self._bound(value, at(place, name))
            return tuple(value)
        self.problem(at(place, name), Mistake.NOT_TEXTS)
        return ()

    def count(
        self, item: Mapping[str, Any], name: str, place: str, *, default: int | None = None, most: int = MOST
    ) -> int:
        """Answer a whole number from 1 upwards."""
        value = item.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.problem(at(place, name), Mistake.NOT_A_COUNT, most=most)
        return 1

    def flag(self, item: Mapping[str, Any], name: str, place: str) -> bool:
        """Answer true or false."""
        value = item.get(name)
        if isinstance(value, bool):
            return value
        self.problem(at(place, name), Mistake.NOT_A_FLAG)
        return False

    def one_of(
        self, item: Mapping[str, Any], name: str, place: str, words: type[Word], *, default: Word | None = None
    ) -> Word:
        """Answer one word of a vocabulary."""
        value = item.get(name, default)
        known = [word.value for word in words]
        if value in known:
            return words(value)
        self.problem(at(place, name), Mistake.NOT_A_WORD, value=shown(value), known=listed(known))
        return next(iter(words))

    def mapping(self, item: Mapping[str, Any], name: str, place: str, of: Iterable[str]) -> Mapping[str, Any] | None:
        """Answer a mapping, or None with a note that says what it is of."""
        value = item.get(name)
        if isinstance(value, Mapping):
            return value
        self.problem(at(place, name), Mistake.NOT_A_MAPPING, known=listed(of))
        return None

    def items(self, item: Mapping[str, Any], name: str, place: str, *, least: int = 1) -> list[Mapping[str, Any]]:
        """Answer a list of mappings with at least so many."""
        value = item.get(name)
        if not isinstance(value, list) or len(value) < least:
            self.problem(at(place, name), Mistake.NOT_A_LIST, least=least)
            return []
        self._bound(value, at(place, name))
        wrong = [index for index, entry in enumerate(value) if not isinstance(entry, Mapping)]
        for index in wrong:
            self.problem(f"{at(place, name)}[{index}]", Mistake.NOT_A_MAPPING, known=listed(["…"]))
        return [] if wrong else value

    def _bound(self, value: list[Any], place: str) -> None:
        if len(value) > MOST_ITEMS:
            self.problem(place, Mistake.TOO_MANY, most=MOST_ITEMS)


def at(place: str, name: str) -> str:
    """Answer the place of a name inside another place."""
    return f"{place}.{name}" if place and not name.startswith("[") else f"{place}{name}"


def listed(names: Iterable[str]) -> str:
    """Answer names as a list in a text."""
    return ", ".join(names)


def shown(value: object) -> str:
    """Answer what somebody wrote as it is repeated to them: not all of it when it is long, or holds much."""
    text = str(value) if value is None or isinstance(value, str | int | float) else "…"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
