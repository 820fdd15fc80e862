"""The shapes that notifications take in and give out."""

from __future__ import annotations

from marshmallow import Schema, fields

from shared.http.paging import PageArguments


class MessageQuery(PageArguments):
    """Which messages are wanted."""

    unread = fields.Boolean(load_default=False, metadata={"description": "Only those not read yet"})


class MessageOut(Schema):
    """A message."""

    id = fields.String()
    kind = fields.String()
    title_zh = fields.String()
    title_en = fields.String()
    body_zh = fields.String()
    body_en = fields.String()
    link = fields.String(metadata={"description": "A path of the portal"})
    created_at = fields.AwareDateTime(format="iso")
    read_at = fields.AwareDateTime(format="iso", allow_none=True)


class CountsOut(Schema):
    """How many messages there are."""

    unread = fields.Integer()
    total = fields.Integer()
