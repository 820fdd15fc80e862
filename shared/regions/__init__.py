"""Administrative regions and reporting lines: a dated parent table, read from data and never from a code's prefix."""

from shared.regions.region import ROOT_REGION, Kind, Level, NotReporting, Region, UnknownRegion
from shared.regions.table import Regions

__all__ = ["ROOT_REGION", "Kind", "Level", "NotReporting", "Region", "Regions", "UnknownRegion"]
