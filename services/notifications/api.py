"""The routes of notifications: everybody's own messages."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.notifications import queries
from services.notifications.commands import messages
from services.notifications.schemas import CountsOut, MessageOut, MessageQuery
from shared.http import principal, reading, signed_in, uow
from shared.http.paging import page_schema

blp = Blueprint("messages", __name__, description="What you were told")


@blp.route("/messages")
@blp.arguments(MessageQuery, location="query")
@blp.response(200, page_schema(MessageOut))
@signed_in
def list_messages(wanted: dict[str, Any]) -> queries.Page:
    """List my messages, newest first."""
    return queries.list_messages(reading(), principal().account_id, **wanted)


@blp.route("/messages/counts")
@blp.response(200, CountsOut)
@signed_in
def count_messages() -> queries.Counts:
    """Count my messages, and those not read yet."""
    return queries.count_messages(reading(), principal().account_id)


@blp.route("/messages/<message_id>/read", methods=["POST"])
@blp.response(200, MessageOut)
@signed_in
def mark_read(message_id: str) -> Any:
    """Mark one of my messages as read."""
    return messages.mark_read(uow(), message_id, account_id=principal().account_id)
