"""Cursor paging: a page ends with a cursor that the next request sends back."""

from __future__ import annotations

import base64
import json
from typing import Any

from marshmallow import Schema, fields, validate

from shared.errors import Invalid
from shared.messaging.schema import is_storable

MOST_PER_PAGE = 100


class PageArguments(Schema):
    """How much of a list is wanted, from where on."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=MOST_PER_PAGE))


def page_schema(item: type[Schema]) -> Schema:
    """Answer the shape of a page of these items."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(allow_none=True, required=True),
        },
        name=f"{item.__name__.removesuffix('Schema')}Page",
    )()


def write_cursor(*keys: Any) -> str:
    """Write the sort keys of the last row as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Read a cursor back into sort keys of these kinds.

    :raises Invalid: `cursor_invalid` when it is none of ours.
    """
    if cursor is None:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(keys, list) or [type(key) for key in keys] != list(kinds):
            raise ValueError("other keys")
        if not all(is_storable(key) for key in keys if isinstance(key, str)):
            raise ValueError("a key that no row has")
        return tuple(keys)
    except (ValueError, RecursionError) as error:
        raise cursor_invalid() from error


def cursor_invalid() -> Invalid:
    """Answer the error for a cursor that is none of ours."""
    return Invalid(
        "cursor_invalid",
        zh="翻页参数无效，请从第一页开始",
        en="The cursor is not valid: start again",
        pointer="/query/cursor",
    )
