"""Regions to choose from: cities, and the counties of each, in the order of their codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.regions import Level, Region, Regions


@dataclass(frozen=True, slots=True)
class City:
    """A city with what can be chosen in it."""

    region: Region
    choices: tuple[Region, ...]


def cities(*, on: date, offices: bool = False) -> tuple[City, ...]:
    """Answer the cities and their counties; with `offices` the cities and the province can be chosen themselves too."""
    return tuple(_cities(on, offices))


def _cities(on: date, offices: bool) -> Iterator[City]:
    regions = Regions.load()
    if offices:
        for province in regions.all(on=on, level=Level.PROVINCE):
            yield City(province, (province,))
    for city in regions.all(on=on, level=Level.CITY):
        counties = regions.children(city.code, on=on)
        # 定州 and 辛集 have no counties: they are their own choice.
        yield City(city, counties if counties and not offices else (city, *counties))


def route_of(code: str, *, on: date) -> tuple[Region, ...]:
    """Answer the regions a report of this region goes through, the lowest first."""
    return Regions.load().chain(code, on=on)
