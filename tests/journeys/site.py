"""A site that stories are told at, and the people they need."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

from services.launcher.story import acts
from services.launcher.story.acts import Administrators, Served
from services.launcher.story.people import Person, Place, wait_for
from services.launcher.story.run import Secrets, administrators, tell_once
from shared.clock import SystemClock, business_date


class Node(Protocol):
    """What runs the site: the embedded node or the real one."""

    base_url: str
    folder: Path

    def bootstrap(self) -> Secrets:
        """Make the first administrators."""

    def log_tails(self) -> str:
        """Answer what its programs wrote last."""

    def close(self) -> None:
        """End it."""


@dataclass(frozen=True)
class Site:
    """A site under test; all stories at it share its three administrators."""

    node: Node
    mode: str
    database_urls: Callable[[], Mapping[str, str]]

    @property
    def _administrators_file(self) -> Path:
        return self.node.folder / "administrators.json"

    def tell(self, folder: Path) -> dict[str, Any]:
        """Tell the main story, or tell the one that was begun in this folder again; answers its verdict."""
        return tell_once(
            self.node.base_url,
            folder=folder,
            administrators_file=self._administrators_file,
            bootstrap=self.node.bootstrap,
            today=business_date(SystemClock().now()),
            say=lambda *_: None,
        )

    @contextmanager
    def troupe(self) -> Iterator[Troupe]:
        """Give the people of a new story."""
        # The administrators' passwords are kept in their file; everybody else's are made of the seed.
        place = Place(self.node.base_url, run=secrets.token_hex(3), seed=secrets.token_hex(16))
        with place.client:
            yield Troupe(place, administrators(place, self._administrators_file, self.node.bootstrap))


@dataclass
class Troupe:
    """The people of one story: officials are appointed and volunteers registered as the story needs them."""

    place: Place
    admins: Administrators
    _count: int = 0

    @property
    def today(self) -> date:
        """Answer the day of the story."""
        return business_date(SystemClock().now())

    def official(self, name: str, *, role: str, region: str) -> Person:
        """Appoint an official."""
        return acts.appoint(self.admins, self._somebody(name), role=role, region=region)

    def volunteer(self, name: str, clerk: Person, *, region: str) -> Person:
        """Register a volunteer, whom this clerk confirms."""
        person = self._somebody(name)
        return acts.register_volunteer(person, clerk, region=region, place_in_run=self._count)

    def organisation(self, head_name: str, approver: Person, *, name: str, region: str) -> tuple[Person, str]:
        """Register an organisation, which this approver admits; answers its head and its id."""
        head = self._somebody(head_name)
        name = f"{name}（{self.place.run}）"
        return head, acts.register_organisation(head, approver, name=name, region=region)

    def report(
        self,
        head: Person,
        organisation_id: str,
        *,
        name: str,
        first_day: date,
        served: Sequence[Served],
        deciders: Sequence[Person],
    ) -> str:
        """Hold an activity, report it and have these people approve it in turn; answers the id of its case."""
        report_id = acts.hold_activity(
            head, organisation_id=organisation_id, name=name, first_day=first_day, served=served, place="社区广场"
        )
        case_id = acts.submit_report(head, report_id, summary=f"{name}：入户宣传并现场演示灭火器使用。", step=name)
        for number, person in enumerate(deciders):
            acts.decide(person, "reporting", case_id, "approve", step=f"{name}/{number}", opinion="同意")
        assert head.get(f"/reporting/reports/{report_id}")["state"] == "approved"
        return case_id

    def star_case(self, person: Person, stars: int) -> str:
        """Wait until a volunteer is a candidate for this many stars; answers the id of the case."""

        def look() -> str | None:
            running = person.get("/awards/stars/mine")["nominations"]
            return next((str(one["case_id"]) for one in running if one["stars"] == stars), None)

        return wait_for(look, what=f"the candidacy of {person.name} for {stars} stars")

    def grant_star(self, decider: Person, person: Person, stars: int) -> None:
        """Grant a star to a candidate and wait until it is in their file."""
        case_id = self.star_case(person, stars)
        acts.decide(decider, "awards", case_id, "approve", step=f"{person.username}/{stars}", opinion="同意认定")
        wait_for(
            lambda: person.get("/registration/volunteers/me/file")["stars"] == stars,
            what=f"{stars} stars in the file of {person.name}",
        )

    def days_ago(self, days: int) -> date:
        """Answer a day before today."""
        return self.today - timedelta(days=days)

    @staticmethod
    def regions_that_approved(person: Person, service: str, case_id: str) -> list[str]:
        """Answer whose offices approved a case, in order, as its trail tells it."""
        trail = person.get(f"/{service}/cases/{case_id}/trail")
        assert trail["intact"]
        return [str(entry["region"]) for entry in trail["entries"] if entry["verb"] == "approve"]

    def _somebody(self, name: str) -> Person:
        self._count += 1
        return acts.made_up(self.place, f"p{self._count}", name)
