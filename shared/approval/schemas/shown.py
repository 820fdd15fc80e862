"""The shapes in which cases and lists of them are shown."""

from __future__ import annotations

from marshmallow import Schema, fields

from shared.approval.core.voting import Denominator, Operator
from shared.approval.core.words import CaseState, StageState, TaskKind, TaskState, Token, Verb
from shared.approval.schemas.sent import RemarkSchema


def _word(words: type[CaseState | StageState | TaskState | Token | Verb]) -> fields.String:
    return fields.String(required=True, metadata={"enum": [word.value for word in words]})


def _signature() -> fields.String:
    return fields.String(
        required=True, metadata={"description": "The reference of a signature that is kept elsewhere; empty for none"}
    )


class TaskOut(Schema):
    """One task of a stage: whom it asks (a role in the stage's region, or one account) and who ended it."""

    number = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": [word.value for word in TaskKind]})
    parent = fields.Integer(required=True, allow_none=True, metadata={"description": "The task it was added to"})
    role = fields.String(required=True, allow_none=True)
    region = fields.String(required=True)
    assignee = fields.String(required=True, allow_none=True)
    assignee_name = fields.String(required=True)
    on_behalf_of_name = fields.String(required=True, allow_none=True, metadata={"description": "Whose place was taken"})
    state = _word(TaskState)
    opened_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_by_name = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, metadata={"description": "Why it was cancelled, as a code"})


class VoteOut(Schema):
    """What a vote (票签) needs to pass."""

    denominator = fields.String(required=True, metadata={"enum": [word.value for word in Denominator]})
    operator = fields.String(required=True, metadata={"enum": [word.value for word in Operator]})
    value = fields.Integer(required=True, metadata={"description": "Voices, percent of all voices, or weight"})


class StageOut(Schema):
    """One stop of the round."""

    number = fields.Integer(required=True)
    visit = fields.Integer(required=True, metadata={"description": "Counts up when the round comes back to the node"})
    after = fields.List(fields.Integer(), required=True, metadata={"description": "Stages that must pass before it"})
    node_key = fields.String(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    region = fields.String(required=True)
    region_name = fields.String(required=True)
    mode = fields.String(required=True)
    state = _word(StageState)
    veto = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Where several decide: whether one reject ends it"}
    )
    vote = fields.Nested(VoteOut, required=True, allow_none=True)
    decided_by_name = fields.String(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    opinion_needed = fields.List(fields.String(), required=True, metadata={"description": "Verbs that need an opinion"})
    signature_needed = fields.List(
        fields.String(), required=True, metadata={"description": "Verbs that need a signature"}
    )
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    due_is_provisional = fields.Boolean(
        required=True, metadata={"description": "The workdays of that year are not loaded yet"}
    )
    ways_back = fields.List(fields.String(), required=True, metadata={"description": "Where it can be returned to"})
    tasks = fields.List(fields.Nested(TaskOut), required=True)


class LastOut(Schema):
    """The latest verb."""

    verb = _word(Verb)
    account_id = fields.String(required=True)
    name = fields.String(required=True)
    region = fields.String(required=True)
    opinion = fields.String(required=True)
    signature = _signature()
    at = fields.AwareDateTime(required=True)


class CaseOut(Schema):
    """A case; its revision is the ETag."""

    id = fields.String(required=True)
    business_type = fields.String(required=True)
    business_id = fields.String(required=True)
    title = fields.String(required=True)
    definition_key = fields.String(required=True)
    definition_version = fields.Integer(required=True)
    definition_title_zh = fields.String(required=True)
    definition_title_en = fields.String(required=True)
    home_region = fields.String(required=True)
    home_region_name = fields.String(required=True)
    token_region = fields.String(required=True, metadata={"description": "The region that may move the case now"})
    token_region_name = fields.String(required=True)
    organisation_id = fields.String(required=True, allow_none=True)
    initiator_id = fields.String(required=True)
    initiator_name = fields.String(required=True)
    state = _word(CaseState)
    round = fields.Integer(required=True)
    max_rounds = fields.Integer(required=True)
    rev = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    parent_case = fields.String(
        required=True, allow_none=True, metadata={"description": "The case that waits for this one"}
    )
    last = fields.Nested(LastOut, required=True)
    stages = fields.List(fields.Nested(StageOut), required=True)
    allowed_actions = fields.List(
        fields.String(), required=True, metadata={"description": "The verbs that the caller may use now"}
    )
    whereabouts = _word(Token)


class RoundOut(Schema):
    """One round: what was submitted."""

    round = fields.Integer(required=True)
    definition_version = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)
    content = fields.Dict(required=True, allow_none=True, metadata={"description": "null when it was erased"})


