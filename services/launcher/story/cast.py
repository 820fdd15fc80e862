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
    above: tuple[Administrators, Administrators]  # of the city's site and of the province's; alone, the same
    county_clerk: Person
    county: Person
    city: Person
    province: Person
    head: Person
    volunteers: list[Person] = field(default_factory=list)

    @property
    def offices(self) -> tuple[Administrators, ...]:
        """Answer the administrators of every site, each once."""
        return tuple(dict.fromkeys((self.admins, *self.above)))


@dataclass(frozen=True)
class Office:
    """A site with its administrators: the province is at one, or county, city and province each at their own."""

    place: Place
    admins: Administrators


def cast_of(home: Office, *, city: Office | None = None, province: Office | None = None) -> Cast:
    """Name the people of this run; who decides above works at the sites of city and province, where there are any."""
    place, city, province = home.place, city or home, province or home
    return Cast(
        place=place,
        admins=home.admins,
        above=(city.admins, province.admins),
        county_clerk=acts.made_up(place, "zd-clerk", "郭静"),
        county=acts.made_up(place, "zd-approver", "何建民"),
        city=acts.made_up(city.place, "sjz-approver", "梁卫东"),
        province=acts.made_up(province.place, "hb-approver", "宋文华"),
        head=acts.made_up(place, "zd-team", "马立新"),
        volunteers=[acts.made_up(place, f"v{number}", name) for number, name in enumerate(VOLUNTEER_NAMES)],
    )
