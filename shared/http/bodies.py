"""What is sent is JSON of ordinary size whose texts a database can store; all else is refused at the door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from shared.errors import Fault, Invalid
from shared.http.words import under
from shared.messaging.schema import is_storable
from shared.strict_json import no_constant

MOST_BODY_BYTES = 1024 * 1024


def check_body() -> None:
    """Refuse a body that is too large, no JSON, or holds a text that no database stores.

    JSON can carry U+0000 and halves of surrogate pairs; both would fail at the first write, as a fault of ours.

    :raises Invalid: `text_not_storable`, with the field.
    """
    # Reading it is what refuses one that is too large, by the app's MAX_CONTENT_LENGTH.
    body = request.get_data(cache=True)
    if not body:
        return
    if not request.is_json:
        raise UnsupportedMediaType
    _check_texts(_parsed(body), "")


def check_address() -> None:
    """Refuse a path or a query that no database could compare with what it stores.

    :raises Invalid: `text_not_storable`, with the parameter.
    """
    if not is_storable(request.path):
        raise NotFound
    _check_texts(request.args.to_dict(), "/query")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=no_constant)
    # Digits without end and brackets without end are no JSONDecodeError.
    except (ValueError, RecursionError) as error:
        raise BadRequest from error


def _check_texts(sent: Any, pointer: str) -> None:
    faults = [
        Fault(
            code="text_not_storable",
            zh="含有不能保存的字符",
            en="It holds characters that cannot be stored",
            pointer=where,
        )
        for where, text in _texts(sent, pointer)
        if not is_storable(text)
    ]
    if faults:
        raise Invalid.of(faults)


def _texts(sent: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Answer every text with where it stands; without recursion, because what was sent may be nested deeply."""
    waiting = [(pointer, sent)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict):
            for name, inner in value.items():
                # The name itself may be what cannot be stored, and then it cannot stand in a pointer either.
                yield where, name
                waiting.append((under(where, name) if is_storable(name) else where, inner))
        elif isinstance(value, list):
            waiting.extend((under(where, place), inner) for place, inner in enumerate(value))
