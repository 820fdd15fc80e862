"""What `records` tells: activities that were held, records confirmed, hours credited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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


@event("records", "record.voided", key="record_id")
@dataclass(frozen=True, kw_only=True)
class RecordVoided(Event):
    """A service record does not count, because its report was rejected, left it out, or was revoked."""

    record_id: str
    activity_name: str
    region: str
    volunteer_number: str
    served_on: date
    reason: str


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
    """The place that receives a volunteer has taken them over; registration moves their home region.

    Their hours and records stay as they are, and go with the number.
    """

    transfer_id: str
    volunteer_number: str
    volunteer_name: str
    from_region: str
    to_region: str
    transferred_on: date


RecordState = Literal["pending", "confirmed", "void"]
"""待审, 已确认, 作废."""
