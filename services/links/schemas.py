"""The shapes that links take in and give out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


def _instant(*, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", allow_none=allow_none)


class RefusalOut(Schema):
    """Why a charter is not gone by."""

    code = fields.String()
    zh = fields.String()
    en = fields.String()


class CharterOut(Schema):
    """The charter that the node goes by: map, keys and epochs as the root published them."""

    state = fields.String(
        validate=validate.OneOf(["in_force", "ending", "expired", "refused"]),
        metadata={"description": "`ending` within thirty days; past its day, or `refused`, nodes exchange nothing"},
    )
    version = fields.Integer(metadata={"description": "Of the file that is there"})
    issued_at = _instant()
    expires_at = _instant()
    days_left = fields.Integer()
    epoch = fields.Integer(metadata={"description": "How often this node has begun anew; the first time is 1"})
    taken_version = fields.Integer(allow_none=True, metadata={"description": "The newest that was ever in force here"})
    taken_at = _instant(allow_none=True)
    sha256 = fields.String(allow_none=True, metadata={"description": "Of the file of `taken_version`"})
    refused = fields.Nested(RefusalOut, metadata={"description": "Why the file that is there is not gone by"})


class NodeKeyOut(Schema):
    """A public key of a node, without the key itself."""

    kid = fields.String()
    status = fields.String(validate=validate.OneOf(["active", "revoked"]))
    not_before = _instant()
    not_after = _instant()
    days_left = fields.Integer()
    signs = fields.Boolean(metadata={"description": "It is the one that the node signs with now"})


class PlaceOut(Schema):
    """A place in a stream of letters."""

    epoch = fields.Integer()
    seq = fields.Integer(metadata={"description": "0 before the first letter"})


class StepOut(Schema):
    """What to do next."""

    zh = fields.String()
    en = fields.String()
    command = fields.String(metadata={"description": "To be run on this node; empty where there is none"})


class LinkOut(Schema):
    """How the streams between this node and one other do."""

    node = fields.String()
    name = fields.String()
    is_well = fields.Boolean(metadata={"description": "Nobody needs to look"})
    is_in_map = fields.Boolean(metadata={"description": "The charter names it; else nothing is exchanged any more"})
    is_neighbour = fields.Boolean()
    through = fields.String(allow_none=True, metadata={"description": "The neighbour that letters to it go by"})
    sent = fields.Nested(PlaceOut, metadata={"description": "The last letter written to it"})
    receipted_to = fields.Nested(PlaceOut, metadata={"description": "The last letter that it has receipted"})
    received = fields.Nested(PlaceOut, metadata={"description": "The last letter of it that was taken in"})
    epoch = fields.Integer(allow_none=True, metadata={"description": "Of that node, as the charter says"})
    waiting = fields.Integer(metadata={"description": "Letters written and not receipted"})
    oldest_waiting_seconds = fields.Float()
    last_receipt_seconds = fields.Float(allow_none=True)
    silent_seconds = fields.Float(allow_none=True, metadata={"description": "Since anything was heard of it"})
    compared_seconds = fields.Float(allow_none=True, metadata={"description": "Since it last said how far it is"})
    unanswered = fields.Integer(metadata={"description": "Questions of how far it is without an answer, in a row"})
    differs = fields.String(allow_none=True, metadata={"description": "What the last comparison found wrong"})
    stopped = fields.String(allow_none=True, metadata={"description": "Why its stream to us stands still"})
    stopped_there = fields.String(allow_none=True, metadata={"description": "Why our stream to it stands still"})
    held_because = fields.String(allow_none=True, metadata={"description": "Why we do not send to it"})
    may_resume = fields.Boolean(metadata={"description": "Its stopped stream may be let go on here"})
    refused = fields.Integer(metadata={"description": "Events of ours that it refused"})
    parked = fields.Integer(metadata={"description": "Letters of it that came before earlier ones"})
    quarantined = fields.Integer(metadata={"description": "Letters of it that were not believed"})
    charter_there = fields.Integer(allow_none=True, metadata={"description": "The version that it goes by"})
    shovel = fields.String(allow_none=True, metadata={"description": "As the broker says; no evidence"})
    queued = fields.Integer(allow_none=True, metadata={"description": "Letters in the queue to it"})
    oldest_queued_seconds = fields.Float(allow_none=True)
    repairs = fields.Integer(metadata={"description": "Shovels made anew since the queue last moved"})
    keys = fields.List(fields.Nested(NodeKeyOut))
    next_steps = fields.List(fields.Nested(StepOut))


class QuarantinedOut(Schema):
    """A letter that was not believed, without the letter itself."""

    id = fields.Integer()
    put_at = _instant()
    transport = fields.String(metadata={"description": "The neighbour that brought it"})
    origin = fields.String(metadata={"description": "The node whose stream is meant"})
    check_no = fields.Integer(metadata={"description": "Which of the checks failed"})
    code = fields.String()
    detail = fields.String()
    times = fields.Integer()
    sha256 = fields.String()


class RefusedOut(Schema):
    """An event of ours that another node refused."""

    node = fields.String()
    epoch = fields.Integer()
    seq = fields.Integer()
    event_id = fields.String()
    type = fields.String()
    code = fields.String()
    at = _instant(allow_none=True)


class TrailEntryOut(Schema):
    """What happened to links besides letters."""

    id = fields.Integer()
    at = _instant()
    node = fields.String()
    what = fields.String()
    code = fields.String()
    detail = fields.String()


class StatusOut(Schema):
    """How the links of this node do; the newest fifty of each list."""

    node = fields.String()
    at = _instant()
    is_well = fields.Boolean(metadata={"description": "Nobody needs to look"})
    charter = fields.Nested(CharterOut)
    keys = fields.List(fields.Nested(NodeKeyOut))
    links = fields.List(fields.Nested(LinkOut))
    quarantined = fields.List(fields.Nested(QuarantinedOut))
    refused = fields.List(fields.Nested(RefusedOut))
    trail = fields.List(fields.Nested(TrailEntryOut))


class ResumeIn(Schema):
    """Why a stopped stream may go on."""

    reason = fields.String(required=True, validate=validate.Length(min=2, max=500))
