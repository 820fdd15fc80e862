"""Telling other nodes of a case: events that the move itself makes necessary, in the outbox of its transaction.

A node that is alone tells nobody, and asks nothing in order to find that out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.approval import catalogue, reading
from shared.approval.across.parts import part_of
from shared.approval.base import table_of
from shared.approval.core.command import Move
from shared.approval.core.handing_on import handed_on
from shared.approval.core.state import Case
from shared.approval.core.words import ABROAD, CaseState, Token
from shared.approval.setting import Setting
from shared.approval.tables import RoundRow
from shared.clock import business_date
from shared.contracts.base import Event
from shared.contracts.handovers import (
    CaseAnswered,
    CaseFollowed,
    CaseHandedOver,
    CasePart,
    CaseWithdrawn,
    CaseWithdrawRequested,
    PersonPart,
    RoundPart,
)
from shared.errors import Conflict
from shared.messaging.envelope import MOST_BYTES
from shared.messaging.writing import plain_of
from shared.storage import UnitOfWork

_ROUNDS = table_of(RoundRow)
#: What an event has around its content: its address, the places of a stream, a signature.
_AROUND = 8 * 1024
#: Of how many rounds the content is told: the one that is decided, and what it is compared with.
_CONTENTS = 2


def tell_nodes(uow: UnitOfWork, setting: Setting, before: Case | None, move: Move) -> None:
    """Tell the nodes that a move concerns: who gets the case now, who gave it, and who has had a part in it.

    :raises Conflict: `too_large_to_hand_over`.
    """
    case = move.case
    # The home may have no stage of its own: a star that the city decides, a transfer that another place does.
    regions = {case.home_region, *(stage.region for stage in case.stages)}
    others = uow.here.others(regions, on=business_date(uow.now))
    if not others:
        return
    if case.token in ABROAD:
        if case.token is Token.GIVEN_BACK and (before is None or before.token in (Token.GUEST, Token.REFUSED)):
            _publish(uow, _answer(uow, setting, case, others))
        return
    now_at = None
    if case.token is Token.AWAY:
        now_at = handed_on(case)[0].region
        if before is None or case.handover > before.handover:
            _publish(uow, hand_over(uow, setting, case))
        elif case.state is CaseState.WITHDRAWING and before.state is not CaseState.WITHDRAWING:
            uow.publish(_request(setting, case, now_at))
    if before is not None and case.rev > before.rev and case.state is not CaseState.WITHDRAWING:
        _tell_followers(uow, setting, case, others, without=others.get(now_at) if now_at else None)


def hand_over(uow: UnitOfWork, setting: Setting, case: Case) -> CaseHandedOver:
    """Answer the event that gives a case to the node of its open stage."""
    return CaseHandedOver(
        case_id=case.id,
        service=setting.service,
        home_region=case.home_region,
        region=handed_on(case)[0].region,
        handover=case.handover,
        case=_whole(uow.session, case),
    )


def _answer(uow: UnitOfWork, setting: Setting, case: Case, others: Mapping[str, str]) -> CaseAnswered | CaseWithdrawn:
    """Answer the event that gives a case back, with this node's own chain of its trail."""
    entries, decisions = reading.load_trail(uow.session, case)
    part = part_of(
        case,
        body=None,
        rounds=(),
        entries=[one for one in entries if one.place.origin == case.origin],
        decisions=[one for one in decisions if one.place.origin == case.origin],
    )
    cls = CaseWithdrawn if case.state is CaseState.WITHDRAWN else CaseAnswered
    return cls(
        case_id=case.id,
        service=setting.service,
        home_region=case.home_region,
        region=next(stage.region for stage in reversed(case.stages) if stage.region not in others),
        handover=case.handover,
        case=part,
    )


def _request(setting: Setting, case: Case, region: str) -> CaseWithdrawRequested:
    person = case.last.person
    return CaseWithdrawRequested(
        case_id=case.id,
        service=setting.service,
        home_region=case.home_region,
        region=region,
        handover=case.handover,
        requested_by=PersonPart(account_id=person.account_id, name=person.name),
        requested_at=case.last.at,
    )


def _tell_followers(
    uow: UnitOfWork, setting: Setting, case: Case, others: Mapping[str, str], *, without: str | None
) -> None:
    """Tell how the case goes on to each node where it has been, but for the one that gets it now."""
    been = {
        others[stage.region]: stage.region for stage in case.stages if stage.region in others and case.tasks_of(stage)
    }
    been.pop(without or "", None)
    if not been:
        return
    part = _whole(uow.session, case)
    for region in been.values():
        event = CaseFollowed(
            case_id=case.id,
            service=setting.service,
            home_region=case.home_region,
            region=region,
            handover=case.handover,
            case=part,
        )
        _publish(uow, event)


def _whole(session: Session, case: Case) -> CasePart:
    entries, decisions = reading.load_trail(session, case)
    body: Mapping[str, Any] = catalogue.bound(session, case.definition).body
    return part_of(case, body=body, rounds=_rounds(session, case), entries=entries, decisions=decisions)


def _rounds(session: Session, case: Case) -> list[RoundPart]:
    since = case.round - _CONTENTS
    asked = select(_ROUNDS).where(_ROUNDS.c.case_id == case.id, _ROUNDS.c.round > since).order_by(_ROUNDS.c.round)
    return [
        RoundPart(
            round=row.round,
            definition_key=row.def_key,
            definition_version=row.def_version,
            definition_sha256=row.def_sha,
            commitment=row.commitment,
            opened_at=row.opened_at,
            content=row.content,
            salt=row.salt,
        )
        for row in session.execute(asked)
    ]


def _publish(uow: UnitOfWork, event: Event) -> None:
    """Publish an event that may be large, or refuse the move that makes it: then nothing has happened.

    :raises Conflict: `too_large_to_hand_over`.
    """
    plain = plain_of(type(event))(event)  # type: ignore[arg-type]  # mypy holds frozen dataclasses for unhashable
    if len(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()) + _AROUND > MOST_BYTES:
        raise Conflict(
            "too_large_to_hand_over",
            zh="该事项内容过大，无法移交其他节点办理，请退回并精简内容",
            en="This case is too large to be handed over to another node: return it and shorten its content",
        )
    uow.publish(event)
