"""The shapes that reporting takes in and gives out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from services.reporting.rules import LineChange
from shared.http.fields import Hours


class LineIn(Schema):
    """A correction of one line."""

    record_id = fields.String(required=True, validate=validate.Length(min=1, max=60))
    hours = Hours(load_default=None)
    quality = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=1, max=5))
    counted = fields.Boolean(load_default=None)

    @post_load
    def to_change(self, data: dict[str, Any], **_: Any) -> LineChange:
        """Make the value that the rules speak of."""
        return LineChange(
            record_id=data["record_id"],
            hours_hundredths=data["hours"],
            quality=data["quality"],
            counted=data["counted"],
        )


class ReportEdit(Schema):
    """What is completed or corrected in a report; what is left out stays as it is."""

    summary = fields.String(load_default=None, validate=validate.Length(max=8000))
    problems = fields.String(load_default=None, validate=validate.Length(max=4000))
    lines = fields.List(fields.Nested(LineIn), load_default=list, validate=validate.Length(max=2000))


class LineOut(Schema):
    """What a report claims for one service record."""

    record_id = fields.String()
    volunteer_number = fields.String()
    volunteer_name = fields.String()
    served_on = fields.Date()
    starts = fields.String()
    ends = fields.String()
    recorded_hours = Hours(attribute="recorded_hundredths")
    hours = Hours(attribute="hours_hundredths")
    quality = fields.Integer()
    counted = fields.Boolean()


class ReportOut(Schema):
    """A report in a list."""

    id = fields.String()
    activity_id = fields.String()
    activity_name = fields.String()
    project_name = fields.String()
    organisation_id = fields.String()
    organisation_name = fields.String()
    region = fields.String()
    quarter = fields.String()
    first_day = fields.Date()
    last_day = fields.Date()
    state = fields.String()
    case_id = fields.String(allow_none=True)
    round = fields.Integer()
    revision = fields.Integer()
    submitted_at = fields.AwareDateTime(format="iso", allow_none=True)


class ReportWhole(ReportOut):
    """A report with all it says."""

    place = fields.String()
    beneficiaries = fields.String()
    content = fields.String()
    leader = fields.String()
    recorder = fields.String()
    summary = fields.String()
    problems = fields.String()
    lines = fields.List(fields.Nested(LineOut))


class ReportQuery(Schema):
    """Which reports are wanted."""

    region = fields.String(load_default=None, validate=validate.Regexp(r"^\d{6}\Z"))
    activity_id = fields.String(load_default=None, validate=validate.Length(max=60))
    state = fields.String(
        load_default=None, validate=validate.OneOf(["draft", "running", "returned", "approved", "rejected", "revoked"])
    )
    quarter = fields.String(load_default=None, validate=validate.Regexp(r"^\d{4}Q[1-4]\Z"))
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))
