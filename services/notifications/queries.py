"""Read-only answers of notifications: everybody sees their own messages only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notifications.model import Message
from shared.http.paging import read_cursor, write_cursor


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of messages and where the next one begins."""

    items: Sequence[Message]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many messages an account has."""

    unread: int
    total: int


def list_messages(
    session: Session, account_id: str, *, unread: bool = False, cursor: str | None = None, limit: int = 20
) -> Page:
    """Answer a page of an account's messages, newest first."""
    wanted = select(Message).where(Message.account_id == account_id)
    if unread:
        wanted = wanted.where(Message.read_at.is_(None))
    after = read_cursor(cursor, int)
    if after is not None:
        wanted = wanted.where(Message.seq < after[0])
    rows = list(session.scalars(wanted.order_by(Message.seq.desc()).limit(limit + 1)))
    return Page(items=rows[:limit], next_cursor=write_cursor(rows[limit - 1].seq) if len(rows) > limit else None)


def count_messages(session: Session, account_id: str) -> Counts:
    """Answer how many messages an account has, and how many of them are not read yet."""
    total, read = session.execute(
        select(func.count(), func.count(Message.read_at)).where(Message.account_id == account_id)
    ).one()
    return Counts(unread=total - read, total=total)
