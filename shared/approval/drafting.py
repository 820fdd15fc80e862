"""Definitions as people of the node write them: drafts, their publication and their retirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.orm import Session

from shared.approval import catalogue, directory
from shared.approval.base import table_of
from shared.approval.core.checking import Known, check
from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import ADMINISTRATOR
from shared.approval.core.mistakes import DefinitionError, Mistake, problem
from shared.approval.core.parsing import parse
from shared.approval.core.state import Seat
from shared.approval.tables import DefinitionRow, DefinitionState
from shared.approval.views import DefinitionText, DefinitionVersion, DefinitionVersions
from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound, PreconditionMissing, StaleRevision
from shared.identity.people import OFFICIALS
from shared.storage import UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFINITIONS = table_of(DefinitionRow)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a draft comes to: the definition where it parses, and every fault that keeps it from being published."""

    definition: Definition | None
    faults: tuple[Fault, ...]


def may_define(session: Session, account_id: str, *, region: str, lock: bool) -> bool:
    """Tell whether somebody is a system administrator of a region, the topmost of the node, by the directory."""
    return Seat(ADMINISTRATOR, region) in directory.posts_of(session, account_id, lock=lock)


def check_may_define(session: Session, account_id: str, *, region: str) -> None:
    """Refuse everybody but a system administrator of a region, the topmost of the node; their post stays locked.

    :raises Forbidden: `not_the_provinces_administrator`.
    """
    if not may_define(session, account_id, region=region, lock=True):
        raise Forbidden(
            "not_the_provinces_administrator",
            zh="只有本节点最高一级的系统管理员可以修改审批流程",
            en="Only a system administrator of the node's topmost region may change definitions",
        )


def list_all(session: Session, *, with_drafts: bool) -> tuple[DefinitionVersions, ...]:
    """Answer every definition by key with its versions, the newest first."""
    shown = {DefinitionState.PUBLISHED.value, DefinitionState.RETIRED.value}
    shown |= {DefinitionState.DRAFT.value} if with_drafts else set()
    asked = select(_DEFINITIONS).where(_DEFINITIONS.c.state.in_(sorted(shown)))
    asked = asked.order_by(_DEFINITIONS.c.key, _DEFINITIONS.c.version.desc())
    rows = session.execute(asked).all()
    return tuple(_summary(key, list(found)) for key, found in groupby(rows, key=lambda row: str(row.key)))


def find(session: Session, key: str, version: int, *, with_drafts: bool) -> DefinitionText:
    """Answer one version with its body.

    :raises NotFound: `definition_not_found`, also for a draft that is not theirs to see.
    """
    rows = catalogue.versions(session, key, lock=False)
    row = next((row for row in rows if row.version == version), None)
    if row is None or (row.state == DefinitionState.DRAFT and not with_drafts):
        raise _not_found()
    return _text(row)


def save(uow: UnitOfWork, key: str, body: Mapping[str, Any], *, by: str, expected_rev: int | None) -> DefinitionText:
    """Save the draft of a key; there is one at a time. A body without key or version gets this key and the next one.

    :raises Invalid: `definition_invalid`, with a fault per mistake: a draft that does not parse is not stored.
    :raises Conflict: `definition_older` when its version is not higher than every settled one.
    :raises StaleRevision: when somebody has saved since `expected_rev`.
    :raises PreconditionMissing: when there is a draft and its revision was not named.
    """
    rows = catalogue.versions(uow.session, key, lock=True)
    draft = next((row for row in rows if row.state == DefinitionState.DRAFT), None)
    with _as_faults():
        definition = _written(rows, key, body)
    values = {
        "version": definition.version,
        "body": dict(definition.body),
        "sha256": definition.sha256,
        "saved_by": by,
        "saved_at": uow.now,
    }
    _check_revision(draft, expected_rev)
    if draft is None:
        uow.session.execute(insert(_DEFINITIONS).values(key=key, state=DefinitionState.DRAFT.value, rev=1, **values))
    else:
        uow.session.execute(_change(draft).values(rev=draft.rev + 1, **values))
    return find(uow.session, key, definition.version, with_drafts=True)


def check_draft(session: Session, key: str, body: Mapping[str, Any]) -> Checked:
    """Answer what would keep a draft from being saved or published; nothing is stored.

    :raises Conflict: `definition_older` when its version is not higher than every settled one.
    """
    definition: Definition | None = None
    try:
        definition = _written(catalogue.versions(session, key, lock=False), key, body)
        check_known(session, definition, with_accounts=True)
    except DefinitionError as error:
        return Checked(definition=definition, faults=faults_of(error))
    return Checked(definition=definition, faults=())


def publish(uow: UnitOfWork, key: str, *, by: str, expected_rev: int) -> DefinitionText:
    """Publish the draft of a key: it never changes again, and the version before it is retired.

    :raises NotFound: `draft_not_found`.
    :raises Invalid: `definition_invalid`: it names what does not exist, or has no end.
    :raises StaleRevision: when somebody has saved since `expected_rev`.
    """
    rows = catalogue.versions(uow.session, key, lock=True)
    draft = _draft_of(rows)
    _check_revision(draft, expected_rev)
    with _as_faults():
        definition = parse(draft.body)
        check_known(uow.session, definition, with_accounts=True)
    catalogue.retire(uow.session, key, by=by, at=uow.now)
    uow.session.execute(
        _change(draft).values(state=DefinitionState.PUBLISHED.value, published_by=by, published_at=uow.now)
    )
    return find(uow.session, key, definition.version, with_drafts=False)


