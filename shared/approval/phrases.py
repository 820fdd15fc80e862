"""The phrases (常用语) that somebody picks an opinion from: their own, or those that everybody begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shared.approval.base import table_of
from shared.approval.core.words import Verb
from shared.approval.tables_beside import PhraseRow
from shared.storage import UnitOfWork

MOST_PHRASES = 20
LONGEST_PHRASE = 200
#: What is offered to somebody who has saved none, by the verb that it is for.
DEFAULTS: Mapping[Verb, tuple[str, ...]] = {
    Verb.APPROVE: ("同意。", "材料齐全，情况属实，同意。", "同意上报。"),
    Verb.RETURN: ("请核对服务时长后重新提交。", "材料不全，请补充后重新提交。", "请补充活动总结。"),
    Verb.REJECT: ("不符合规定，不予通过。", "经核实情况不属实。"),
    Verb.RESOLVE: ("无意见。", "经核实，情况属实。"),
    Verb.ANSWER: ("无意见。", "经核实，情况属实。"),
    Verb.COMMENT: ("请尽快办理。",),
}
_PHRASES = table_of(PhraseRow)


def saved(session: Session, account_id: str) -> tuple[str, ...]:
    """Answer somebody's own phrases, in their order."""
    mine = select(_PHRASES.c.text).where(_PHRASES.c.account_id == account_id).order_by(_PHRASES.c.place)
    return tuple(session.scalars(mine))


def save(uow: UnitOfWork, account_id: str, phrases: Sequence[str]) -> None:
    """Put these phrases in the place of somebody's own; with none they have the common ones again."""
    uow.session.execute(delete(_PHRASES).where(_PHRASES.c.account_id == account_id))
    rows = [{"account_id": account_id, "place": place, "text": text} for place, text in enumerate(phrases)]
    if rows:
        uow.session.execute(insert(_PHRASES), rows)
