"""Names as they are heard in Hebei: surnames by how common they are, given names by sex and generation."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from services.launcher.demo.sources import numbers, rows, words
from shared.identifiers import Sex


class Names:
    """A supply of full names, none of them given twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()
        self._surnames = [line["surname"] for line in rows("surnames")]
        self._weights = [numbers(line["weight"])[0] for line in rows("surnames")]

    def next(self, *, sex: Sex, born: int) -> str:
        """Answer a name for somebody of this sex born in this year."""
        return next(name for name in self._tries(sex, born) if self._is_new(name))

    def _tries(self, sex: Sex, born: int) -> Iterator[str]:
        fitting = given_names(sex=sex, born=born)
        while True:
            surname = self._rng.choices(self._surnames, self._weights)[0]
            yield surname + self._rng.choice(fitting)

    def _is_new(self, name: str) -> bool:
        known = name in self._given
        self._given.add(name)
        return not known


def given_names(*, sex: Sex, born: int) -> tuple[str, ...]:
    """Answer the given names of the generation that has this year of birth."""
    return next(
        words(line["names"])
        for line in rows("given_names")
        if line["sex"] == sex and int(line["from_year"]) <= born <= int(line["to_year"])
    )