def discard(uow: UnitOfWork, key: str, *, expected_rev: int) -> DefinitionText:
    """Delete the draft of a key and answer it as it was; what was published before stays in force.

    :raises NotFound: `draft_not_found`.
    :raises StaleRevision: when somebody has saved since `expected_rev`.
    """
    draft = _draft_of(catalogue.versions(uow.session, key, lock=True))
    _check_revision(draft, expected_rev)
    uow.session.execute(delete(_DEFINITIONS).where(*_this(draft)))
    return _text(draft)


def retire(uow: UnitOfWork, key: str, *, by: str, expected_version: int) -> DefinitionText:
    """Retire the published version of a key: no case is started on it any more, running ones go on.

    :raises NotFound: `definition_not_found` when no version of it was ever published.
    :raises Conflict: `definition_retired` when none is published now.
    :raises StaleRevision: when another version is published than the one that was read.
    """
    rows = [row for row in catalogue.versions(uow.session, key, lock=True) if row.state != DefinitionState.DRAFT]
    if not rows:
        raise _not_found()
    current = next((row for row in rows if row.state == DefinitionState.PUBLISHED), None)
    if current is None:
        raise Conflict("definition_retired", zh="该流程已停用", en="No version of it is published")
    if current.version != expected_version:
        raise StaleRevision(current_revision=current.version)
    catalogue.retire(uow.session, key, by=by, at=uow.now)
    return find(uow.session, key, current.version, with_drafts=False)


def check_known(session: Session, definition: Definition, *, with_accounts: bool) -> None:
    """Refuse a definition that names what does not exist here, that would not end, or that has nodes without use.

    :raises DefinitionError: with every mistake.
    """
    accounts = {one.account for node in definition.nodes for one in node.approvers if one.account}
    holders = {
        party.account_id
        for party in (directory.parties(session, accounts) if with_accounts and accounts else ())
        if any(seat.role in OFFICIALS for seat in party.posts)
    }
    known = Known(
        roles=sorted(role.value for role in OFFICIALS),
        definitions=catalogue.published(session),
        accounts=holders if with_accounts else None,
    )
    problems = check(definition, known)
    if problems:
        raise DefinitionError(problems)


def faults_of(error: DefinitionError) -> tuple[Fault, ...]:
    """Answer the mistakes of a definition as faults with their places."""
    return tuple(
        Fault(code=one.code.value, zh=one.message_zh, en=one.message, pointer=one.pointer) for one in error.problems
    )


@contextmanager
def _as_faults() -> Iterator[None]:
    """Turn the mistakes of a definition into an error with a fault for each."""
    try:
        yield
    except DefinitionError as error:
        faults = faults_of(error)
        raise Invalid(
            "definition_invalid",
            zh=f"流程定义有{len(faults)}处错误",
            en=f"Mistakes in the definition: {len(faults)}",
            faults=faults,
        ) from error


def _written(rows: Sequence[Row[Any]], key: str, body: Mapping[str, Any]) -> Definition:
    """Answer the definition of a draft; a body without key or version gets this key and the next version."""
    newest = max((row.version for row in rows if row.state != DefinitionState.DRAFT), default=0)
    definition = parse({"key": key, "version": newest + 1, **body})
    if definition.key != key:
        raise DefinitionError([problem("key", Mistake.OTHER_KEY, key=definition.key, name=key)])
    if definition.version <= newest:
        raise catalogue.older(key, newest)
    return definition


def _check_revision(draft: Row[Any] | None, expected: int | None) -> None:
    if draft is not None and expected is None:
        raise PreconditionMissing(
            "if_match_missing", zh="已有草稿，请先读取最新内容", en="There is a draft: send If-Match with its revision"
        )
    current = draft.rev if draft is not None else None
    if expected != current:
        raise StaleRevision(current_revision=current)


def _draft_of(rows: Sequence[Row[Any]]) -> Row[Any]:
    draft = next((row for row in rows if row.state == DefinitionState.DRAFT), None)
    if draft is None:
        raise NotFound("draft_not_found", zh="该流程没有草稿", en="There is no draft of this definition")
    return draft


def _change(draft: Row[Any]) -> Any:
    return update(_DEFINITIONS).where(*_this(draft))


def _this(draft: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    return _DEFINITIONS.c.key == draft.key, _DEFINITIONS.c.version == draft.version


def _not_found() -> NotFound:
    return NotFound("definition_not_found", zh="没有找到该流程", en="There is no such definition")


def _summary(key: str, rows: list[Row[Any]]) -> DefinitionVersions:
    shown = next((row for row in rows if row.state == DefinitionState.PUBLISHED), rows[0])
    title = shown.body["title"]
    return DefinitionVersions(
        key=key, title_zh=title["zh"], title_en=title["en"], versions=tuple(_version(row) for row in rows)
    )


def _version(row: Row[Any]) -> DefinitionVersion:
    return DefinitionVersion(
        version=row.version,
        state=row.state,
        sha256=row.sha256,
        rev=row.rev,
        saved_by=row.saved_by,
        saved_at=row.saved_at,
        published_by=row.published_by,
        published_at=row.published_at,
        retired_by=row.retired_by,
        retired_at=row.retired_at,
    )


def _text(row: Row[Any]) -> DefinitionText:
    title = row.body["title"]
    return DefinitionText(key=row.key, title_zh=title["zh"], title_en=title["en"], body=row.body, **vars(_version(row)))
