"""The published definitions of a service: one version of a key can be started, all stay readable for their cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.definition import Definition
from shared.approval.core.parsing import parse
from shared.approval.core.state import DefinitionRef
from shared.approval.tables import DefinitionRow, DefinitionState
from shared.errors import Conflict
from shared.storage.trip import Errand, one_trip

_DEFINITIONS = table_of(DefinitionRow)
_ACTIVE = select(_DEFINITIONS.c.version, _DEFINITIONS.c.sha256).where(
    _DEFINITIONS.c.key == bindparam("of_key"), _DEFINITIONS.c.state == DefinitionState.PUBLISHED.value
)
#: What `published_by` begins with when no person has published a version.
SYSTEM = "system:"


def publish(session: Session, definition: Definition, *, by: str, at: datetime) -> bool:
    """Publish a version, retiring the one before it; answers False when it was published already.

    A draft that was saved under the same number is not lost: it gets the next one.

    :raises Conflict: `definition_changed` when this version was published with another body, `definition_older`
        when a later version has been published.
    """
    rows = versions(session, definition.key, lock=True)
    settled = [row for row in rows if row.state not in (DefinitionState.DRAFT, DefinitionState.KNOWN)]
    same = next((row for row in rows if row.version == definition.version and row.state != DefinitionState.DRAFT), None)
    if same is not None:
        if same.sha256 == definition.sha256:
            return same.state == DefinitionState.KNOWN and _publish_known(session, definition, by=by, at=at)
        raise Conflict(
            "definition_changed",
            zh=f"流程定义 {definition.key} 第{definition.version}版已发布，内容不可更改，请提高版本号",
            en=f"Version {definition.version} of {definition.key} is published and cannot change: raise the version",
        )
    if settled and settled[0].version > definition.version:
        raise older(definition.key, settled[0].version)
    for row in rows:
        if row.state == DefinitionState.DRAFT and row.version <= definition.version:
            _renumber(session, row, definition.version + 1)
    retire(session, definition.key, by=by, at=at)
    session.execute(
        insert(_DEFINITIONS).values(
            key=definition.key,
            version=definition.version,
            state=DefinitionState.PUBLISHED.value,
            body=dict(definition.body),
            sha256=definition.sha256,
            published_by=by,
            published_at=at,
        )
    )
    return True


def _publish_known(session: Session, definition: Definition, *, by: str, at: datetime) -> bool:
    """Publish a version that another node's case has come with before."""
    retire(session, definition.key, by=by, at=at)
    known = (_DEFINITIONS.c.key == definition.key, _DEFINITIONS.c.version == definition.version)
    session.execute(update(_DEFINITIONS).where(*known).values(state=DefinitionState.PUBLISHED.value))
    return True


def know(session: Session, definition: Definition, *, node: str, at: datetime) -> bool:
    """Keep a version that another node's case is bound to; answers False when that number is another text here.

    No case is started on it until it is published here.
    """
    rows = versions(session, definition.key, lock=False)
    same = next((row for row in rows if row.version == definition.version), None)
    if same is not None:
        return bool(same.sha256 == definition.sha256 and same.state != DefinitionState.DRAFT)
    session.execute(
        insert(_DEFINITIONS).values(
            key=definition.key,
            version=definition.version,
            state=DefinitionState.KNOWN.value,
            body=dict(definition.body),
            sha256=definition.sha256,
            published_by=f"{SYSTEM}{node}",
            published_at=at,
        )
    )
    return True


def older(key: str, version: int) -> Conflict:
    """Answer the error for a version that is not higher than the newest one."""
    return Conflict(
        "definition_older",
        zh=f"流程定义 {key} 已有第{version}版，请提高版本号",
        en=f"{key} has version {version} already: raise the version",
    )


def versions(session: Session, key: str, *, lock: bool) -> Sequence[Row[Any]]:
    """Answer all versions of a key, the newest first; locked, so that of two writers the second sees the first."""
    asked = select(_DEFINITIONS).where(_DEFINITIONS.c.key == key).order_by(_DEFINITIONS.c.version.desc())
    return session.execute(asked.with_for_update() if lock else asked).all()


