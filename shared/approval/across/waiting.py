"""Which cases another node did not take, and so wait to be told to it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.approval.base import fixed, table_of
from shared.approval.core.words import CaseState, StageState, Token
from shared.approval.tables import CaseRow, StageRow
from shared.clock import business_date
from shared.storage import Hosting

_CASES, _STAGES = table_of(CaseRow), table_of(StageRow)
_HELD = (
    select(_CASES.c.id, _STAGES.c.region)
    .join(_STAGES, _STAGES.c.case_id == _CASES.c.id)
    .where(
        _STAGES.c.state.in_(fixed([StageState.HELD])),
        _STAGES.c.round == _CASES.c.round,
        _CASES.c.token == Token.HERE.value,
        _CASES.c.state == CaseState.RUNNING.value,
    )
)
_REFUSED = select(_CASES.c.id).where(_CASES.c.token.in_(fixed([Token.REFUSED])))


def not_taken(session: Session, here: Hosting, *, at: datetime) -> Sequence[str]:
    """Answer the cases held here for a region of another node, and those whose answer their home does not take."""
    held = session.execute(_HELD).all()
    others = here.others({row.region for row in held}, on=business_date(at))
    found = {row.id for row in held if row.region in others} | set(session.scalars(_REFUSED))
    return sorted(found)
