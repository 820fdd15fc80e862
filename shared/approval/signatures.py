"""Where signatures are demanded: for a page of cases, without reading each case."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from shared.approval.catalogue import bound
from shared.approval.core.state import DefinitionRef
from shared.approval.core.words import StageState
from shared.approval.tables import RoundRow, StageRow


def needed(session: Session, case_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Answer, of those of these cases that are open where a node demands signatures, the verbs that need one there."""
    rows = session.execute(
        select(StageRow.case_id, StageRow.node_key, RoundRow.def_key, RoundRow.def_version, RoundRow.def_sha)
        .join(RoundRow, and_(RoundRow.case_id == StageRow.case_id, RoundRow.round == StageRow.round))
        .where(StageRow.case_id.in_(sorted(case_ids)), StageRow.state == StageState.OPEN.value)
    )
    found: dict[str, set[str]] = {}
    for row in rows.all():
        definition = bound(session, DefinitionRef(row.def_key, row.def_version, row.def_sha))
        signed = definition.node(row.node_key).signature
        if signed:
            found.setdefault(row.case_id, set()).update(verb.value for verb in signed)
    return {case_id: tuple(sorted(verbs)) for case_id, verbs in found.items()}
