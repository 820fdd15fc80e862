"""A year of made-up volunteer work that looks like Hebei: people, organisations, projects, activities and hours.

The same seed and day give the same world on every machine. Every ID number here has an order number from 990 up, which
offices hardly ever reach, and every mobile number lies in 154, a block that no operator has; both pass the real checks.
Places and employers exist; no person, event or hour does.
"""

from services.launcher.demo.model import (
    DemoActivity,
    DemoOrganisation,
    DemoPerson,
    DemoProject,
    DemoShift,
    DemoShiftEntry,
    DemoWorld,
)
from services.launcher.demo.world import build_demo_world

__all__ = [
    "DemoActivity",
    "DemoOrganisation",
    "DemoPerson",
    "DemoProject",
    "DemoShift",
    "DemoShiftEntry",
    "DemoWorld",
    "build_demo_world",
]
