"""A part of the demonstration world: the organisations that listed people belong to, and their campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

from services.launcher.demo import DemoActivity, DemoWorld, build_demo_world
from shared.regions import Regions

REGIONS = Regions.load()
SEED = 2026
_KEPT = {"130000", "130100", "130102", "130108", "130123", "130200", "130202", "130203", "130682"}
_CAMPAIGN = 10
_EVERYDAY_ONE_IN = 6


@cache
def small_world(today: date) -> DemoWorld:
    """Answer the part of the world that a test can wait for."""
    world = build_demo_world(seed=SEED, today=today, regions=REGIONS)
    organisations = tuple(one for one in world.organisations if one.region in _KEPT)
    members = {key for organisation in organisations for key in organisation.members}
    names = {organisation.key for organisation in organisations}
    held = [_without_strangers(one, members) for one in world.activities if one.organisation in names]
    campaigns = [one for one in held if len(one.shifts) > _CAMPAIGN]
    everyday = [one for one in held if one not in campaigns][::_EVERYDAY_ONE_IN]
    return replace(
        world,
        organisations=organisations,
        people=tuple(person for person in world.people if person.key in members),
        projects=tuple(project for project in world.projects if project.organisation in names),
        activities=tuple(one for one in held if one in campaigns or one in everyday),
    )


def _without_strangers(activity: DemoActivity, members: set[str]) -> DemoActivity:
    return replace(activity, entries=tuple(entry for entry in activity.entries if entry.person in members))
