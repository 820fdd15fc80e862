"""Organisations and people are entered in the register: each applies, and the office of their region confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from services.launcher.demo.accounts import PASSWORD
from services.launcher.demo.agenda import workday_after
from services.launcher.demo.ground import Ground
from services.launcher.demo.model import DemoOrganisation, DemoPerson
from services.launcher.demo.offices import Offices
from services.launcher.demo.rulings import APPROVED, Rulings, command_id
from services.registration.commands import accounts, organisations, volunteers
from services.registration.commands.cases import approvals
from services.registration.model import Account, Volunteer
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.identity import Principal
from shared.storage import UnitOfWork

_STUDENT = "在校大学生"


@dataclass(frozen=True, kw_only=True)
class Leader:
    """The head of a registered organisation, who acts for it."""

    principal: Principal
    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """Somebody whose registration waits for a clerk."""

    key: str
    region: str
    volunteer_id: str
    case_id: str


class Enrolment:
    """Who is registered, and under which number."""

    def __init__(self, ground: Ground, offices: Offices, rulings: Rulings, *, usernames: dict[str, str]) -> None:
        self._ground = ground
        self._offices = offices
        self._rulings = rulings
        self._usernames = usernames
        self._rng = ground.rng("enrolment")
        self._accounts: dict[str, Account] = {}
        #: Volunteer numbers by key of the person.
        self.numbers: dict[str, str] = {}
        #: The heads of organisations by key of the organisation.
        self.leaders: dict[str, Leader] = {}

    def plan(self, first_day: date) -> None:
        """Put down everybody's registration: who had joined before goes first, the others when they join."""
        world, agenda = self._ground.world, self._ground.agenda
        soon = first_day + timedelta(days=28)
        for organisation in world.organisations:
            agenda.on(first_day, partial(self.enter_organisation, organisation, head=world.person(organisation.head)))
            members = [world.person(key) for key in organisation.members]
            early = [person for person in members if person.joined_on <= soon]
            day = workday_after(first_day, days=self._rng.randint(2, 8))
            agenda.on(day, partial(self._enter_and_confirm, early))
            for person in members:
                if person.joined_on > soon:
                    # Their number is there on the day on which they first serve.
                    day = workday_after(person.joined_on - timedelta(days=9), days=1)
                    agenda.on(day, partial(self._enter_and_confirm, [person]))

    def enter_organisation(self, organisation: DemoOrganisation, *, head: DemoPerson, waits: bool = False) -> None:
        """Register an organisation and have the approver of its region admit it, unless it is to wait."""
        with self._ground.work("registration") as uow:
            account = self._account(uow, head)
            form = organisations.OrganisationForm(
                name=organisation.name,
                region=organisation.region,
                kind=organisation.kind,
                purpose=organisation.introduction,
                uscc=organisation.uscc,
            )
            made = organisations.register_organisation(
                uow,
                form=form,
                head=volunteers.party_of(account),
                regions=self._ground.regions,
                approvals=approvals,
                command_id=command_id(),
            )
            case_id = made.case_id
        assert case_id is not None
        if waits:
            return

        def take_office(view: CaseView) -> None:
            with self._ground.node.databases["registration"].reading() as session:
                principal = accounts.principal_of(session, account)
            self.leaders[organisation.key] = Leader(principal=principal, organisation_id=view.business_id)

        self._rulings.follow("registration", approvals, case_id=case_id, course=APPROVED, then=take_office)

    def enter(self, people: Sequence[DemoPerson]) -> list[Applicant]:
        """Register people as volunteers, each on their own account, in one unit of work."""
        with self._ground.work("registration") as uow:
            return [self._enter(uow, person) for person in people]

    def _enter(self, uow: UnitOfWork, person: DemoPerson) -> Applicant:
        form = volunteers.VolunteerForm(
            name=person.name,
            id_number=person.id_number,
            mobile=person.mobile,
            region=person.region,
            category="student" if person.occupation == _STUDENT else person.category,
            specialties=person.specialties,
            consents={"privacy", "id_number"},
        )
        made = volunteers.register_volunteer(
            uow,
            form=form,
            applicant=volunteers.party_of(self._account(uow, person)),
            sealer=self._ground.sealer,
            regions=self._ground.regions,
            approvals=approvals,
            command_id=command_id(),
        )
        assert made.case_id is not None
        return Applicant(key=person.key, region=person.region, volunteer_id=made.id, case_id=made.case_id)

    def _enter_and_confirm(self, people: Sequence[DemoPerson]) -> None:
        applicants = self.enter(people)
        self._ground.agenda.soon(partial(self._confirm, applicants), pace=3)

    def _confirm(self, applicants: Sequence[Applicant]) -> None:
        with self._ground.work("registration") as uow:
            for applicant in applicants:
                approvals.act(
                    uow,
                    case_id=applicant.case_id,
                    verb=Verb.APPROVE,
                    actor=self._offices.clerk(applicant.region),
                    command_id=command_id(),
                    opinion="已核对身份信息",
                )
                number = uow.session.get_one(Volunteer, applicant.volunteer_id).number
                assert number is not None
                self.numbers[applicant.key] = number

    def _account(self, uow: UnitOfWork, person: DemoPerson) -> Account:
        """Answer somebody's account, made when they come for the first time; only the listed can sign in to theirs."""
        if person.key not in self._accounts:
            username = self._usernames.get(person.key)
            self._accounts[person.key] = accounts.create_account(
                uow, name=person.name, username=username, password=PASSWORD if username else None
            )
        return self._accounts[person.key]