def retire(session: Session, key: str, *, by: str, at: datetime) -> bool:
    """Retire the published version of a key: no case can be started on it, running ones go on.

    Answers False when none was published.
    """
    retired = session.execute(
        update(_DEFINITIONS)
        .where(_DEFINITIONS.c.key == key, _DEFINITIONS.c.state == DefinitionState.PUBLISHED.value)
        .values(state=DefinitionState.RETIRED.value, retired_by=by, retired_at=at)
        .returning(_DEFINITIONS.c.version)
    )
    return retired.first() is not None


def published(session: Session) -> dict[str, Definition]:
    """Answer the published definitions by key."""
    rows = session.execute(
        select(_DEFINITIONS.c.key, _DEFINITIONS.c.version, _DEFINITIONS.c.sha256)
        .where(_DEFINITIONS.c.state == DefinitionState.PUBLISHED.value)
        .order_by(_DEFINITIONS.c.key)
    )
    return {row.key: bound(session, DefinitionRef(row.key, row.version, row.sha256)) for row in rows.all()}


def is_their_own(session: Session, key: str) -> bool:
    """Tell whether people of this node have published a version of a key or retired it: then it is theirs to keep."""
    return any(
        by is not None and not by.startswith(SYSTEM)
        for row in versions(session, key, lock=False)
        for by in (row.published_by, row.retired_by)
    )


def _renumber(session: Session, draft: Row[Any], version: int) -> None:
    moved = parse({**draft.body, "version": version})
    session.execute(
        update(_DEFINITIONS)
        .where(_DEFINITIONS.c.key == draft.key, _DEFINITIONS.c.version == draft.version)
        .values(version=version, body=dict(moved.body), sha256=moved.sha256, rev=draft.rev + 1)
    )


def activating(key: str) -> Errand:
    """Answer the errand that asks for the published version of a definition; `active_of` reads its rows."""
    return _ACTIVE, {"of_key": key}


def active_of(session: Session, key: str, rows: Sequence[Any]) -> Definition:
    """Answer the version of a definition that new rounds are bound to.

    :raises Conflict: `definition_retired` when none is published.
    """
    if not rows:
        raise Conflict(
            "definition_retired",
            zh=f"流程定义 {key} 已停用，不能发起",
            en=f"No version of {key} is published: no case can be started on it",
        )
    return bound(session, DefinitionRef(key, rows[0].version, rows[0].sha256))


def active(session: Session, key: str) -> Definition:
    """Ask for the version of a definition that new rounds are bound to.

    :raises Conflict: `definition_retired` when none is published.
    """
    return active_of(session, key, one_trip(session, [activating(key)])[0])


def version_of(session: Session, key: str, version: int) -> Definition | None:
    """Answer a version of a definition, if it was ever published."""
    row = session.execute(
        select(_DEFINITIONS.c.sha256).where(
            _DEFINITIONS.c.key == key,
            _DEFINITIONS.c.version == version,
            _DEFINITIONS.c.state.not_in((DefinitionState.DRAFT.value, DefinitionState.KNOWN.value)),
        )
    ).one_or_none()
    return bound(session, DefinitionRef(key, version, row.sha256)) if row else None


def bound(session: Session, ref: DefinitionRef) -> Definition:
    """Answer the definition that a round is bound to, whatever has been published since."""
    known = _known(ref)
    if known:
        return known[0]
    body = session.execute(
        select(_DEFINITIONS.c.body).where(_DEFINITIONS.c.key == ref.key, _DEFINITIONS.c.version == ref.version)
    ).scalar_one()
    definition = parse(body)
    if definition.sha256 != ref.sha256:
        raise RuntimeError(f"version {ref.version} of {ref.key} is not the one that its cases were bound to")
    known.append(definition)
    return definition


@lru_cache(maxsize=256)
def _known(_ref: DefinitionRef) -> list[Definition]:
    """Answer the place where a parsed version is kept: it never changes, and its hash is part of its name."""
    return []
