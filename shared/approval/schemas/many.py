"""The shapes of requests that move many cases, and of their answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from shared.approval.core.exclusion import DECIDES
from shared.approval.core.words import CaseState
from shared.approval.schemas.sent import LONGEST_OPINION, signature

MOST_ROWS = 200
_LONGEST_ID = 255


class DecisionRowIn(Schema):
    """One case of a batch: the revision that was read, the command's own id, and the case's own signature."""

    case_id = fields.String(required=True, validate=validate.Length(min=1, max=40))
    revision = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=1_000_000))
    command_id = fields.String(required=True, validate=validate.Length(min=1, max=_LONGEST_ID))
    signature = signature()


class DecisionsIn(Schema):
    """One verb and one opinion for many cases."""

    verb = fields.String(required=True, validate=validate.OneOf([verb.value for verb in DECIDES]))
    opinion = fields.String(load_default="", validate=validate.Length(max=LONGEST_OPINION))
    rows = fields.List(fields.Nested(DecisionRowIn), required=True, validate=validate.Length(min=1, max=MOST_ROWS))


class CaseBriefOut(Schema):
    """Where a case stands after its row."""

    id = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": [word.value for word in CaseState]})
    rev = fields.Integer(required=True)
    allowed_actions = fields.List(fields.String(), required=True)


class ResultOut(Schema):
    """What became of one row: the case, or the problem that a request of its own would have been answered."""

    case_id = fields.String(required=True)
    case = fields.Nested(CaseBriefOut, required=True, allow_none=True)
    problem = fields.Dict(
        required=True, allow_none=True, metadata={"description": "As problem+json: status, code, title, winner …"}
    )


class DecisionResultOut(ResultOut):
    """What became of one row of a batch."""

    command_id = fields.String(required=True)


class DecisionsOut(Schema):
    """What became of each row, in the order in which they were sent."""

    results = fields.List(fields.Nested(DecisionResultOut), required=True)


class HandOverIn(Schema):
    """Whose tasks become whose, and why."""

    from_account = fields.String(required=True, data_key="from", validate=validate.Length(min=1, max=60))
    to_account = fields.String(required=True, data_key="to", validate=validate.Length(min=1, max=60))
    opinion = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_OPINION))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=400))


class HandOverResultOut(ResultOut):
    """What became of one task."""

    task = fields.Integer(required=True)


class HandOverOut(Schema):
    """What became of each task; `more` says that some are left, which `next_cursor` goes on with."""

    results = fields.List(fields.Nested(HandOverResultOut), required=True)
    more = fields.Boolean(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class HoldingOut(Schema):
    """How much work is one person's by name."""

    account_id = fields.String(required=True)
    name = fields.String(required=True)
    tasks = fields.Integer(required=True)
    regions = fields.List(
        fields.String(), required=True, metadata={"description": "Whoever takes over has to hold a post in them"}
    )


class HoldingsOut(Schema):
    """Who has unfinished tasks by name in cases of the administrator's regions, the busiest first."""

    items = fields.List(fields.Nested(HoldingOut), required=True)
