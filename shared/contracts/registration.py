"""What `registration` tells: posts, absence rules, volunteers and organisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event


@event("registration", "post.changed", key="post_id")
@dataclass(frozen=True, kw_only=True)
class PostChanged(Event):
    """A post was given to someone or ended; services with cases keep their directory of holders by it."""

    post_id: str
    account_id: str
    name: str
    role: str
    region: str
    organisation_id: str | None
    active: bool


@event("registration", "absence.changed", key="absence_id")
@dataclass(frozen=True, kw_only=True)
class AbsenceChanged(Event):
    """Somebody is away and another official stands in for them, or this was ended before its time.

    The rule holds from `starts_at` until just before `ends_at`, for these kinds of business, or for all when none is
    named. `active` is false once it was ended; a rule that has ended never begins again.
    """

    absence_id: str
    delegator_account_id: str
    delegator_name: str
    delegate_account_id: str
    delegate_name: str
    starts_at: datetime
    ends_at: datetime
    business_types: tuple[str, ...]
    active: bool


@event("registration", "volunteer.registered", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerRegistered(Event):
    """A volunteer was confirmed under their real name and has a province-wide number."""

    volunteer_number: str
    account_id: str
    name: str
    region: str


@event("registration", "volunteer.updated", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerUpdated(Event):
    """What the others know of a registered volunteer has changed: their home region."""

    volunteer_number: str
    account_id: str
    name: str
    region: str


@event("registration", "volunteer.introduced", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerIntroduced(Event):
    """A volunteer serves at another node, which may record them now; `to_region` is the one that asked for them."""

    volunteer_number: str
    account_id: str
    name: str
    region: str
    to_region: str


@event("registration", "volunteer.received", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerReceived(Event):
    """A node has received a volunteer whom another node gave to it: they are at home there from now on."""

    transfer_id: str
    volunteer_number: str
    from_region: str
    to_region: str
    received_on: date


@dataclass(frozen=True, kw_only=True)
class FilePerson:
    """Who somebody is, without what identifies them: they give their ID number anew at their new home."""

    name: str
    category: str
    specialties: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """One line of an e-file; `source` names the fact, so that it is entered once."""

    source: str
    kind: Literal["hours", "star", "award", "transfer"]
    title: str
    happened_on: date
    hours: int | None = None
    stars: int | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """By what somebody shows at their new home who they are: the digest of a secret that their old account was told."""

    digest: str
    expires_at: datetime


@event("registration", "file.handed_over", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class FileHandedOver(Event):
    """Lines of the e-file of a volunteer who was given to another node, as many events as it takes.

    `person` stands in the first one; `claim` is told when the volunteer asks for it.
    """

    transfer_id: str
    volunteer_number: str
    from_region: str
    to_region: str
    person: FilePerson | None = None
    claim: Claim | None = None
    lines: tuple[FileLine, ...] = ()


@event("registration", "organisation.approved", key="organisation_id")
@dataclass(frozen=True, kw_only=True)
class OrganisationApproved(Event):
    """An organisation was approved and may record activities; `head_account_id` answers for it."""

    organisation_id: str
    name: str
    region: str
    kind: str
    head_account_id: str


@event("registration", "registration.refused", key="subject_id")
@dataclass(frozen=True, kw_only=True)
class RegistrationRefused(Event):
    """A person's or an organisation's registration was refused; the applicant is told why."""

    subject_id: str
    subject: Literal["volunteer", "organisation"]
    name: str
    account_id: str
    reason: str
