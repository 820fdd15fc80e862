"""The shapes that records takes in and gives out."""

from __future__ import annotations

from datetime import time
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from services.records.rules import (
    CATEGORIES,
    ENTERS,
    MOST_LINES,
    THEMES,
    GuestState,
    Shift,
    TransferState,
    length_hundredths,
    minutes_of,
    show_minutes,
)
from shared.http.fields import Hours

_id = validate.Length(min=1, max=60)


class ProjectIn(Schema):
    """A project of an organisation."""

    organisation_id = fields.String(required=True, validate=_id)
    name = fields.String(required=True, validate=validate.Length(min=4, max=100))
    theme = fields.String(required=True, validate=validate.OneOf(list(THEMES)))
    description = fields.String(required=True, validate=validate.Length(min=4, max=2000))


class ProjectOut(Schema):
    """A project."""

    id = fields.String()
    organisation_id = fields.String()
    region = fields.String()
    name = fields.String()
    theme = fields.String()
    description = fields.String()


class GuestIn(Schema):
    """A volunteer who is registered at another node, by number and name."""

    organisation_id = fields.String(required=True, validate=_id)
    volunteer_number = fields.String(required=True, validate=validate.Regexp(r"^A\d{10}\Z"))
    name = fields.String(required=True, validate=validate.Length(min=2, max=60))


class GuestOut(GuestIn):
    """A guest; their home node introduces them within a moment, where number and name belong together."""

    asked_at = fields.AwareDateTime()
    known = fields.Boolean(metadata={"description": "They can be recorded now"})
    state = fields.Enum(
        GuestState, by_value=True, metadata={"description": "`not_known`: nobody has introduced them for an hour"}
    )


class ActivityIn(Schema):
    """An activity: the notice's fields that all its records share."""

    project_id = fields.String(required=True, validate=_id)
    name = fields.String(required=True, validate=validate.Length(min=4, max=100))
    place = fields.String(required=True, validate=validate.Length(min=2, max=200))
    beneficiaries = fields.String(required=True, validate=validate.Length(min=2, max=100))
    content = fields.String(required=True, validate=validate.Length(min=4, max=4000))
    leader = fields.String(required=True, validate=validate.Length(min=2, max=60))
    category = fields.String(required=True, validate=validate.OneOf(list(CATEGORIES)))
    enters = fields.List(
        fields.String(validate=validate.OneOf(list(ENTERS))), required=True, validate=validate.Length(min=1, max=7)
    )


class ActivityOut(ActivityIn):
    """An activity, with its organising unit (Order 67) and its recorder."""

    id = fields.String()
    organisation_id = fields.String()
    organisation_name = fields.String()
    region = fields.String()
    recorder = fields.String()
    state = fields.String()
    report_id = fields.String(allow_none=True)
    revision = fields.Integer()


def _whole_minutes(value: time) -> None:
    # Seconds and zones would be dropped without a word: a shift is written as its place's clock shows it.
    if value.second or value.microsecond or value.tzinfo is not None:
        raise ValidationError("Not a valid time.")


class RecordLineIn(Schema):
    """Who served when, for how long, how well."""

    volunteer_number = fields.String(required=True, validate=validate.Length(max=20))
    served_on = fields.Date(required=True)
    starts = fields.Time(required=True, validate=_whole_minutes)
    ends = fields.Time(required=True, validate=_whole_minutes)
    hours = Hours(load_default=None, allow_none=True, metadata={"description": "Left out: the length of the shift"})
    quality = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=5))

    @post_load
    def to_shift(self, data: dict[str, Any], **_: Any) -> Shift:
        """Make the value that the rules speak of."""
        starts, ends = minutes_of(data["starts"]), minutes_of(data["ends"])
        # Midnight as an end means the end of the day: nobody means a shift that ends before it starts.
        ends = 24 * 60 if ends == 0 else ends
        hours = data["hours"] if data["hours"] is not None else max(length_hundredths(starts, ends), 1)
        return Shift(
            volunteer_number=data["volunteer_number"],
            served_on=data["served_on"],
            starts=starts,
            ends=ends,
            hours_hundredths=hours,
            quality=data["quality"],
        )


class RecordsIn(Schema):
    """Lines that are entered together or not at all."""

    lines = fields.List(fields.Nested(RecordLineIn), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class RecordOut(Schema):
    """A service record."""

    id = fields.String()
    activity_id = fields.String()
    activity_name = fields.String()
    organisation_name = fields.String()
    place = fields.String()
    volunteer_number = fields.String()
    volunteer_name = fields.String()
    served_on = fields.Date()
    starts = fields.Function(lambda row: show_minutes(row["starts"]), metadata={"type": "string"})
    ends = fields.Function(lambda row: show_minutes(row["ends"]), metadata={"type": "string"})
    hours = Hours(attribute="hours_hundredths")
    quality = fields.Integer()
    evaluated_on = fields.Date()
    state = fields.String()
    report_id = fields.String(allow_none=True)
    void_reason = fields.String(allow_none=True)
    credited = fields.Boolean(metadata={"description": "The hours are in the ledger at the volunteer's home"})


class LedgerEntryOut(Schema):
    """One line of the hours ledger."""

    id = fields.String()
    record_id = fields.String()
    report_id = fields.String()
    activity_name = fields.String()
    served_on = fields.Date()
    kind = fields.String()
    hours = Hours(attribute="hours_hundredths")
    quality = fields.Integer()
    entered_at = fields.AwareDateTime(format="iso")


class LedgerOut(Schema):
    """A volunteer's ledger and its sum."""

    volunteer_number = fields.String()
    total = Hours(attribute="total_hundredths")
    entries = fields.List(fields.Nested(LedgerEntryOut))


class TransferIn(Schema):
    """Where a volunteer wants to be at home, why, and that the place may check their records."""

    to_region = fields.String(required=True, validate=validate.Regexp(r"^\d{6}\Z"))
    reason = fields.String(required=True, validate=validate.Length(min=4, max=500))
    consent = fields.Boolean(
        required=True, metadata={"description": "The receiving place may read and check the volunteer's records"}
    )


class ReasonIn(Schema):
    """The reason of a returned transfer, written anew."""

    reason = fields.String(required=True, validate=validate.Length(min=4, max=500))


class TransferOut(Schema):
    """A transfer; its revision is the ETag, and its case is decided at `to_region`."""

    id = fields.String(required=True)
    volunteer_number = fields.String(required=True)
    volunteer_name = fields.String(required=True)
    from_region = fields.String(required=True)
    to_region = fields.String(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": [state.value for state in TransferState]})
    case_id = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, metadata={"description": "What was said when it was returned or refused"})
    consented_at = fields.AwareDateTime(required=True)
    asked_at = fields.AwareDateTime(required=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    moved_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the home region had become the new one"}
    )
    revision = fields.Integer(required=True)


class LedgerQuery(Schema):
    """Whose ledger is wanted."""

    volunteer_number = fields.String(required=True, validate=validate.Length(max=20))


class ListQuery(Schema):
    """Which page of a list is wanted."""

    region = fields.String(load_default=None, validate=validate.Regexp(r"^\d{6}\Z"))
    organisation_id = fields.String(load_default=None, validate=_id)
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))


class TransfersQuery(Schema):
    """Which page of the transfers of one's regions is wanted."""

    state = fields.String(load_default=None, validate=validate.OneOf([state.value for state in TransferState]))
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))


class MineQuery(Schema):
    """Which of one's own records are wanted."""

    state = fields.String(load_default=None, validate=validate.OneOf(["pending", "confirmed", "void"]))
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))
