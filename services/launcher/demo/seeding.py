"""Filling an embedded node with the demonstration: a year is lived through in a minute, through the real doors.

Nothing is written behind a use case's back: who applies, confirms, records, submits and decides does it by the same
functions that the routes call, on a clock that is moved through the year and is right again at the end.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from services.launcher.demo.accounts import (
    MARKER,
    NEWCOMER,
    STARRED,
    DemoAccounts,
    listed_organisations,
    listed_people,
)
from services.launcher.demo.agenda import Agenda, workday_after
from services.launcher.demo.enrolment import Enrolment
from services.launcher.demo.fieldwork import Fieldwork
from services.launcher.demo.ground import Ground, Node, Say
from services.launcher.demo.honours import Honours
from services.launcher.demo.model import DemoWorld
from services.launcher.demo.newcomers import Newcomers
from services.launcher.demo.offices import Offices
from services.launcher.demo.recent import credited_lately, held_lately
from services.launcher.demo.rulings import Rulings
from services.launcher.demo.world import build_demo_world
from shared.calendar import quarter_bounds
from shared.clock import SHANGHAI, AdjustableClock, business_date
from shared.regions import Regions

#: So long before the first activity the offices, organisations and people are entered.
_LEAD = timedelta(days=42)
_CLOSING = time(17, 30)

__all__ = ["DemoAccounts", "is_seeded", "seed"]


def is_seeded(folder: Path) -> bool:
    """Tell whether a seeding of this folder came to its end; one that did not is begun anew in a clean folder."""
    return (folder / MARKER).exists()


def seed(
    node: Node, *, seed: int, today: date, regions: Regions, say: Say, world: DemoWorld | None = None
) -> DemoAccounts:
    """Send the demonstration world into a fresh node whose courier is not started; answers whom one can sign in as.

    `world` stands for the one that belongs to the seed and the day. The clock ends where it began, at the machine's
    time; nothing is dated later than yesterday's closing time.

    :raises ValueError: when the node has no adjustable clock, or `today` is still to come.
    """
    clock = node.clock
    if not isinstance(clock, AdjustableClock):
        raise ValueError("a node is seeded on an adjustable clock")
    clock.offset = timedelta(0)
    if today > business_date(clock.now()):
        raise ValueError(f"{today} is still to come")
    world = world or build_demo_world(seed=seed, today=today, regions=regions)
    try:
        accounts = _live(node, clock, world, regions, seed=seed, say=say)
    finally:
        clock.offset = timedelta(0)
    node.courier.mark_sent()
    accounts.save(node.folder)
    return accounts


def _live(
    node: Node, clock: AdjustableClock, world: DemoWorld, regions: Regions, *, seed: int, say: Say
) -> DemoAccounts:
    until = datetime.combine(world.today - timedelta(days=1), _CLOSING, SHANGHAI)
    agenda = Agenda(clock, node.courier, node.databases.values(), seed=seed, until=until)
    ground = Ground(node=node, world=world, regions=regions, agenda=agenda, seed=seed)
    offices = Offices(ground)
    rulings = Rulings(ground, offices)
    lately = held_lately(world, regions, seed=seed, last_day=agenda.last_day)
    people = listed_people(world, regions, without=credited_lately(lately))
    enrolment = Enrolment(ground, offices, rulings, usernames=people)
    fieldwork = Fieldwork(ground, enrolment, rulings)
    first_day = workday_after(quarter_bounds(world.quarters[0]).first - _LEAD, days=0)
    offices.plan(first_day)
    enrolment.plan(workday_after(first_day, days=3))
    fieldwork.plan()
    for activity, course in lately:
        fieldwork.plan_activity(activity, course)
    Newcomers(ground, enrolment).plan()
    Honours(ground, offices, rulings).plan()
    agenda.live(lambda day: say(f"演示数据 / demo data: {day:%Y-%m}"))
    return DemoAccounts.of(offices.listed | _roles(world, people))


def _roles(world: DemoWorld, people: dict[str, str]) -> dict[str, str]:
    """Answer what the listed people of the world are called, by user name."""
    heads = {
        username: f"{organisation.name}负责人 Head of an organisation"
        for username, organisation in listed_organisations(world).items()
    }
    names = {username: world.person(key).name for key, username in people.items()}
    return {
        **{username: f"{role}（{names[username]}）" for username, role in heads.items()},
        STARRED: f"星级志愿者 Volunteer with a star（{names[STARRED]}）",
        NEWCOMER: f"新志愿者 Volunteer with few hours（{names[NEWCOMER]}）",
    }
