"""The shapes in which the later versions of a case's definition are shown."""

from __future__ import annotations

from marshmallow import Schema, fields

from shared.approval.tables import DefinitionState


class NodeTitleOut(Schema):
    """What a node is called."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class LaterVersionOut(Schema):
    """A later version of a case's definition; the case can migrate to it when nothing is missing."""

    version = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"enum": [DefinitionState.PUBLISHED, DefinitionState.RETIRED]})
    published_at = fields.AwareDateTime(required=True)
    fits = fields.Boolean(required=True)
    missing = fields.List(
        fields.Nested(NodeTitleOut),
        required=True,
        metadata={"description": "The nodes that decide the case now and are not on its way by that version"},
    )


class LaterVersionsOut(Schema):
    """The later versions of a case's definition, the newest first."""

    items = fields.List(fields.Nested(LaterVersionOut), required=True)
