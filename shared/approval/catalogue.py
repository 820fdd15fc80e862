"""The published definitions of a service: one version of a key can be started, all stay readable for their cases."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.definition import Definition
from shared.approval.core.parsing import parse
from shared.approval.core.state import DefinitionRef
from shared.approval.tables import DefinitionRow, DefinitionState
from shared.errors import Conflict

_DEFINITIONS = table_of(DefinitionRow)


def publish(session: Session, definition: Definition, *, by: str, at: datetime) -> bool:
    """Publish a version, retiring the one before it; answers False when it was published already.

    :raises Conflict: `definition_changed` when this version was published with another body, `definition_older`
        when a later version has been published.
    """
    # The rows of the key are locked, so that of two publishers at once the second sees what the first has done.
    rows = session.execute(
        select(_DEFINITIONS.c.version, _DEFINITIONS.c.sha256, _DEFINITIONS.c.state)
        .where(_DEFINITIONS.c.key == definition.key)
        .order_by(_DEFINITIONS.c.version.desc())
        .with_for_update()
    ).all()
    same = next((row for row in rows if row.version == definition.version), None)
    if same is not None:
        if same.sha256 == definition.sha256:
            return False
        raise Conflict(
            "definition_changed",
            zh=f"流程定义 {definition.key} 第{definition.version}版已发布，内容不可更改，请提高版本号",
            en=f"Version {definition.version} of {definition.key} is published and cannot change: raise the version",
        )
    if rows and rows[0].version > definition.version:
        raise Conflict(
            "definition_older",
            zh=f"流程定义 {definition.key} 已有更新的版本",
            en=f"{definition.key} has a later version than {definition.version}",
        )
    retire(session, definition.key)
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


def retire(session: Session, key: str) -> None:
    """Retire the published version of a key: no case can be started on it, running ones go on."""
    session.execute(
        update(_DEFINITIONS)
        .where(_DEFINITIONS.c.key == key, _DEFINITIONS.c.state == DefinitionState.PUBLISHED.value)
        .values(state=DefinitionState.RETIRED.value)
    )


def active(session: Session, key: str) -> Definition:
    """Answer the version of a definition that new rounds are bound to.

    :raises Conflict: `definition_retired` when none is published.
    """
    row = session.execute(
        select(_DEFINITIONS.c.version, _DEFINITIONS.c.sha256).where(
            _DEFINITIONS.c.key == key, _DEFINITIONS.c.state == DefinitionState.PUBLISHED.value
        )
    ).one_or_none()
    if row is None:
        raise Conflict(
            "definition_retired",
            zh=f"流程定义 {key} 已停用，不能发起",
            en=f"No version of {key} is published: no case can be started on it",
        )
    return bound(session, DefinitionRef(key, row.version, row.sha256))


def version_of(session: Session, key: str, version: int) -> Definition | None:
    """Answer a version of a definition, if it was ever published."""
    row = session.execute(
        select(_DEFINITIONS.c.sha256).where(
            _DEFINITIONS.c.key == key,
            _DEFINITIONS.c.version == version,
            _DEFINITIONS.c.state != DefinitionState.DRAFT.value,
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
