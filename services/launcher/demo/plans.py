"""What is going to be held, when and where: campaigns of many days, the four focus days, and the work of every week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from services.launcher.demo.model import DemoOrganisation, DemoShift
from services.launcher.demo.places import KINDS_OF_ENTER, Places
from services.launcher.demo.sources import numbers, only, rows, words
from shared.calendar import FocusDay, Span, focus_days, quarter_bounds
from shared.regions import Region

_STARTS = (time(8, 30), time(9, 0), time(9, 30), time(14, 0), time(14, 30), time(15, 0))
#: Schools, offices and works are visited while they work; people at home when they are free.
_WEEKDAY_ENTERS = frozenset({"school", "office", "enterprise"})
_FOCUS_START, _FOCUS_END = time(8, 30), time(12, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """An activity before anybody has come."""

    organisation: DemoOrganisation
    name: str
    content: str
    place: str
    place_region: str
    theme: str | None
    category: str
    form: str
    seven_enters: tuple[str, ...]
    target_groups: tuple[str, ...]
    focus_day: FocusDay | None
    shifts: tuple[DemoShift, ...]
    #: How many come, at least and at most.
    crowd: tuple[int, int]
    #: Whether members of the organisations below and beside come as well.
    open_to_neighbours: bool


class Planner:
    """Plans the four quarters that lie in the span."""

    def __init__(self, rng: Random, *, places: Places, span: Span) -> None:
        self._rng = rng
        self._places = places
        self._span = span
        self._held: set[str] = set()

    def campaigns(self, organisations: tuple[DemoOrganisation, ...]) -> Iterator[Plan]:
        """Answer the campaigns that run for weeks, in which some people gather hundreds of hours."""
        by_name = {organisation.name: organisation for organisation in organisations}
        for line in rows("campaigns"):
            start, end = time.fromisoformat(line["start"]), time.fromisoformat(line["end"])
            first = self._campaign_start(line["first"])
            days = (first + timedelta(days=day) for day in range(int(line["days"])))
            yield self._plan(
                by_name[line["organisation"]],
                line,
                name=line["name"],
                place=(self._places.region(line["place_region"]), line["place"]),
                shifts=tuple(DemoShift(on=day, start=start, end=end) for day in days if day in self._span),
                crowd=(7, 11),
            )

    def focus_days(self, organisations: tuple[DemoOrganisation, ...]) -> Iterator[Plan]:
        """Answer what each city unit and the province hold on each of the four focus days."""
        for line in rows("focus_days"):
            focus = FocusDay(line["focus"])
            shift = DemoShift(on=self._focus_date(focus), start=_FOCUS_START, end=_FOCUS_END)
            for organisation in organisations:
                if organisation.kind != "committee":
                    continue
                place = self._places.pick(self._rng, organisation.region, (line["place"],))
                yield self._plan(
                    organisation,
                    line | {"category": "special"},
                    name=place[1] + line["name"],
                    place=place,
                    shifts=(shift,),
                    crowd=(8, 18),
                    focus=focus,
                )

    def everyday(self, organisations: tuple[DemoOrganisation, ...], quarter: str) -> Iterator[Plan]:
        """Answer what the organisations do besides in one quarter: none, one or two activities each."""
        for organisation in organisations:
            for _ in range(self._rng.choices((0, 1, 2), (22, 62, 16))[0]):
                yield self._everyday(organisation, quarter_bounds(quarter))

    def _everyday(self, organisation: DemoOrganisation, span: Span) -> Plan:
        fitting = only(rows("activities"), "kinds", organisation.kind)
        months = range(span.first.month, span.last.month + 1)
        line = self._rng.choice([line for line in fitting if set(months) & set(numbers(line["months"]))])
        month = self._rng.choice([month for month in months if month in numbers(line["months"])])
        enter = self._rng.choice(words(line["enters"]))
        place = self._new_place(organisation.region, enter, line["name"])
        return self._plan(
            organisation,
            line,
            name=place[1] + line["name"],
            place=place,
            shifts=self._shifts(self._day(span.first.year, month, enter), line["hours"]),
            crowd=(4, 11),
        )

    def _plan(
        self,
        organisation: DemoOrganisation,
        line: dict[str, str],
        *,
        name: str,
        place: tuple[Region, str],
        shifts: tuple[DemoShift, ...],
        crowd: tuple[int, int],
        focus: FocusDay | None = None,
    ) -> Plan:
        return Plan(
            organisation=organisation,
            name=name,
            content=line["content"],
            place=place[1],
            place_region=place[0].code,
            theme=line["theme"] or None,
            category=line["category"],
            form=line["form"],
            seven_enters=words(line["enters"]),
            target_groups=words(line["targets"]),
            focus_day=focus,
            shifts=shifts,
            crowd=crowd,
            open_to_neighbours=focus is not None or organisation.kind == "committee",
        )

    def _shifts(self, first: date, hours: str) -> tuple[DemoShift, ...]:
        least, most = (int(number) for number in hours.split("-"))
        minutes = self._rng.randrange(least * 60, most * 60 + 1, 30)
        # Long work begins in the morning, so that it ends before evening.
        start = self._rng.choice(_STARTS if minutes <= 180 else _STARTS[:3])
        end = (datetime.combine(first, start) + timedelta(minutes=minutes)).time()
        days = self._rng.choices((1, 2, 3), (80, 15, 5))[0]
        dates = (first + timedelta(days=day) for day in range(days))
        return tuple(DemoShift(on=day, start=start, end=end) for day in dates if day in self._span)

    def _new_place(self, region: str, enter: str, name: str) -> tuple[Region, str]:
        # The same thing is seldom held twice in one place within a year, where the unit has several to choose from.
        for _ in range(6):
            place = self._places.pick(self._rng, region, KINDS_OF_ENTER[enter])
            if place[1] + name not in self._held:
                break
        self._held.add(place[1] + name)
        return place

    def _day(self, year: int, month: int, enter: str) -> date:
        # From the 8th on: the long holidays of October and of the new year are over.
        days = [date(year, month, day) for day in range(8, 29)]
        if enter in _WEEKDAY_ENTERS:
            return self._rng.choice([day for day in days if day.weekday() < 5])
        return self._rng.choices(days, [3 if day.weekday() >= 5 else 1 for day in days])[0]

    def _campaign_start(self, written: str) -> date:
        if written == FocusDay.SPRING_RUSH:
            return self._focus_date(FocusDay.SPRING_RUSH)
        month, day = (int(part) for part in written.split("-"))
        return self._within(date(year, month, day) for year in (self._span.first.year, self._span.last.year))

    def _focus_date(self, focus: FocusDay) -> date:
        return self._within(focus_days(year)[focus] for year in (self._span.first.year, self._span.last.year))

    def _within(self, days: Iterator[date]) -> date:
        return next(day for day in days if day in self._span)
