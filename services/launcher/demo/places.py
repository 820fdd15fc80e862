"""Where things happen: parks, squares, villages, schools and works by county, some by a name that fits any county."""

from __future__ import annotations

from datetime import date
from random import Random

from services.launcher.demo.sources import rows, words
from shared.regions import Level, Region, Regions

#: Names that nearly every county town has, for a kind of place that the list leaves open.
_EVERYWHERE = {
    "park": ("人民公园",),
    "square": ("人民广场", "文化广场"),
    "station": ("客运站",),
    "market": ("中心集贸市场",),
    "school": ("第一中学", "实验小学"),
    "enterprise": ("经济开发区",),
    "office": ("政务服务中心", "机关会议中心"),
    "community": ("幸福里社区", "府前社区", "滨河社区", "育才社区"),
    "village": ("东关村", "西关村", "南庄村", "北庄村"),
}

#: The kinds of place that suit each of the seven enters.
KINDS_OF_ENTER = {
    "enterprise": ("enterprise",),
    "school": ("school",),
    "office": ("office",),
    "community": ("community",),
    "village": ("village",),
    "household": ("community", "village"),
    "public_place": ("park", "square", "station", "market"),
}


class Places:
    """The places of every region on one day."""

    def __init__(self, regions: Regions, *, on: date) -> None:
        self._regions = regions
        self._on = on
        self._listed = {(line["region"], line["kind"]): words(line["names"]) for line in rows("places")}

    def region(self, code: str) -> Region:
        """Answer the region with this code."""
        return self._regions.get(code, on=self._on)

    def homes(self, region: str) -> tuple[Region, ...]:
        """Answer the regions in which people of this region live: itself, or what lies below it."""
        children = self._regions.children(region, on=self._on)
        if not children:
            return (self.region(region),)
        if children[0].level is Level.CITY:
            # The province's own people live in its capital, the first of its cities.
            return self.homes(children[0].code)
        return children

    def listed_homes(self, region: str) -> tuple[Region, ...]:
        """Answer those of the homes for which places are listed by name, or all when none is."""
        known = {code for code, _ in self._listed}
        homes = self.homes(region)
        return tuple(home for home in homes if home.code in known) or homes

    def named(self, region: Region, kind: str) -> tuple[str, ...]:
        """Answer the names of the places of this kind in a region, listed or fitting."""
        listed = self._listed.get((region.code, kind))
        return listed or tuple(region.name + name for name in _EVERYWHERE[kind])

    def pick(self, rng: Random, region: str, kinds: tuple[str, ...]) -> tuple[Region, str]:
        """Answer a home of this region and a place of one of these kinds in it."""
        homes = self.listed_homes(region)
        # Where a kind is listed by name anywhere near, a fitting name would look poor beside it.
        named = [(home, kind) for home in homes for kind in kinds if (home.code, kind) in self._listed]
        home, kind = rng.choice(named or [(home, kind) for home in homes for kind in kinds])
        return home, rng.choice(self.named(home, kind))

    def address(self, rng: Random, region: Region) -> str:
        """Answer where somebody lives in this region."""
        kind = rng.choice(("community", "community", "village"))
        place = rng.choice(self.named(region, kind)).removeprefix(region.name)
        if kind == "village":
            return f"{region.full_name}{place}{rng.randint(1, 260)}号"
        building, stair, floor, door = (rng.randint(1, most) for most in (28, 4, 18, 4))
        return f"{region.full_name}{place}{building}号楼{stair}单元{floor}0{door}室"
