"""Plans carried out: who led, who recorded, who came, for how long and how well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random

from services.launcher.demo.diary import Diary
from services.launcher.demo.model import (
    DemoActivity,
    DemoOrganisation,
    DemoPerson,
    DemoProject,
    DemoShift,
    DemoShiftEntry,
)
from services.launcher.demo.plans import Plan
from shared.calendar import quarter_of

#: How often the marks 1 to 5 are given: to most people, and to the few who are often late or leave early.
_MARKS = (1, 2, 3, 4, 5)
_USUAL_MARKS = (1, 2, 10, 38, 49)
_POOR_MARKS = (18, 36, 30, 12, 4)
_POOR_SHARE = 0.03
#: Hundredths of an hour by which some leave early, and how often.
_EARLY = ((0, 50, 100), (88, 8, 4))
_FEWEST = 4
#: More shifts than this make a campaign.
_MANY_SHIFTS = 3


class ActivityMaker:
    """Carries out one plan after the other; whoever is in one shift is in no other at that time."""

    def __init__(
        self,
        rng: Random,
        *,
        people: Iterable[DemoPerson],
        organisations: Sequence[DemoOrganisation],
        projects: Sequence[DemoProject],
        today: date,
    ) -> None:
        self._rng = rng
        self._yesterday = today - timedelta(days=1)
        self._people = {person.key: person for person in people}
        self._organisations = organisations
        self._projects = projects
        self._diary = Diary()
        self._names: Counter[str] = Counter()
        self._made = 0
        self._poor = {key for key in self._people if rng.random() < _POOR_SHARE}

    def carry_out(self, plan: Plan) -> DemoActivity | None:
        """Answer the activity that became of a plan, or None when too few people were free."""
        helpers = self._free_members(plan.organisation, plan.shifts[0])
        if len(helpers) < _FEWEST:
            return None
        # Those who joined first lead and record; the recorder keeps the list and takes no shift.
        leader, recorder = self._rng.sample(helpers[: max(_FEWEST, len(helpers) // 3)], 2)
        crowd = [leader, *self._crowd(plan, helpers, without={leader, recorder})]
        entries = tuple(self._entries(plan, crowd, leader=leader, recorder=recorder))
        self._made += 1
        return DemoActivity(
            key=f"a{self._made:04d}",
            project=self._project(plan).key,
            organisation=plan.organisation.key,
            region=plan.organisation.region,
            place_region=plan.place_region,
            name=self._unique(plan.name),
            place=plan.place,
            content=plan.content,
            target_groups=plan.target_groups,
            seven_enters=plan.seven_enters,
            form=plan.form,
            category=plan.category,
            theme=plan.theme,
            focus_day=plan.focus_day,
            quarter=quarter_of(plan.shifts[-1].on),
            leader=leader,
            recorder=recorder,
            shifts=plan.shifts,
            entries=entries,
        )

    def _free_members(self, organisation: DemoOrganisation, shift: DemoShift) -> list[str]:
        return [
            key
            for key in organisation.members
            if self._people[key].joined_on <= shift.on and self._diary.is_free(key, shift)
        ]

    def _crowd(self, plan: Plan, helpers: list[str], *, without: set[str]) -> list[str]:
        pool = list(helpers)
        if plan.open_to_neighbours:
            # Mostly the unit's own people; some from the groups below it.
            guests = [
                key
                for other in self._organisations
                if other.parent == plan.organisation.key and other.kind != "committee"
                for key in self._free_members(other, plan.shifts[0])
            ]
            pool += self._rng.sample(guests, min(len(guests), 8))
        pool = [key for key in pool if key not in without]
        return self._rng.sample(pool, min(len(pool), self._rng.randint(*plan.crowd) - 1))

    def _entries(self, plan: Plan, crowd: list[str], *, leader: str, recorder: str) -> Iterable[DemoShiftEntry]:
        # In a long campaign people come on some days only, each as eager as he or she is.
        eager = {key: self._rng.uniform(0.45, 0.97) if len(plan.shifts) > _MANY_SHIFTS else 1.0 for key in crowd}
        eager[leader] = max(eager[leader], 0.93)
        if len(plan.shifts) > _MANY_SHIFTS and not self._made:
            # One person in the very first campaign comes nearly every day and serves poorly: hours without quality
            # earn no star, and the demonstration should have somebody to show it on.
            eager[crowd[1]] = 0.9
            self._poor.add(crowd[1])
        for number, shift in enumerate(plan.shifts):
            for key in crowd:
                if self._rng.random() > eager[key] or not self._diary.is_free(key, shift):
                    continue
                self._diary.take(key, shift)
                yield DemoShiftEntry(
                    person=key,
                    shift=number,
                    hours=shift.hours - self._rng.choices(*_EARLY)[0],
                    quality=self._mark(key),
                    evaluated_on=self._evaluated_on(shift.on),
                    evaluator=recorder if key == leader else leader,
                )

    def _evaluated_on(self, served_on: date) -> date:
        later = timedelta(days=self._rng.choices((0, 1, 2, 4, 6), (40, 25, 15, 12, 8))[0])
        return min(served_on + later, self._yesterday)

    def _mark(self, key: str) -> int:
        return self._rng.choices(_MARKS, _POOR_MARKS if key in self._poor else _USUAL_MARKS)[0]

    def _project(self, plan: Plan) -> DemoProject:
        own = [project for project in self._projects if project.organisation == plan.organisation.key]
        same_theme = [project for project in own if project.theme == plan.theme]
        return self._rng.choice(same_theme or own)

    def _unique(self, name: str) -> str:
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}（第{self._names[name]}场）"
