"""The demonstration is what its services make of it: sums agree, everybody listed signs in and has work waiting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from services.awards.model import Award, Nomination, Star
from services.launcher.demo import DemoWorld
from services.launcher.demo.seeding import DemoAccounts, is_seeded, seed
from services.launcher.embedded import Embedded
from services.launcher.parts import SERVICES
from services.records.model import KnownVolunteer, LedgerEntry
from services.registration.model import Account
from services.reporting.model import Report, ReportLineRow
from shared.approval.tables import CaseRow
from shared.clock import AdjustableClock, FixedClock, SystemClock, business_date
from shared.messaging.tables import held_event, inbox, outbox
from tests.integration.demo.small import REGIONS, SEED, small_world

pytestmark = pytest.mark.slow

_DECIDING = ("registration", "reporting", "awards")
_OFFICIALS = ("-jingban", "-shenpi")


@dataclass
class Seeded:
    """A node after its seeding."""

    node: Embedded
    world: DemoWorld
    accounts: DemoAccounts

    def scalars(self, service: str, statement: Any) -> list[Any]:
        """Answer the rows of a query of one service."""
        with self.node.databases[service].reading() as session:
            return list(session.scalars(statement))

    def rows(self, service: str, statement: Any) -> list[tuple[Any, ...]]:
        """Answer the rows of a query of one service, with all their columns."""
        with self.node.databases[service].reading() as session:
            return [tuple(row) for row in session.execute(statement)]


def make(folder: Path) -> Seeded:
    today = business_date(SystemClock().now())
    node = Embedded(folder, clock=AdjustableClock())
    world = small_world(today)
    accounts = seed(node, seed=SEED, today=today, regions=REGIONS, say=lambda _: None, world=world)
    return Seeded(node=node, world=world, accounts=accounts)


def close_databases(node: Embedded) -> None:
    # The courier was never started, so there is nothing to stop.
    for database in node.databases.values():
        database.engine.dispose()


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    made = make(tmp_path_factory.mktemp("seeded") / "node")
    yield made
    close_databases(made.node)


@pytest.fixture(scope="module")
def site(seeded: Seeded) -> Iterator[httpx.Client]:
    transport = httpx.WSGITransport(app=seeded.node.wsgi)
    with httpx.Client(transport=transport, base_url="http://anyuan/api") as client:
        yield client


@dataclass
class SignedIn:
    """Somebody who looks around with a token."""

    site: httpx.Client
    token: str

    def get(self, path: str) -> Any:
        answer = self.site.get(path, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.is_success, answer.text
        return answer.json()


def sign_in(site: httpx.Client, accounts: DemoAccounts, username: str) -> SignedIn:
    (listed,) = [one for one in accounts.accounts if one.username == username]
    answer = site.post("/registration/sessions", json={"username": username, "password": listed.password})
    assert answer.is_success, answer.text
    return SignedIn(site, answer.json()["access_token"])


def test_the_marker_says_that_the_seeding_came_to_its_end(seeded: Seeded, tmp_path: Path) -> None:
    assert is_seeded(seeded.node.folder)
    assert not is_seeded(tmp_path)
    assert DemoAccounts.load(seeded.node.folder) == seeded.accounts


def test_every_hour_of_the_world_stands_in_the_ledger_of_who_served_it(seeded: Seeded) -> None:
    lately = select(Report.id).where(Report.activity_name == "正定古城文旅安全守护")
    (watch,) = seeded.scalars("reporting", lately)
    sums = select(KnownVolunteer.name, func.sum(LedgerEntry.hours_hundredths)).join(
        LedgerEntry, LedgerEntry.volunteer_number == KnownVolunteer.number
    )
    credited = dict(seeded.rows("records", sums.where(LedgerEntry.report_id != watch).group_by(KnownVolunteer.number)))
    assert credited == {seeded.world.person(key).name: hours for key, hours in seeded.world.hours_of_people().items()}


def test_the_ledgers_hold_what_approved_reports_claim(seeded: Seeded) -> None:
    claimed = (
        select(func.sum(ReportLineRow.hours_hundredths))
        .join(Report, Report.id == ReportLineRow.report_id)
        .where(Report.state == "approved", ReportLineRow.counted)
    )
    assert seeded.scalars("reporting", claimed) == seeded.scalars(
        "records", select(func.sum(LedgerEntry.hours_hundredths))
    )


def test_reports_stand_in_every_state(seeded: Seeded) -> None:
    states = Counter(seeded.scalars("reporting", select(Report.state)))
    assert states["approved"] == len(seeded.world.activities) + 1
    assert states["returned"] == states["rejected"] == 1
    assert states["draft"] == 2
    assert states["running"] >= 9


def test_stars_are_granted_and_some_candidates_wait(seeded: Seeded) -> None:
    assert len(seeded.scalars("awards", select(Star.stars))) > 5
    waiting = select(Nomination.region).where(Nomination.kind == "star", Nomination.state == "open")
    assert set(seeded.scalars("awards", waiting)) == {"130123"}
    assert len(seeded.scalars("awards", select(Award.number))) >= 2


def test_nothing_is_on_its_way_and_nothing_failed(seeded: Seeded) -> None:
    for service in SERVICES:
        assert seeded.scalars(service, select(held_event.c.reason)) == []
        assert seeded.scalars(service, select(outbox.c.id).where(outbox.c.sent_at.is_(None))) == []
    assert seeded.node.courier.is_quiet()


def test_the_year_lies_behind_and_the_clock_is_right_again(seeded: Seeded) -> None:
    clock = seeded.node.clock
    assert isinstance(clock, AdjustableClock)
    assert clock.offset == timedelta(0)
    for service in SERVICES:
        received = seeded.scalars(service, select(func.max(inbox.c.received_at)))
        assert all(at < clock.now() for at in received if at is not None)


def test_decisions_take_days_as_they_do_in_offices(seeded: Seeded) -> None:
    cases = select(CaseRow.opened_at, CaseRow.closed_at).where(CaseRow.closed_at.is_not(None))
    taken = [closed - opened for opened, closed in seeded.rows("reporting", cases)]
    assert min(taken) > timedelta(hours=1)
    assert timedelta(days=3) < sum(taken, timedelta()) / len(taken) < timedelta(days=20)


def test_only_the_listed_can_sign_in(seeded: Seeded) -> None:
    with_password = seeded.scalars("registration", select(Account.username).where(Account.password_hash.is_not(None)))
    assert sorted(with_password) == sorted(account.username for account in seeded.accounts.accounts)
    assert len(with_password) == 14


def test_every_listed_official_has_two_to_six_tasks(seeded: Seeded, site: httpx.Client) -> None:
    officials = [one.username for one in seeded.accounts.accounts if one.username.endswith(_OFFICIALS)]
    assert len(officials) == 7
    for username in officials:
        person = sign_in(site, seeded.accounts, username)
        waiting = sum(person.get(f"/{service}/tasks/counts")["todo"] for service in _DECIDING)
        assert 2 <= waiting <= 6, username


def test_the_other_listed_people_find_what_their_line_promises(seeded: Seeded, site: httpx.Client) -> None:
    for username in ("system-admin", "security-admin", "audit-admin"):
        assert sign_in(site, seeded.accounts, username).get("/registration/accounts/me")["username"] == username
    head = sign_in(site, seeded.accounts, "zhengding-lingdui")
    states = Counter(report["state"] for report in head.get("/reporting/reports?limit=100")["items"])
    assert states["returned"] == states["draft"] == 1
    starred = sign_in(site, seeded.accounts, "zhiyuanzhe-xing").get("/registration/volunteers/me/file")
    assert starred["stars"] >= 1
    new = sign_in(site, seeded.accounts, "zhiyuanzhe-xin").get("/registration/volunteers/me/file")
    assert (new["stars"], 0 < new["hours_total"] < 50) == (0, True)


def test_the_same_seed_and_day_seed_the_same(seeded: Seeded, tmp_path: Path) -> None:
    again = make(tmp_path / "again")
    try:
        assert again.accounts == seeded.accounts
        assert story_of(again) == story_of(seeded)
    finally:
        close_databases(again.node)


def story_of(seeded: Seeded) -> dict[str, Any]:
    """Answer what is the same whenever the same is seeded: not the ids, and of instants the day."""
    found: dict[str, Any] = defaultdict(list)
    for service in _DECIDING:
        rows = seeded.rows(service, select(CaseRow.title, CaseRow.state, CaseRow.last_name, CaseRow.last_at))
        found[service] = sorted((title, state, name, _day(at)) for title, state, name, at in rows)
    numbers = select(KnownVolunteer.number, KnownVolunteer.name)
    return found | {"numbers": sorted(seeded.rows("records", numbers))}


def _day(at: datetime) -> date:
    return business_date(at)


def test_a_node_without_an_adjustable_clock_is_refused(tmp_path: Path, seeded: Seeded) -> None:
    node = Embedded(tmp_path / "node", clock=FixedClock(SystemClock().now()))
    try:
        with pytest.raises(ValueError, match="adjustable clock"):
            seed(node, seed=SEED, today=seeded.world.today, regions=REGIONS, say=lambda _: None)
    finally:
        close_databases(node)
    assert not is_seeded(node.folder)
