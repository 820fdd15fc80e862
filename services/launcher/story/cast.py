"""Who is in the story."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.launcher.story import acts
from services.launcher.story.acts import Administrators
from services.launcher.story.people import Person, Place

VOLUNTEER_NAMES = ("王晓明", "李秀兰", "张建国", "刘洋", "陈桂英", "赵志强", "孙丽", "周海涛", "吴敏", "郑玉梅")


@dataclass
class Cast:
    """Everybody in the story."""

    place: Place
    admins: Administrators
    county_clerk: Person
    county: Person
    city: Person
    province: Person
    head: Person
    volunteers: list[Person] = field(default_factory=list)


def cast_of(place: Place, admins: Administrators) -> Cast:
    """Name the people of this run."""
    return Cast(
        place=place,
        admins=admins,
        county_clerk=acts.made_up(place, "zd-clerk", "郭静"),
        county=acts.made_up(place, "zd-approver", "何建民"),
        city=acts.made_up(place, "sjz-approver", "梁卫东"),
        province=acts.made_up(place, "hb-approver", "宋文华"),
        head=acts.made_up(place, "zd-team", "马立新"),
        volunteers=[acts.made_up(place, f"v{number}", name) for number, name in enumerate(VOLUNTEER_NAMES)],
    )
