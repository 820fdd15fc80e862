"""The table of regions and the questions asked of it: who stands above, who below, on which date."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from shared.regions.region import Kind, Level, NotReporting, Region, UnknownRegion

#: The project's own table: the divisions of Hebei in 2017 and since, in one dated list.
DEFAULT_FILE = Path(__file__).with_name("hebei.csv")

#: What people leave out when they write a name by hand, longest first: 正定 for 正定县.
_SUFFIXES = ("自治县", "县", "区", "市", "省")


class Regions:
    """Every region known, asked by code and date. Scope follows the dated parent table, never a code's digits."""

    def __init__(self, rows: Iterable[Region]) -> None:
        self._by_code: dict[str, list[Region]] = defaultdict(list)
        self._under: dict[str, list[Region]] = defaultdict(list)
        for row in rows:
            self._by_code[row.code].append(row)
            if row.parent is not None and row.reports:
                self._under[row.parent].append(row)
        self._all = tuple(row for versions in self._by_code.values() for row in versions)

    @classmethod
    def load(cls, path: Path = DEFAULT_FILE) -> Regions:
        """Answer the table in this file, read once for the life of the process."""
        return _load(path)

    def get(self, code: str, *, on: date) -> Region:
        """Answer the region that has this code on this date.

        Raises:
            UnknownRegion: no region has it then, though it may have had it before or after.
        """
        for row in self._by_code.get(code, ()):
            if row.exists_on(on):
                return row
        raise UnknownRegion(
            zh=f"区划代码 {code} 在 {on} 不存在",
            en=f"No region has the code {code} on {on}",
            code_asked=code,
            on=on.isoformat(),
        )

    def knows(self, code: str, *, on: date) -> bool:
        """Tell whether a region has this code on this date."""
        return any(row.exists_on(on) for row in self._by_code.get(code, ()))

    def name_of(self, code: str, *, on: date) -> str:
        """Answer the full name that a code has on this date, or had last; an unknown code stands for itself."""
        rows = self._by_code.get(code, [])
        row = next((row for row in rows if row.exists_on(on)), rows[-1] if rows else None)
        return row.full_name if row is not None else code

    def chain(self, code: str, *, on: date) -> tuple[Region, ...]:
        """Answer the reporting line from this region, itself first, up to the province.

        Raises:
            NotReporting: the code is a functional zone.
        """
        steps = [self._reporting(code, on=on)]
        while (above := steps[-1].parent) is not None:
            steps.append(self._reporting(above, on=on))
        return tuple(steps)

    def children(self, code: str, *, on: date) -> tuple[Region, ...]:
        """Answer the regions that report straight to this one on this date, in the order of their codes."""
        self._reporting(code, on=on)
        found = (row for row in self._under.get(code, ()) if row.exists_on(on))
        return tuple(sorted(found, key=lambda row: row.code))

    def below(self, code: str, *, on: date) -> frozenset[str]:
        """Answer the codes of this region and of all that report to it, near or far, on this date."""
        found = {code}
        for child in self.children(code, on=on):
            found |= self.below(child.code, on=on)
        return frozenset(found)

    def below_ever(self, code: str) -> frozenset[str]:
        """Answer the codes that report, or ever reported, to this one.

        Old records keep their old codes (滦县 130223), so whoever reads archives needs these beside `below`.
        """
        found = {code}
        for child in self._under.get(code, ()):
            found |= self.below_ever(child.code)
        return frozenset(found)

    def contains(self, upper: str, code: str, *, on: date) -> bool:
        """Tell whether `code` is `upper` or reports to it, near or far, on this date. Unknown codes are in nothing."""
        if not (self.knows(code, on=on) and self.get(code, on=on).reports):
            return False
        return any(step.code == upper for step in self.chain(code, on=on))

    def all(self, *, on: date, level: Level | None = None) -> tuple[Region, ...]:
        """Answer the reporting regions of this level (or of every level) that exist on this date, by code."""
        found = (row for row in self._all if row.reports and row.exists_on(on) and level in (None, row.level))
        return tuple(sorted(found, key=lambda row: row.code))

    def county_units(self, *, on: date) -> tuple[Region, ...]:
        """Answer the county-level units of GB/T 2260 on this date, 定州 and 辛集 among them."""
        return tuple(row for row in self.all(on=on) if row.is_county_unit)

    def matching(self, name: str, *, on: date, city: str | None = None) -> tuple[Region, ...]:
        """Answer every reporting region written so, by its full or short name; within a city when one is named."""
        wanted = name.strip()
        candidates = tuple(row for row in self.all(on=on) if city is None or self._is_in(row, city.strip(), on=on))
        exact = tuple(row for row in candidates if wanted in (row.name, row.full_name))
        return exact or _highest(row for row in candidates if wanted == _short(row.name))

    def find(self, name: str, *, on: date, city: str | None = None) -> Region:
        """Answer the one region written so on this date.

        Raises:
            UnknownRegion: none is, or several are (桥西区 is in 石家庄 and in 张家口): then name the city.
        """
        found = self.matching(name, on=on, city=city)
        if len(found) == 1:
            return found[0]
        if not found:
            raise UnknownRegion(zh=f"没有名为“{name}”的区划", en=f"No region is called {name}")
        names = [row.full_name for row in found]
        raise UnknownRegion(
            "region_ambiguous",
            zh=f"“{name}”不止一个：{'、'.join(names)}，请注明所在市",
            en=f"More than one region is called {name}: name the city",
            candidates=[row.code for row in found],
        )

    def _reporting(self, code: str, *, on: date) -> Region:
        region = self.get(code, on=on)
        if not region.reports:
            raise NotReporting(zh=f"{region.full_name}是功能区，仅供统计，不是报送单位")
        return region

    def _is_in(self, row: Region, city: str, *, on: date) -> bool:
        return any(city in (step.code, step.name, _short(step.name)) for step in self.chain(row.code, on=on)[:2])


@cache
def _load(path: Path) -> Regions:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    cities = {line["code"]: line["name"] for line in lines if line["level"] == Level.CITY}
    return Regions(_region(line, cities) for line in lines)


def _region(line: Mapping[str, str], cities: Mapping[str, str]) -> Region:
    return Region(
        code=line["code"],
        name=line["name"],
        full_name=cities.get(line["parent"], "") + line["name"],
        level=Level(line["level"]),
        parent=line["parent"] or None,
        gb_parent=line["gb_parent"] or None,
        kind=Kind(line["kind"]),
        alt_code=line["alt_code"] or None,
        note=line["note"],
        valid_from=_day(line["valid_from"]),
        valid_to=_day(line["valid_to"]),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _highest(rows: Iterable[Region]) -> tuple[Region, ...]:
    """Keep the rows of the highest level: 承德 alone is the city, though a county is called so as well."""
    found = tuple(rows)
    top = max((row.level.order for row in found), default=0)
    return tuple(row for row in found if row.level.order == top)


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        # 赵县 and 魏县 are never called 赵 or 魏 alone: two characters stay whole.
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name
