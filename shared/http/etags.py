"""Revisions as ETags: a change names the revision it was made on, and is refused on another."""

from __future__ import annotations

from flask import g, request
from flask.wrappers import Response

from shared.errors import PreconditionMissing, StaleRevision

_MOST_DIGITS = 18


def tag_revision(revision: int) -> None:
    """Send the revision of what is answered as its ETag."""
    g.revision = revision


def put_tag(response: Response) -> Response:
    """Put the revision that the view named on its answer, but on no problem."""
    if "revision" in g and response.status_code < 400:
        response.set_etag(str(g.revision))
    return response


def expected_revision() -> int:
    """Answer the revision that the If-Match header names.

    :raises PreconditionMissing: `if_match_missing` without the header.
    :raises StaleRevision: when it is no revision of ours.
    """
    header = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not header:
        raise PreconditionMissing(
            "if_match_missing",
            zh="缺少 If-Match 请求头（请先读取最新内容）",
            en="Send If-Match with the revision you read",
        )
    # isdigit() alone also takes "²", and int() refuses thousands of digits.
    if not (header.isascii() and header.isdigit() and len(header) <= _MOST_DIGITS):
        raise StaleRevision
    return int(header)


def check_revision(current: int) -> None:
    """Refuse a change that was made on another revision than the current one.

    :raises StaleRevision: with the current revision.
    """
    if expected_revision() != current:
        raise StaleRevision(current_revision=current)
