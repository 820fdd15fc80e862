"""One region at one time, and the errors met when a code is not what was hoped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.errors import Invalid

ROOT_REGION = "130000"
"""The province, which every reporting line ends at."""


class Level(StrEnum):
    """A tier of the reporting line. 定州 and 辛集 are of the city level here (notice, heading)."""

    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"

    @property
    def order(self) -> int:
        """Answer 1 for a county, 2 for a city, 3 for a province, so that levels can be compared."""
        return _ORDER[self]

    def reaches(self, other: Level) -> bool:
        """Tell whether this level is the other one or above it."""
        return self.order >= other.order


_ORDER = {Level.COUNTY: 1, Level.CITY: 2, Level.PROVINCE: 3}


class Kind(StrEnum):
    """What a region is in the code standard (GB/T 2260), apart from its place in the reporting line."""

    PROVINCE = "province"
    PREFECTURE_CITY = "prefecture_city"
    COUNTY_CITY = "county_city"
    DISTRICT = "district"
    COUNTY = "county"
    AUTONOMOUS_COUNTY = "autonomous_county"
    FUNCTIONAL_ZONE = "functional_zone"


#: The kinds counted as county-level units by GB/T 2260 (定州 and 辛集 among them): 七进 is drawn over these.
COUNTY_UNIT_KINDS = frozenset({Kind.COUNTY_CITY, Kind.DISTRICT, Kind.COUNTY, Kind.AUTONOMOUS_COUNTY})


class UnknownRegion(Invalid):
    """No region has this code or name on this date."""

    default_code = "unknown_region"
    default_zh = "区划代码不存在或在该日期无效"
    default_en = "No region has this code on this date"


class NotReporting(Invalid):
    """The code is a functional zone, kept for statistics: it reports to nobody and nobody to it."""

    default_code = "region_not_reporting"
    default_zh = "功能区仅供统计，不是报送单位"
    default_en = "A functional zone is statistical only and is no reporting unit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A region as it is from `valid_from` (that day included) until `valid_to` (that day not included)."""

    #: Six digits of GB/T 2260. One code may have had two names (邢台's 130502: 桥东区, then 襄都区).
    code: str
    #: The Chinese name by itself: 正定县.
    name: str
    #: The name that is clear by itself: 石家庄市正定县.
    full_name: str
    level: Level
    #: The code this region reports to; None for the province.
    parent: str | None
    #: The code it stands under in GB/T 2260 (定州 under 保定): for imports only, never for scope.
    gb_parent: str | None
    kind: Kind
    #: The code the statistics bureau once used (139001 定州), accepted in imports.
    alt_code: str | None = None
    note: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def exists_on(self, on: date) -> bool:
        """Tell whether the region exists, under this name and parent, on the date (Asia/Shanghai)."""
        started = self.valid_from is None or self.valid_from <= on
        return started and (self.valid_to is None or on < self.valid_to)

    @property
    def reports(self) -> bool:
        """Tell whether the region stands in a reporting line: all but functional zones do."""
        return self.kind is not Kind.FUNCTIONAL_ZONE

    @property
    def is_county_unit(self) -> bool:
        """Tell whether GB/T 2260 counts it among the county-level units (167 in Hebei today)."""
        return self.kind in COUNTY_UNIT_KINDS
