"""One case, read: with its rounds, what differs between them, and its trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shared.approval import catalogue, store
from shared.approval.base import table_of
from shared.approval.core import trail
from shared.approval.core.command import World
from shared.approval.core.difference import difference
from shared.approval.core.merging import in_order, verify_all
from shared.approval.core.pointers import hide
from shared.approval.core.state import Case, Party, Remark
from shared.approval.core.trail import Decision, Entry, Note, Place, Said, Step, kind_of
from shared.approval.core.words import Verb
from shared.approval.names import RegionNames
from shared.approval.sight import EVERYTHING, shown
from shared.approval.tables import DecisionRow, EventRow, RoundRow
from shared.approval.viewing import case_view
from shared.approval.views import CaseDetail, CaseView, DifferenceView, RemarkView, RoundView, TimelineEntry, Trail
from shared.errors import NotFound

_DECISIONS, _EVENTS, _ROUNDS = table_of(DecisionRow), table_of(EventRow), table_of(RoundRow)

#: What nobody did and the history tells all the same.
_TOLD_WITHOUT_DECISION = (
    Step.STAGE_HELD,
    Step.STAGE_OVERDUE,
    Step.HANDED_OVER,
    Step.HANDOVER_REFUSED,
    Step.WITHDRAW_REFUSED,
)


def find_case(session: Session, case_id: str) -> Case:
    """Answer a case, not locked.

    :raises NotFound: `case_not_found`.
    """
    case = store.load(session, case_id, lock=False)
    if case is None:
        raise not_found()
    return case


def not_found() -> NotFound:
    """Answer the error for a case that is not there, or that its reader may not know of."""
    return NotFound("case_not_found", zh="没有找到该事项", en="There is no such case")


def view_of(session: Session, case: Case, *, reader: Party, names: RegionNames, world: World) -> CaseView:
    """Answer a case as a person sees it."""
    last = session.execute(
        select(_DECISIONS)
        .where(_DECISIONS.c.case_id == case.id, _DECISIONS.c.verb == case.last.verb.value)
        .order_by(_DECISIONS.c.at.desc(), _DECISIONS.c.seq.desc())
        .limit(1)
    ).first()
    said = _said(last) if last is not None else None
    definition = catalogue.bound(session, case.definition)
    said = said or Said(name=case.last.person.name)
    return case_view(case, definition, reader=reader, said=said, names=names, world=world)


def detail_of(session: Session, view: CaseView, hidden: tuple[str, ...] = ()) -> CaseDetail:
    """Answer a case with its rounds and what was changed from each to the next, without the hidden fields."""
    rows = session.execute(select(_ROUNDS).where(_ROUNDS.c.case_id == view.id).order_by(_ROUNDS.c.round)).all()
    rounds = tuple(
        RoundView(
            round=row.round,
            definition_version=row.def_version,
            opened_at=row.opened_at,
            content=None if row.content is None else hide(row.content, hidden),
        )
        for row in rows
    )
    if hidden == EVERYTHING:
        view = replace(view, last=replace(view.last, opinion="", signature=""))
    return CaseDetail(case=view, rounds=rounds, differences=_differences(rounds))


def _differences(rounds: tuple[RoundView, ...]) -> tuple[DifferenceView, ...]:
    found = []
    for before, after in pairwise(rounds):
        # Of erased content nothing can be said, least of all that nothing was changed.
        if before.content is None or after.content is None:
            continue
        changes = difference(before.content, after.content)
        found.append(
            DifferenceView(from_round=before.round, to_round=after.round, nothing_changed=not changes, changes=changes)
        )
    return tuple(found)


def trail_of(session: Session, case: Case, *, names: RegionNames, hidden: tuple[str, ...] = ()) -> Trail:
    """Answer a case's history for reading, without what is said of hidden fields, and whether its chain holds."""
    entries, decisions = load_trail(session, case)
    told = {(decision.place.origin, decision.seq): decision for decision in decisions}
    lines = tuple(
        _line(case, entry, told.get((entry.place.origin, entry.seq)), names, hidden)
        for entry in in_order(entries)
        if (entry.place.origin, entry.seq) in told or entry.note.kind in _TOLD_WITHOUT_DECISION
    )
    return Trail(entries=lines, intact=not problems_of(session, case, entries, decisions))


