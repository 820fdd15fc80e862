"""ID numbers for the people of a story: valid, and nobody's."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cache

from services.launcher.demo.papers import id_number
from shared.identifiers import Sex
from shared.regions import Regions

_PROVINCE = "130000"
_CARDS_MADE = date(2021, 1, 1)


def made_up_id_number(chance: random.Random) -> str:
    """Answer a valid ID number that is nobody's: each telling of the story needs new people.

    They come from all over the province: one county's made-up numbers would be used up after some hundred tellings.
    """
    born = date(1960, 1, 1) + timedelta(days=chance.randrange(16_000))
    return id_number(chance, area=chance.choice(_areas()), born=born, sex=chance.choice((Sex.MALE, Sex.FEMALE)))


@cache
def _areas() -> tuple[str, ...]:
    return tuple(sorted(Regions.load().below(_PROVINCE, on=_CARDS_MADE)))
