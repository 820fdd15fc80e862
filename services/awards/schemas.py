"""The shapes that awards take in and give out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from shared.http.paging import PageArguments

LONGEST_STORY = 2000
_region = validate.Regexp(r"^\d{6}\Z")
_hours = {"description": "Hours with at most two decimals"}


def _story() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=20, max=LONGEST_STORY))


class NominationIn(Schema):
    """A volunteer proposed for a commendation; the story says why."""

    award = fields.String(required=True, validate=validate.OneOf(["outstanding_volunteer"]))
    round = fields.String(required=True, validate=validate.Regexp(r"^20\d{2}\Z"), metadata={"description": "The year"})
    volunteer_number = fields.String(required=True, validate=validate.Regexp(r"^[0-9A-Za-z]{1,12}\Z"))
    story = _story()


class StoryIn(Schema):
    """The story of a returned nomination, written anew."""

    story = _story()


class NominationQuery(PageArguments):
    """Which nominations are wanted."""

    region = fields.String(load_default=None, validate=_region)
    kind = fields.String(load_default=None, validate=validate.OneOf(["star", "commendation"]))
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(["open", "returned", "granted", "refused", "withdrawn", "ended", "revoked"]),
    )
    mine = fields.Boolean(load_default=False, metadata={"description": "Only those I proposed"})


class RegionQuery(PageArguments):
    """Which region is wanted, with all below it; all that one sees without."""

    region = fields.String(load_default=None, validate=_region)


class NominationOut(Schema):
    """A nomination."""

    id = fields.String()
    kind = fields.String()
    title = fields.String()
    volunteer_number = fields.String()
    volunteer_name = fields.String()
    region = fields.String()
    stars = fields.Integer(allow_none=True)
    award = fields.String(allow_none=True)
    round = fields.String(allow_none=True)
    story = fields.String()
    proposer_name = fields.String()
    case_id = fields.String(allow_none=True)
    state = fields.String()
    reason = fields.String()
    revision = fields.Integer()
    opened_at = fields.AwareDateTime(format="iso")
    decided_at = fields.AwareDateTime(format="iso", allow_none=True)


class StarOut(Schema):
    """A star level that was given."""

    stars = fields.Integer()
    granted_on = fields.Date()
    decided_by_region = fields.String()
    withdrawn_on = fields.Date(allow_none=True, metadata={"description": "When it was taken away by a decision"})


class NextStarOut(Schema):
    """What the next star takes and what is missing (离我下一颗星)."""

    stars = fields.Integer()
    hours_needed = fields.String(metadata=_hours)
    hours_missing = fields.String(metadata=_hours)
    quality_floor = fields.String()
    quality_is_met = fields.Boolean()
    decided_by = fields.String(metadata={"description": "The tier that decides: county, city or province"})
    not_before = fields.Date(allow_none=True, metadata={"description": "After a refusal: free again from this day"})


class StandingOut(Schema):
    """Where a volunteer stands on the way to stars."""

    volunteer_number = fields.String()
    name = fields.String()
    region = fields.String()
    total_hours = fields.String(metadata=_hours)
    average_quality = fields.String(allow_none=True)
    stars = fields.Integer()


class MyStarsOut(StandingOut):
    """My own standing, with what was given, what is open and what is missing."""

    granted = fields.List(fields.Nested(StarOut))
    next = fields.Nested(NextStarOut, allow_none=True)
    nominations = fields.List(fields.Nested(NominationOut))


class AwardOut(Schema):
    """A commendation that was given."""

    id = fields.String()
    number = fields.String()
    volunteer_number = fields.String()
    volunteer_name = fields.String()
    award = fields.String()
    award_name = fields.String()
    round = fields.String()
    citation = fields.String()
    region = fields.String()
    granting_region = fields.String()
    granted_on = fields.Date()


class MyAwardsOut(Schema):
    """All commendations of one person, newest first."""

    items = fields.List(fields.Nested(AwardOut))