def problems_of(
    session: Session, case: Case, entries: Sequence[Entry], decisions: Sequence[Decision]
) -> tuple[str, ...]:
    """Answer what was changed of a case's history since it was written, in words for an administrator."""
    rounds = session.execute(
        select(_ROUNDS.c.round, _ROUNDS.c.salt, _ROUNDS.c.content).where(
            _ROUNDS.c.case_id == case.id, _ROUNDS.c.salt.is_not(None)
        )
    )
    contents = {row.round: (row.salt, row.content) for row in rounds}
    broken = verify_all(entries, decisions, origin=case.origin, head=case.trail)
    return (*broken, *trail.verify_contents(entries, contents))


def load_trail(session: Session, case: Case) -> tuple[list[Entry], list[Decision]]:
    """Answer the entries and decisions of a case, those that other nodes told among them, each chain oldest first."""
    events = session.execute(
        select(_EVENTS).where(_EVENTS.c.case_id == case.id).order_by(_EVENTS.c.origin, _EVENTS.c.seq)
    )
    decisions = session.execute(
        select(_DECISIONS).where(_DECISIONS.c.case_id == case.id).order_by(_DECISIONS.c.origin, _DECISIONS.c.seq)
    )
    return [_entry(row) for row in events], [_decision(row) for row in decisions]


def _line(
    case: Case, entry: Entry, decision: Decision | None, names: RegionNames, hidden: tuple[str, ...]
) -> TimelineEntry:
    region = entry.note.region or case.home_region
    said = decision.said if decision else None
    is_hidden = hidden == EVERYTHING
    # Why another node did not take a case is what an official can do something about.
    reason = str(entry.note.facts.get("reason", "")) if entry.note.kind is Step.HANDOVER_REFUSED else ""
    return TimelineEntry(
        seq=entry.seq,
        at=entry.place.at,
        round=entry.place.round,
        verb=entry.note.kind.value,
        who=said.name if said else None,
        on_behalf_of=decision.on_behalf_of if decision else None,
        role=entry.note.role,
        region=region,
        region_name=names.of(region),
        opinion=said.opinion if said and not is_hidden else reason,
        signature=said.signature if said and not is_hidden else "",
        remarks=tuple(
            RemarkView(pointer=one.pointer, reason=one.reason) for one in shown(said.remarks if said else (), hidden)
        ),
    )


def _entry(row: Row[Any]) -> Entry:
    note = Note(
        kind=kind_of(row.kind),
        stage=row.stage,
        task=row.task,
        region=row.region,
        role=row.role,
        actor=row.actor_id,
        decision_hash=row.decision_hash,
        facts=row.facts,
    )
    return Entry(place=_place(row), seq=row.seq, note=note, prev_hash=row.prev_hash, hash=row.hash)


def _said(row: Row[Any]) -> Said | None:
    if row.salt is None or row.actor_name is None:
        return None
    remarks = tuple(Remark(one["pointer"], one["reason"]) for one in row.remarks or [])
    return Said(name=row.actor_name, opinion=row.opinion or "", signature=row.signature or "", remarks=remarks)


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        place=_place(row),
        seq=row.seq,
        verb=Verb(row.verb),
        actor=row.actor_id,
        command_id=row.command_id,
        commitment=row.commitment,
        prev_hash=row.prev_hash,
        hash=row.hash,
        stage=row.stage,
        task=row.task,
        on_behalf_of=row.on_behalf_of,
        said=_said(row),
        salt=row.salt,
    )


def _place(row: Row[Any]) -> Place:
    return Place(case_id=row.case_id, origin=row.origin, round=row.round, at=row.at)
