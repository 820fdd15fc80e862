"""What happens when: the year is lived through once, from its first day on, on a clock that is only moved forward."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from threading import Event

from shared.clock import SHANGHAI, AdjustableClock, business_date
from shared.messaging.embedded import BATCH, Courier
from shared.storage import Database

Act = Callable[[], object]

_HOURS = (8, 9, 10, 11, 14, 15, 16)
_LONGEST_SETTLING = 1000
_SATURDAY = 5


def workday_after(day: date, *, days: int) -> date:
    """Answer the day so many working days after this one; with 0 the day itself, or the Monday after a weekend."""
    left = days
    while left > 0 or day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            left -= 1
    return day


class Agenda:
    """Acts in the order of their instants. Events are carried at the end of each day, and everybody knows by morning.

    Nothing happens after `until`: what would come later happens then, in the order in which it was put down.
    """

    def __init__(
        self,
        clock: AdjustableClock,
        courier: Courier,
        databases: Iterable[Database],
        *,
        seed: int,
        until: datetime,
    ) -> None:
        self.until = until
        self.last_day = business_date(until)
        self._clock = clock
        self._courier = courier
        self._rng = Random(f"{seed}:agenda")  # noqa: S311 - made-up data must be the same again, not secret
        self._acts: list[tuple[datetime, int, Act]] = []
        self._count = count()
        self._evenings: list[Act] = []
        # A round of the courier asks every service what is new, which is not worth it where nobody said anything.
        self._published = Event()
        for database in databases:
            database.on_published(self._published.set)

    @property
    def today(self) -> date:
        """Answer the business date that the clock shows."""
        return business_date(self._clock.now())

    def on(self, day: date, act: Act) -> None:
        """Put an act down for some moment of this day's office hours."""
        moment = time(self._rng.choice(_HOURS), self._rng.randrange(60), self._rng.randrange(60))
        self.at(datetime.combine(day, moment, SHANGHAI), act)

    def soon(self, act: Act, *, pace: int) -> None:
        """Put an act down for one of the next working days, at most `pace` of them from today."""
        self.on(workday_after(self.today, days=self._rng.randint(1, pace)), act)

    def at(self, instant: datetime, act: Act) -> None:
        """Put an act down for this instant."""
        heapq.heappush(self._acts, (min(instant, self.until), next(self._count), act))

    def every_evening(self, act: Act) -> None:
        """Do this at the end of each day, when everybody has heard of everything."""
        self._evenings.append(act)

    def live(self, say: Callable[[date], object]) -> None:
        """Go through everything; `say` is told each day before it begins."""
        # Back to the first act, once and before anything is stored; from then on time only goes forward.
        self._clock.set(self._acts[0][0])
        while self._acts:
            day = business_date(self._acts[0][0])
            say(day)
            while self._acts and business_date(self._acts[0][0]) == day:
                instant, _, act = heapq.heappop(self._acts)
                if self._clock.now() < instant:
                    self._clock.set(instant)
                act()
                if instant == self.until:
                    # There is no next morning to hear of things by.
                    break
            self._end_day()

    def _end_day(self) -> None:
        self.settle()
        for act in self._evenings:
            act()

    def settle(self) -> None:
        """Carry events until everybody has heard of everything.

        :raises RuntimeError: when that does not come to an end.
        """
        for _ in range(_LONGEST_SETTLING):
            if not self._published.is_set():
                return
            self._published.clear()
            if self._courier.carry_once() >= BATCH:
                # There may be more of the same than one round takes.
                self._published.set()
        raise RuntimeError("the services do not stop telling each other things")
