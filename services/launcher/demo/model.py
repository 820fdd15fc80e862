"""What the demonstration world is made of: plain frozen values that a seeder sends through the real doors.

Keys (`p0001`, `o01`, `j01`, `a0001`) join the values to each other and mean nothing outside. Codes: target groups
elderly, minors, disabled, migrant_workers, hardship, public · seven enters enterprise, school, office, community,
village, household, public_place · forms lecture, exhibition, performance, interpretation, other · categories special
(专项), daily (日常) · themes safe_return_home, safety_into_homes, youth_escort, hotline_12350.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from shared.calendar import FocusDay
from shared.clock import SHANGHAI
from shared.identifiers import Sex


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoPerson:
    """A volunteer."""

    key: str
    name: str
    sex: Sex
    birth_date: date
    id_number: str
    mobile: str
    #: Code of the region where the person lives: a county, 定州 or 辛集.
    region: str
    address: str
    #: publicity_worker, enterprise_safety_manager, safety_expert, registered_safety_engineer, amateur_artist or other.
    category: str
    #: What the person does for a living, in Chinese.
    occupation: str
    #: Set for registered safety engineers only.
    engineer_certificate: str | None
    specialties: tuple[str, ...]
    #: GB/T 4762: 01 party member, 03 youth league member, 13 none.
    political_status: str
    #: 三支队伍: grassroots, experts, arts; the first is the one that the category leads to.
    teams: tuple[str, ...]
    #: Key of the organisation.
    organisation: str
    joined_on: date
    #: Whether the person lets name and stars be shown in public.
    public_consent: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOrganisation:
    """A volunteer organisation, of a county, a city or the province itself."""

    key: str
    name: str
    region: str
    #: committee, county, street, village, enterprise, industry, experts, school, arts or tourism.
    kind: str
    #: Key of the organisation above, None for the province's own.
    parent: str | None
    #: Grass-roots groups have none (志愿服务条例 knows them all the same).
    uscc: str | None
    address: str
    founded_on: date
    introduction: str
    #: Key of the person who heads it.
    head: str
    #: Keys of its members, the head first.
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoProject:
    """A project, under which every activity runs (notice 3.1)."""

    key: str
    name: str
    #: Key of the organisation.
    organisation: str
    region: str
    theme: str | None
    target_groups: tuple[str, ...]
    summary: str
    opened_on: date
    #: Whether it is one of the unit's one or two featured projects of the year.
    featured: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoShift:
    """One stretch of work on one day, in Asia/Shanghai time."""

    on: date
    start: time
    end: time

    @property
    def starts_at(self) -> datetime:
        """Answer the beginning, aware."""
        return datetime.combine(self.on, self.start, SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """Answer the end, aware."""
        return datetime.combine(self.on, self.end, SHANGHAI)

    @property
    def hours(self) -> int:
        """Answer the length in hundredths of an hour."""
        return round((self.ends_at - self.starts_at).total_seconds() / 36)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoShiftEntry:
    """What one person did in one shift of an activity."""

    #: Key of the person.
    person: str
    #: Place of the shift in the activity's `shifts`, from 0.
    shift: int
    #: Hundredths of an hour, never more than the shift is long.
    hours: int
    #: 1 to 5.
    quality: int
    evaluated_on: date
    #: Key of the person who evaluated: the leader, or the recorder for the leader.
    evaluator: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoActivity:
    """An activity that was held, with the nine fields of the notice and the order of 2021."""

    key: str
    #: Key of the project.
    project: str
    #: Key of the organisation that held it.
    organisation: str
    #: The organisation's region: where its report starts.
    region: str
    #: The region in which the place lies.
    place_region: str
    name: str
    place: str
    content: str
    target_groups: tuple[str, ...]
    seven_enters: tuple[str, ...]
    form: str
    category: str
    theme: str | None
    focus_day: FocusDay | None
    quarter: str
    #: Key of the person who led it.
    leader: str
    #: Key of the person who recorded it, who has no entry and is not the leader.
    recorder: str
    shifts: tuple[DemoShift, ...]
    entries: tuple[DemoShiftEntry, ...]


@dataclass(frozen=True, kw_only=True)
class DemoWorld:
    """Everything together, in the order in which it can be sent."""

    today: date
    #: The last four full quarters before today, the oldest first.
    quarters: tuple[str, ...]
    people: tuple[DemoPerson, ...]
    organisations: tuple[DemoOrganisation, ...]
    projects: tuple[DemoProject, ...]
    activities: tuple[DemoActivity, ...]
    _people: Mapping[str, DemoPerson] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_people", {person.key: person for person in self.people})

    def person(self, key: str) -> DemoPerson:
        """Answer the person with this key."""
        return self._people[key]

    def hours_of_people(self) -> dict[str, int]:
        """Answer what each person served in all, in hundredths of an hour; who served nothing is left out."""
        totals: dict[str, int] = defaultdict(int)
        for activity in self.activities:
            for entry in activity.entries:
                totals[entry.person] += entry.hours
        return dict(totals)
