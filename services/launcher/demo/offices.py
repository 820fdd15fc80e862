"""The officials: a clerk and an approver in every region, appointed by two administrators as the rules want it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from services.launcher.demo.accounts import OFFICIALS, PASSWORD
from services.launcher.demo.agenda import workday_after
from services.launcher.demo.ground import Ground
from services.launcher.demo.names import Names
from services.launcher.story.run import write_whole
from services.registration.commands import accounts, posts
from services.registration.model import Account
from shared.identifiers import Sex
from shared.identity import Principal, Role
from shared.identity.people import ROLE_NAMES

_POSTS = (Role.CLERK, Role.APPROVER)
_OLDEST, _YOUNGEST = 1966, 1996


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A post in an office and the account that is to hold it."""

    role: Role
    region: str
    account_id: str
    post_id: str


class Offices:
    """Who decides and who prepares in each region."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._rng = ground.rng("offices")
        self._names = Names(self._rng)
        self._administrators: dict[Role, Principal] = {}
        self._officials: dict[tuple[Role, str], Principal] = {}
        #: The listed accounts and what their holders are called, in both languages.
        self.listed: dict[str, str] = {}

    def approver(self, region: str) -> Principal:
        """Answer who decides in a region."""
        return self._officials[Role.APPROVER, region]

    def clerk(self, region: str) -> Principal:
        """Answer who prepares papers and confirms volunteers in a region."""
        return self._officials[Role.CLERK, region]

    def plan(self, first_day: date) -> None:
        """Put down the first start and the appointments: proposed on one day, confirmed on the next."""
        agenda = self._ground.agenda
        agenda.on(first_day, self._begin)
        proposed: list[Seat] = []
        second_day = workday_after(first_day, days=1)
        for region in self._regions(first_day):
            agenda.on(second_day, partial(self._propose, region, proposed))
        agenda.on(workday_after(first_day, days=2), partial(self._confirm, proposed))

    def _regions(self, on: date) -> list[str]:
        """Answer every region where something is decided: of organisations and people, and all above them."""
        world, regions = self._ground.world, self._ground.regions
        named = {one.region for one in world.organisations} | {one.region for one in world.people}
        return sorted({upper.code for code in named for upper in regions.chain(code, on=on)})

    def _begin(self) -> None:
        """Make the three administrators; their passwords lie where the story looks for them."""
        with self._ground.work("registration") as uow:
            made = posts.bootstrap(uow)
            for role, given in made.items():
                account = accounts.activate(uow, secret=given["secret"], password=PASSWORD)
                uow.session.flush()
                self._administrators[Role(role)] = accounts.principal_of(uow.session, account)
                self.listed[given["username"]] = " ".join(ROLE_NAMES[Role(role)])
        known = {role: {**given, "password": PASSWORD} for role, given in made.items()}
        write_whole(self._ground.node.folder / "administrators.json", json.dumps(known, indent=2))

    def _propose(self, region: str, proposed: list[Seat]) -> None:
        """Make the accounts of an office and propose their posts."""
        with self._ground.work("registration") as uow:
            for role in _POSTS:
                username = OFFICIALS.get((role, region))
                account = accounts.create_account(uow, name=self._name(), username=username)
                if username is not None:
                    secret = accounts.issue_secret(uow, account_id=account.id)
                    accounts.activate(uow, secret=secret, password=PASSWORD)
                    self._list(username, role, region)
                post = posts.propose_post(
                    uow,
                    proposer=self._administrators[Role.SYSTEM_ADMIN],
                    account_id=account.id,
                    role=role,
                    region=region,
                    regions=self._ground.regions,
                )
                proposed.append(Seat(role=role, region=region, account_id=account.id, post_id=post.id))

    def _confirm(self, proposed: Iterable[Seat]) -> None:
        with self._ground.work("registration") as uow:
            for seat in proposed:
                posts.confirm_post(uow, confirmer=self._administrators[Role.SECURITY_ADMIN], post_id=seat.post_id)
                uow.session.flush()
                account = uow.session.get_one(Account, seat.account_id)
                self._officials[seat.role, seat.region] = accounts.principal_of(uow.session, account)

    def _name(self) -> str:
        sex = self._rng.choice((Sex.MALE, Sex.FEMALE))
        return self._names.next(sex=sex, born=self._rng.randint(_OLDEST, _YOUNGEST))

    def _list(self, username: str, role: Role, region: str) -> None:
        zh, en = ROLE_NAMES[role]
        self.listed[username] = f"{self._ground.region(region).name}{zh} {en}"
