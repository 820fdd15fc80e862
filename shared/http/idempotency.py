"""A repeated command answers what was answered the first time, and does nothing again."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Response, g, request
from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.errors import Invalid, KeyReused
from shared.http.context import principal
from shared.storage import UnitOfWork
from shared.storage.kit import InstantUTC, kit_metadata

LONGEST_KEY = 255
KEEP = timedelta(days=90)
_KEPT_HEADERS = ("ETag", "Location")

answered_command = Table(
    "answered_command",
    kit_metadata,
    Column("account_id", String(60), primary_key=True),
    Column("key", String(LONGEST_KEY), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("headers", Text),
    Column("created_at", InstantUTC, nullable=False, index=True),
    comment="The answers to commands that carried an Idempotency-Key",
)


def command_key() -> str | None:
    """Answer the Idempotency-Key of the request, or None.

    :raises Invalid: `command_id_invalid` when it is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid(
            "command_id_invalid", zh="操作编号无效", en=f"An Idempotency-Key has 1 to {LONGEST_KEY} characters"
        )
    return key


def command_id() -> str:
    """Answer the id of the command at hand: from its Idempotency-Key, which is its sender's own, or a new one.

    Two people may choose the same key; what they ask for stays two commands.
    """
    key = command_key()
    return uuid.uuid4().hex if key is None else own_id(key)


def own_id(key: str) -> str:
    """Answer the id of a command that its sender calls by this key."""
    return hashlib.sha256(f"{principal().account_id}\0{key}".encode()).hexdigest()


def answer_once(uow: UnitOfWork, run: Callable[[], Response]) -> Response:
    """Run a command, or answer again what it answered before under the same key and content.

    :raises KeyReused: when the key was used for another content.
    """
    key = command_key()
    if key is None or g.get("principal") is None:
        return run()
    account = g.principal.account_id
    digest = hashlib.sha256(
        b"\0".join((request.method.encode(), request.path.encode(), request.get_data(cache=True)))
    ).digest()
    if not _enter(uow, account, key, digest):
        return _stored(uow.session, account, key, digest)
    response = run()
    uow.session.execute(
        update(answered_command)
        .where(answered_command.c.account_id == account, answered_command.c.key == key)
        .values(
            status=response.status_code,
            body=response.get_data(as_text=True),
            headers="\n".join(
                f"{name}: {response.headers[name]}" for name in _KEPT_HEADERS if name in response.headers
            ),
        )
    )
    return response


def _enter(uow: UnitOfWork, account: str, key: str, digest: bytes) -> bool:
    """Take the key for this request; a concurrent one with the same key waits here until this one ends."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    entered = uow.session.execute(
        dialect.insert(answered_command)
        .values(account_id=account, key=key, request_sha256=digest, created_at=uow.now)
        .on_conflict_do_nothing()
        .returning(answered_command.c.key)
    )
    return entered.first() is not None


def _stored(session: Session, account: str, key: str, digest: bytes) -> Response:
    row = session.execute(
        select(answered_command).where(answered_command.c.account_id == account, answered_command.c.key == key)
    ).one()
    if bytes(row.request_sha256) != digest:
        raise KeyReused
    response = Response(row.body, status=row.status, content_type="application/json")
    for line in filter(None, row.headers.split("\n")):
        name, _, value = line.partition(": ")
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def forget_old_answers(uow: UnitOfWork, *, now: datetime) -> None:
    """Delete the answers that are older than `KEEP`."""
    uow.session.execute(delete(answered_command).where(answered_command.c.created_at < now - KEEP))
