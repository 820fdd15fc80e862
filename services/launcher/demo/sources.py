"""The lists that come with the package: names, places, organisations and what such organisations do."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("data")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Answer the lines of one of the package's lists, read once."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def words(text: str) -> tuple[str, ...]:
    """Answer the words of a cell that holds several, in their order."""
    return tuple(text.split())


def numbers(text: str) -> tuple[int, ...]:
    """Answer the whole numbers of a cell that holds several."""
    return tuple(int(word) for word in words(text))


def only(lines: Iterable[dict[str, str]], column: str, word: str) -> list[dict[str, str]]:
    """Keep the lines that name the word in a column that may hold several."""
    return [line for line in lines if word in words(line[column])]
