"""Reading values out of a mapping and noting what is wrong with them, so that one pass finds every mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a definition and where it is, such as `route[1].tier`."""

    place: str
    message: str


class DefinitionError(ValueError):
    """The definition cannot be used; `problems` says every reason at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class Reader:
    """The notes of one pass over a mapping. Every question answers something usable, right or wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: str, message: str) -> None:
        """Note what is wrong at a place."""
        self.problems.append(Problem(place or "definition", message))

    def known(self, item: Mapping[str, Any], place: str, names: set[str]) -> None:
        """Note every name that means nothing here."""
        for name in item:
            if name not in names:
                self.problem(at(place, str(name)), f"is not one of {', '.join(sorted(names))}")

    def text(self, item: Mapping[str, Any], name: str, place: str) -> str:
        """Answer a text that is not empty."""
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.problem(at(place, name), "is not a text")
        return ""

    def texts(self, item: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
        """Answer a list of texts, none when it is left out."""
        value = item.get(name, [])
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            return tuple(value)
        self.problem(at(place, name), "is not a list of texts")
        return ()

    def count(
        self, item: Mapping[str, Any], name: str, place: str, *, default: int | None = None, most: int | None = None
    ) -> int:
        """Answer a whole number from 1 upwards."""
        value = item.get(name, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and value >= 1 and (most is None or value <= most):
            return int(value)
        self.problem(at(place, name), f"is not a whole number from 1 {f'to {most}' if most else 'upwards'}")
        return 1

    def flag(self, item: Mapping[str, Any], name: str, place: str) -> bool:
        """Answer true or false."""
        value = item.get(name)
        if isinstance(value, bool):
            return value
        self.problem(at(place, name), "is not true or false")
        return False

    def one_of(
        self, item: Mapping[str, Any], name: str, place: str, words: type[Word], *, default: Word | None = None
    ) -> Word:
        """Answer one word of a vocabulary."""
        value = item.get(name, default)
        known = [word.value for word in words]
        if value in known:
            return words(value)
        self.problem(at(place, name), f'"{value}" is not one of {", ".join(known)}')
        return next(iter(words))

    def mapping(self, item: Mapping[str, Any], name: str, place: str, of: str) -> Mapping[str, Any] | None:
        """Answer a mapping, or None with a note that says what it is of."""
        value = item.get(name)
        if isinstance(value, Mapping):
            return value
        self.problem(at(place, name), f"is not a mapping of {of}")
        return None

    def items(self, item: Mapping[str, Any], name: str, place: str, *, least: int = 1) -> list[Mapping[str, Any]]:
        """Answer a list of mappings with at least so many."""
        value = item.get(name)
        if not isinstance(value, list) or len(value) < least:
            self.problem(at(place, name), f"is not a list of at least {_number(least)}" if least else "is not a list")
            return []
        wrong = [index for index, entry in enumerate(value) if not isinstance(entry, Mapping)]
        for index in wrong:
            self.problem(f"{at(place, name)}[{index}]", "is not a mapping")
        return [] if wrong else value


def at(place: str, name: str) -> str:
    """Answer the place of a name inside another place."""
    return f"{place}.{name}" if place else name


def _number(least: int) -> str:
    return "one item" if least == 1 else f"{least} items"
