"""Who is free when: nobody stands in two places at once, and nobody works through the night."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from services.launcher.demo.model import DemoShift

#: Hundredths of an hour that a volunteer gives to one day at most.
LONGEST_DAY = 1000


class Diary:
    """The shifts that each person has taken."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, date], list[DemoShift]] = defaultdict(list)

    def is_free(self, person: str, shift: DemoShift) -> bool:
        """Tell whether the person can take the shift beside what is taken already."""
        taken = self._taken[person, shift.on]
        if sum(other.hours for other in taken) + shift.hours > LONGEST_DAY:
            return False
        return all(other.end <= shift.start or shift.end <= other.start for other in taken)

    def take(self, person: str, shift: DemoShift) -> None:
        """Write the shift into the person's diary."""
        self._taken[person, shift.on].append(shift)
