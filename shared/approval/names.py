"""What regions are called where a case is shown."""

from __future__ import annotations

from datetime import date, datetime

from shared.clock import business_date
from shared.regions import Regions, UnknownRegion


class RegionNames:
    """The names of regions as they are called on a date; a code that is unknown then stands for itself."""

    def __init__(self, regions: Regions, on: date) -> None:
        self._regions = regions
        self._on = on

    @classmethod
    def at(cls, regions: Regions, instant: datetime) -> RegionNames:
        """Answer the names of the day, in Asia/Shanghai, that an instant belongs to."""
        return cls(regions, business_date(instant))

    def of(self, code: str) -> str:
        """Answer a region's full name: 石家庄市正定县."""
        try:
            return self._regions.get(code, on=self._on).full_name
        except UnknownRegion:
            return code