class ChangeOut(Schema):
    """One field that differs; `old` or `new` is null for what was added or removed."""

    kind = fields.String(required=True, metadata={"enum": ["added", "removed", "changed"]})
    pointer = fields.String(required=True)
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)


class DifferenceOut(Schema):
    """What was changed from one round to the next."""

    from_round = fields.Integer(required=True)
    to_round = fields.Integer(required=True)
    nothing_changed = fields.Boolean(required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)


class CaseDetailOut(CaseOut):
    """A case with all its rounds and what differs between them."""

    rounds = fields.List(fields.Nested(RoundOut), required=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)


class TimelineOut(Schema):
    """One line of a case's history: a verb of a person, `stage_held` when nobody could decide, or `stage_overdue`."""

    seq = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    round = fields.Integer(required=True)
    verb = fields.String(required=True)
    who = fields.String(required=True, allow_none=True, metadata={"description": "null when it was erased, or nobody"})
    on_behalf_of = fields.String(required=True, allow_none=True)
    role = fields.String(required=True, allow_none=True)
    region = fields.String(required=True)
    region_name = fields.String(required=True)
    opinion = fields.String(required=True)
    signature = _signature()
    remarks = fields.List(fields.Nested(RemarkSchema), required=True)


class TrailOut(Schema):
    """A case's history, oldest first."""

    entries = fields.List(fields.Nested(TimelineOut), required=True)
    intact = fields.Boolean(required=True, metadata={"description": "Whether the chain of hashes holds"})


class TaskItemOut(Schema):
    """One line of a list; `at` is when it came to the caller, was started or was decided by them."""

    case_id = fields.String(required=True)
    business_type = fields.String(required=True)
    business_id = fields.String(required=True)
    title = fields.String(required=True)
    state = _word(CaseState)
    round = fields.Integer(required=True)
    rev = fields.Integer(required=True)
    home_region = fields.String(required=True)
    home_region_name = fields.String(required=True)
    token_region = fields.String(required=True)
    token_region_name = fields.String(required=True)
    initiator_name = fields.String(required=True)
    last_verb = _word(Verb)
    last_name = fields.String(required=True)
    verb = fields.String(required=True, allow_none=True, metadata={"description": "In `done`: what the caller did"})
    at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "The next deadline where the case is now"}
    )
    due_is_provisional = fields.Boolean(
        required=True, metadata={"description": "The workdays of that year are not loaded yet"}
    )
    read = fields.Boolean(required=True, allow_none=True, metadata={"description": "In `cc`: whether it was read"})
    signature_needed = fields.List(
        fields.String(), required=True, metadata={"description": "In `todo`: verbs that need a signature now"}
    )


class TaskCountsOut(Schema):
    """How long the lists are: of copies the unread, of what was started what is under way.

    In the caller's regions: held, and with a provisional deadline.
    """

    todo = fields.Integer(required=True)
    returned = fields.Integer(required=True)
    cc = fields.Integer(required=True)
    started = fields.Integer(required=True)
    done = fields.Integer(required=True, metadata={"description": "Counted up to 1000"})
    held = fields.Integer(required=True)
    provisional = fields.Integer(
        required=True, metadata={"description": "Cases whose deadline waits for the workdays of its year"}
    )


class RecipientOut(Schema):
    """An official who can be given a part in a case."""

    account_id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    region = fields.String(required=True)
    region_name = fields.String(required=True)
    verbs = fields.List(
        fields.String(), required=True, metadata={"description": "The verbs for which they can be chosen"}
    )


class RecipientsOut(Schema):
    """The officials who can be given a part in a case, those of the lowest region first."""

    items = fields.List(fields.Nested(RecipientOut), required=True)
