"""Which later versions of its definition a running case could go on by, and what keeps it from the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared.approval import catalogue, store
from shared.approval.core.administering import ahead, not_on_its_way
from shared.approval.core.definition import Title
from shared.approval.core.state import Case
from shared.approval.setting import Setting
from shared.approval.tables import DefinitionState


@dataclass(frozen=True, kw_only=True)
class LaterVersion:
    """A later version; `missing` are the nodes that decide the case now and are not on its way by that version."""

    version: int
    state: str
    published_at: datetime
    missing: tuple[Title, ...]

    @property
    def fits(self) -> bool:
        """Tell whether the case can go on by it."""
        return not self.missing


def later_versions(session: Session, setting: Setting, case: Case, *, at: datetime) -> tuple[LaterVersion, ...]:
    """Answer the versions that were published after the one that a case is bound to, the newest first."""
    content, chain = store.content(session, case), setting.chain(case.home_region, at=at)
    bound = catalogue.bound(session, case.definition)
    found = []
    for row in catalogue.versions(session, case.definition.key, lock=False):
        target = catalogue.version_of(session, row.key, row.version)
        if target is None or row.state == DefinitionState.DRAFT or row.version <= case.definition.version:
            continue
        missing = not_on_its_way(case, ahead(case, target, chain, content))
        found.append(
            LaterVersion(
                version=row.version,
                state=row.state,
                published_at=row.published_at,
                missing=tuple(bound.node(key).title for key in missing),
            )
        )
    return tuple(found)
