"""What `records` tells: activities that were held, records confirmed, hours credited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shared.contracts.base import Event, event


@dataclass(frozen=True, kw_only=True)
class ServedShift:
    """One person's service on one day of an activity, as its recorder wrote it down (hours in hundredths)."""

    record_id: str
    volunteer_number: str
    volunteer_name: str
    served_on: date
    starts: str
    ends: str
    hours_hundredths: int
    quality: int


@event("records", "activity.held", key="activity_id")
@dataclass(frozen=True, kw_only=True)
class ActivityHeld(Event):
    """An activity is over and its records are complete: it can be reported on."""

    activity_id: str
    project_id: str
    project_name: str
    organisation_id: str
    organisation_name: str
    region: str
    name: str
    place: str
    beneficiaries: str
    content: str
    leader: str
    recorder_account_id: str
    recorder: str
    first_day: date
    last_day: date
    shifts: tuple[ServedShift, ...]


@event("records", "record.confirmed", key="record_id")
@dataclass(frozen=True, kw_only=True)
class RecordConfirmed(Event):
    """A service record became true with an approved report; the volunteer's home node credits its hours.

    `region` is the activity's.
    """

    record_id: str
    activity_id: str
    activity_name: str
    region: str
    organisation_id: str
    report_id: str
    volunteer_number: str
    served_on: date
    hours_hundredths: int
    quality: int


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What a record that was confirmed counted for until it was voided."""

    report_id: str
    hours_hundredths: int
    quality: int


@event("records", "record.voided", key="record_id")
@dataclass(frozen=True, kw_only=True)
class RecordVoided(Event):
    """A service record does not count, because its report was rejected, left it out, or was revoked.

    `taken_back` is there where it had been confirmed: a new home may hear this before the confirmation.
    """

    record_id: str
    activity_name: str
    region: str
    volunteer_number: str
    served_on: date
    reason: str
    taken_back: TakenBack | None = None


@event("records", "record.credited", key="record_id")
@dataclass(frozen=True, kw_only=True)
class RecordCredited(Event):
    """The home node of a volunteer has credited a record that another node had confirmed; it is told so.

    `region` is the activity's.
    """

    record_id: str
    region: str
    volunteer_number: str
    credited_on: date


@event("records", "hours.credited", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class HoursCredited(Event):
    """Hours were written into a volunteer's ledger; `total_hundredths` is the sum after this entry."""

    volunteer_number: str
    entry_id: str
    record_id: str
    report_id: str
    activity_name: str
    served_on: date
    hours_hundredths: int
    quality: int
    total_hundredths: int


@event("records", "hours.voided", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class HoursVoided(Event):
    """Hours that were credited were taken back by a counter entry; `total_hundredths` is the sum after it.

    The hours and the evaluation are those of the credit, so that a listener can undo what it counted.
    """

    volunteer_number: str
    entry_id: str
    record_id: str
    report_id: str
    activity_name: str
    served_on: date
    hours_hundredths: int
    quality: int
    total_hundredths: int


@event("records", "volunteer.sought", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerSought(Event):
    """An organisation has a volunteer of another node to record; their home node introduces whom it knows by this name.

    `region` is the organisation's.
    """

    volunteer_number: str
    name: str
    region: str


@event("records", "volunteer.transferred", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class VolunteerTransferred(Event):
    """A place gives a volunteer to the one that has verified and accepted them; registration moves their home region.

    Where another node receives them this is half of the move, `volunteer.received` the other, and no name is told.
    Their hours and records stay as they are, and go with the number.
    """

    transfer_id: str
    volunteer_number: str
    volunteer_name: str = ""
    from_region: str
    to_region: str
    transferred_on: date


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One line of a ledger, with the record that it rests on; hours are positive, the kind says how they count."""

    entry_id: str
    record_id: str
    report_id: str
    activity_name: str
    served_on: date
    kind: Literal["credit", "void"]
    hours_hundredths: int
    quality: int
    entered_at: datetime


@event("records", "ledger.handed_over", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class LedgerHandedOver(Event):
    """A volunteer was given to another node, which gets their ledger: part 1 of `parts`, and so on."""

    transfer_id: str
    volunteer_number: str
    volunteer_name: str
    from_region: str
    to_region: str
    reason: str
    asked_at: datetime
    part: int
    parts: int
    lines: tuple[LedgerLine, ...]


@event("records", "record.passed_on", key="record_id")
@dataclass(frozen=True, kw_only=True)
class RecordPassedOn(Event):
    """A record was confirmed or voided, and that came to a home that had handed the ledger over; the next one gets it.

    `region` is the activity's.
    """

    transfer_id: str
    record_id: str
    volunteer_number: str
    to_region: str
    region: str
    report_id: str
    activity_name: str
    served_on: date
    kind: Literal["credit", "void"]
    hours_hundredths: int
    quality: int


@event("records", "transfer.verified", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class TransferVerified(Event):
    """The ledger of a volunteer of another node is here, and a stage of here has accepted them."""

    transfer_id: str
    volunteer_number: str
    from_region: str
    to_region: str


@event("records", "ledger.taken_over", key="volunteer_number")
@dataclass(frozen=True, kw_only=True)
class LedgerTakenOver(Event):
    """The new home keeps a ledger that another node kept: nodes above copy the lines that they do not have.

    The sums are those of the whole ledger, of which these lines may be a part.
    """

    volunteer_number: str
    total_hundredths: int
    quality_sum: int
    quality_count: int
    lines: tuple[LedgerLine, ...]


RecordState = Literal["pending", "confirmed", "void"]
"""待审, 已确认, 作废."""
