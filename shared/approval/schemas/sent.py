"""The shapes in which verbs and questions about cases are sent."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from shared.approval.core.words import CaseState, Placing
from shared.approval.filters import SHORTEST_TITLE
from shared.approval.lists import TaskList
from shared.approval.tables import LONGEST_SIGNATURE
from shared.http.paging import PageArguments

LONGEST_OPINION = 2000
MOST_REMARKS = 200
MOST_COPIES = 50
_POINTER = r"^(/([^~/]|~[01])*)+\Z"


class RemarkSchema(Schema):
    """What is wrong with one field."""

    pointer = fields.String(
        required=True,
        validate=[validate.Length(max=300), validate.Regexp(_POINTER)],
        metadata={"description": "JSON pointer into the round's content, such as /lines/0/hours"},
    )
    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class VerbIn(Schema):
    """A verb on a case, with the opinion or the reason."""

    opinion = fields.String(load_default="", validate=validate.Length(max=LONGEST_OPINION))


class TaskVerbIn(VerbIn):
    """A verb on one of the caller's tasks; without a number it is the first that is theirs."""

    task = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(min=1, max=99_999))


def signature() -> fields.String:
    """Answer the field for the reference of a signature."""
    return fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_SIGNATURE),
        metadata={"description": "The reference of a signature that is kept elsewhere, such as a certificate's serial"},
    )


class DecideIn(TaskVerbIn):
    """A decision, with the opinion and, where the stage asks for one, a signature."""

    signature = signature()


class ReturnIn(DecideIn):
    """A return: the opinion, what is wrong with which field, and to which node when not to the initiator."""

    remarks = fields.List(fields.Nested(RemarkSchema), load_default=list, validate=validate.Length(max=MOST_REMARKS))
    node = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=60))


class GiveIn(TaskVerbIn):
    """A task is given to somebody, or somebody is asked: their account."""

    to = fields.String(required=True, validate=validate.Length(min=1, max=60))


class SignIn(GiveIn):
    """Somebody else is to sign: before, after or beside the caller."""

    placing = fields.Enum(Placing, by_value=True, required=True)


class CopyIn(VerbIn):
    """Copies for these accounts."""

    to = fields.List(
        fields.String(validate=validate.Length(min=1, max=60)),
        required=True,
        validate=validate.Length(min=1, max=MOST_COPIES),
    )


class NamedTaskIn(VerbIn):
    """A verb on a task that has to be named."""

    task = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=99_999))


class MigrateIn(VerbIn):
    """Which version of its definition a case is to go on by."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=99_999))


class TasksIn(PageArguments):
    """Which list of cases is wanted."""

    list = fields.Enum(TaskList, by_value=True, load_default=TaskList.TODO)
    business_type = fields.String(load_default=None, validate=validate.Length(max=60))
    state = fields.Enum(CaseState, by_value=True, load_default=None)
    region = fields.String(
        load_default=None,
        validate=validate.Length(max=12),
        metadata={"description": "The case's home region is this one or below it"},
    )
    title = fields.String(
        load_default=None,
        validate=validate.Length(min=SHORTEST_TITLE, max=60),
        metadata={"description": "A part of the title"},
    )
    opened_from = fields.Date(load_default=None)
    opened_to = fields.Date(load_default=None, metadata={"description": "This day included"})
    decided_from = fields.Date(
        load_default=None, metadata={"description": "In `done` of the caller's own deed, else of the end of the case"}
    )
    decided_to = fields.Date(load_default=None, metadata={"description": "This day included"})
    overdue = fields.Boolean(load_default=False)
