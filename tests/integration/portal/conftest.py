"""A node in this process with a small world in it, and people who open pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from services.launcher.embedded import Embedded
from services.launcher.story import acts
from services.launcher.story.acts import Administrators, Served
from services.launcher.story.people import Person, Place
from services.launcher.story.run import administrators
from services.registration.commands.posts import bootstrap
from shared.clock import AdjustableClock, business_date
from tests.integration.portal.browsing import Browser

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"
SUMMARY = "走进正定镇三个社区，入户讲解家庭用气安全，发放明白纸一百二十份，现场演示灭火器使用。"
_numbers = count(1)


@dataclass
class World:
    """A node, the people in it, and pages for them."""

    node: Embedded
    clock: AdjustableClock
    place: Place
    admins: Administrators
    people: dict[str, Person] = field(default_factory=dict)
    organisation_id: str = ""

    def browser(self, handle: str = "") -> Browser:
        """Answer a browser, with somebody signed in."""
        browser = Browser(self.node.wsgi)
        if handle:
            who = self.people[handle]
            assert browser.sign_in(who.username, who.password).status == 200
        return browser

    def draft(self, name: str) -> str:
        """Hold an activity of this name; answers the id of its report's draft. Each is on days of its own."""
        first_day = business_date(self.clock.now()) - timedelta(days=3 * next(_numbers))
        served = [Served(person=self.people[one], days=1, hours=hours) for one, hours in (("wang", 3), ("li", 4))]
        return acts.hold_activity(
            self.people["head"],
            organisation_id=self.organisation_id,
            name=name,
            first_day=first_day,
            served=served,
            place="正定镇文化广场",
        )

    def submitted(self, name: str) -> str:
        """Hold an activity and submit its report; answers the id of its case."""
        return acts.submit_report(self.people["head"], self.draft(name), summary=SUMMARY, step=name)


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("portal")) as made:
        yield made


@contextmanager
def living(folder: Path) -> Iterator[World]:
    """Let a world live in a folder, for tests whose changes the others should not see."""
    clock = AdjustableClock()
    node = Embedded(folder, clock=clock)
    node.start()
    place = Place("http://anyuan", run="t", seed="portal")
    place.client = httpx.Client(transport=httpx.WSGITransport(app=node.wsgi), base_url="http://anyuan")

    def first() -> dict[str, dict[str, str]]:
        with node.databases["registration"].unit_of_work() as uow:
            return bootstrap(uow)

    made = World(node, clock, place, administrators(place, folder / "administrators.json", first))
    _populate(made)
    try:
        yield made
    finally:
        place.client.close()
        node.stop()


def _populate(world: World) -> None:
    people, place = world.people, world.place
    for handle, name, role, region in (
        ("clerk", "郭静", "clerk", COUNTY),
        ("county", "何建民", "approver", COUNTY),
        ("county2", "韩雪", "approver", COUNTY),
        ("city", "梁卫东", "approver", CITY),
    ):
        people[handle] = acts.appoint(world.admins, acts.made_up(place, handle, name), role=role, region=region)
    people["head"] = acts.made_up(place, "head", "马立新")
    world.organisation_id = acts.register_organisation(
        people["head"], people["county"], name="正定县安全志愿服务队", region=COUNTY
    )
    for number, (handle, name) in enumerate((("wang", "王晓明"), ("li", "李秀兰"))):
        person = acts.made_up(place, handle, name)
        people[handle] = acts.register_volunteer(person, people["clerk"], region=COUNTY, place_in_run=number)
    for role, person in (("system", world.admins.system), ("security", world.admins.security)):
        people[role] = person


@pytest.fixture
def browser(world: World) -> Callable[[str], Browser]:
    """Answer a browser with this person signed in."""
    return world.browser
