"""The people of a staged node: officials, an organisation with its head, volunteers."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from sqlalchemy import select

from services.launcher.story.numbers import made_up_id_number
from services.registration.commands import accounts, organisations, posts, volunteers
from services.registration.commands.cases import approvals as registrations
from services.registration.model import Account, Volunteer
from shared.approval.core.words import Verb
from shared.approval.tables import CaseRow
from shared.identity import Principal, Role
from shared.regions import Regions
from shared.sealing import Sealer
from shared.storage import Database, UnitOfWork

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"
PASSWORD = "Aa1-staged-and-ready"
APPROVER = "province-approver"
CLERK = "county-clerk"
"""Those who sign in over HTTP; all others act through use cases."""
_BATCH = 20


@dataclass(frozen=True)
class Scene:
    """Where a staged node is: its name, its numbers, the county of its people and the tiers between it and the top."""

    node: str = "hebei"
    block: str = "01"
    county: str = COUNTY
    cities: tuple[str, ...] = (CITY,)


@dataclass(frozen=True)
class Applied:
    """A registration that waits for the county's clerk, with the revision its case has now."""

    case_id: str
    revision: int


@dataclass
class Cast:
    """Everybody at registration, entered by the commands that its routes call."""

    database: Database
    sealer: Sealer
    scene: Scene = field(default_factory=Scene)
    regions: Regions = field(default_factory=Regions.load)
    rng: Random = field(default_factory=lambda: Random(7))
    officials: dict[tuple[Role, str], Principal] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    organisation_id: str = ""
    _head: Principal | None = None
    _commands: int = 0

    @property
    def head(self) -> Principal:
        """Answer the head of the organisation."""
        assert self._head is not None, "no organisation was admitted yet"
        return self._head

    def appoint(self) -> None:
        """Make the administrators and have them appoint the officials."""
        with self.database.unit_of_work() as uow:
            for role in posts.bootstrap(uow):
                account = _account_called(uow, role.replace("_", "-"))
                self.officials[Role(role), PROVINCE] = accounts.principal_of(uow.session, account)
            self._appoint(uow, Role.CLERK, self.scene.county, username=CLERK)
            for region in (self.scene.county, *self.scene.cities):
                self._appoint(uow, Role.APPROVER, region)
            self._appoint(uow, Role.APPROVER, PROVINCE, username=APPROVER)

    def enrol(self, people: int) -> None:
        """Admit the organisation and register so many volunteers."""
        self._admit_organisation()
        self._register(people)

    def applications(self, count: int) -> list[Applied]:
        """Have so many people apply who wait for the county's clerk."""
        found: list[Applied] = []
        first = len(self.numbers)
        for batch in range(first, first + count, _BATCH):
            with self.database.unit_of_work() as uow:
                numbers = range(batch, min(batch + _BATCH, first + count))
                applied = [self._apply(uow, number).case_id for number in numbers]
                uow.session.flush()
                rows = uow.session.scalars(select(CaseRow).where(CaseRow.id.in_(applied)))
                found += [Applied(row.id, row.rev) for row in rows]
        return found

    def _appoint(self, uow: UnitOfWork, role: Role, region: str, *, username: str | None = None) -> None:
        account = accounts.create_account(
            uow, name=f"{region}-{role}", username=username, password=PASSWORD if username else None
        )
        system, security = (self.officials[one, PROVINCE] for one in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN))
        post = posts.propose_post(
            uow, proposer=system, account_id=account.id, role=role, region=region, regions=self.regions
        )
        posts.confirm_post(uow, confirmer=security, post_id=post.id)
        uow.session.flush()
        self.officials[role, region] = accounts.principal_of(uow.session, account)

    def _admit_organisation(self) -> None:
        with self.database.unit_of_work() as uow:
            account = accounts.create_account(uow, name="马立新", username=None)
            form = organisations.OrganisationForm(
                name="正定县安全生产志愿服务队",
                region=self.scene.county,
                kind="county",
                purpose="开展安全生产宣传志愿服务",
            )
            made = organisations.register_organisation(
                uow,
                form=form,
                head=volunteers.party_of(account),
                regions=self.regions,
                approvals=registrations,
                command_id=self._command(),
            )
            self._decide(uow, made.case_id, Role.APPROVER)
            self.organisation_id = made.id
            self._head = accounts.principal_of(uow.session, account)

    def _register(self, people: int) -> None:
        for first in range(0, people, _BATCH):
            with self.database.unit_of_work() as uow:
                applied = [self._apply(uow, number) for number in range(first, min(first + _BATCH, people))]
                for one in applied:
                    self._decide(uow, one.case_id, Role.CLERK)
                uow.session.flush()
                self.numbers += [str(uow.session.get_one(Volunteer, one.id).number) for one in applied]

    def _apply(self, uow: UnitOfWork, number: int) -> Volunteer:
        account = accounts.create_account(uow, name=f"志愿者{number}", username=None)
        form = volunteers.VolunteerForm(
            name=account.name,
            id_number=made_up_id_number(self.rng),
            mobile=f"139{number:08d}",
            region=self.scene.county,
            category="publicity_worker",
            specialties=["宣讲"],
            consents=["privacy", "id_number"],
        )
        return volunteers.register_volunteer(
            uow,
            form=form,
            applicant=volunteers.party_of(account),
            sealer=self.sealer,
            regions=self.regions,
            approvals=registrations,
            command_id=self._command(),
        )

    def _decide(self, uow: UnitOfWork, case_id: str | None, role: Role) -> None:
        assert case_id is not None
        actor = self.officials[role, self.scene.county]
        registrations.act(uow, case_id=case_id, verb=Verb.APPROVE, actor=actor, command_id=self._command())

    def _command(self) -> str:
        self._commands += 1
        return f"staged-{self._commands}"


def _account_called(uow: UnitOfWork, username: str) -> Account:
    return uow.session.scalars(select(Account).where(Account.username == username)).one()
