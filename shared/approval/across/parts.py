"""A case as nodes tell each other of it: from the values of the core to what goes over the wire, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.approval.across.stages import named, person, stage, stage_part, task, task_part
from shared.approval.core.command import Snapshot
from shared.approval.core.state import (
    Case,
    DefinitionRef,
    LastMove,
    Remark,
    TrailHead,
)
from shared.approval.core.trail import Decision, Entry, Note, Place, Said, kind_of
from shared.approval.core.two_nodes import Told
from shared.approval.core.words import CaseState, Verb
from shared.contracts.handovers import (
    CaseAnswered,
    CaseFollowed,
    CaseHandedOver,
    CasePart,
    CaseWithdrawn,
    DecisionPart,
    DefinitionPart,
    EntryPart,
    RemarkPart,
    RoundPart,
    SaidPart,
)

Telling = CaseHandedOver | CaseAnswered | CaseWithdrawn | CaseFollowed


def part_of(
    case: Case,
    *,
    body: Mapping[str, Any] | None,
    rounds: Sequence[RoundPart],
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
) -> CasePart:
    """Answer a case with its trail as it is told; `body` is the text of its definition."""
    ref = case.definition
    return CasePart(
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        organisation_id=case.organisation_id,
        initiator=person(case.initiator),
        barred=tuple(sorted(case.barred)),
        definition=DefinitionPart(key=ref.key, version=ref.version, sha256=ref.sha256, body=body),
        state=case.state.value,
        round=case.round,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        last_verb=case.last.verb.value,
        last_person=person(case.last.person),
        last_at=case.last.at,
        origin=case.origin,
        seq=case.trail.seq,
        hash=case.trail.hash,
        stages=tuple(map(stage_part, case.stages)),
        tasks=tuple(map(task_part, case.tasks)),
        rounds=tuple(rounds),
        entries=tuple(map(_entry_part, entries)),
        decisions=tuple(map(_decision_part, decisions)),
    )


def told(event: Telling) -> Told:
    """Answer the case that an event tells of.

    :raises ValueError: for a word that the engine does not know.
    """
    part = event.case
    ref = part.definition
    case = Case(
        id=event.case_id,
        origin=part.origin,
        business_type=part.business_type,
        business_id=part.business_id,
        title=part.title,
        home_region=event.home_region,
        organisation_id=part.organisation_id,
        initiator=named(part.initiator),
        barred=frozenset(part.barred),
        definition=DefinitionRef(ref.key, ref.version, ref.sha256),
        state=CaseState(part.state),
        round=part.round,
        rev=0,
        opened_at=part.opened_at,
        last=LastMove(Verb(part.last_verb), named(part.last_person), part.last_at),
        trail=TrailHead(part.seq, part.hash),
        closed_at=part.closed_at,
        stages=tuple(map(stage, part.stages)),
        tasks=tuple(map(task, part.tasks)),
    )
    return Told(case=case, handover=event.handover, region=event.region)


def entries_in(case_id: str, part: CasePart) -> list[Entry]:
    """Answer the entries of the trail that are told."""
    return [
        Entry(
            place=Place(case_id=case_id, origin=one.origin, round=one.round, at=one.at),
            seq=one.seq,
            note=Note(
                kind=kind_of(one.kind),
                stage=one.stage,
                task=one.task,
                region=one.region,
                role=one.role,
                actor=one.actor,
                decision_hash=one.decision_hash,
                facts=one.facts,
            ),
            prev_hash=one.prev_hash,
            hash=one.hash,
        )
        for one in part.entries
    ]


def decisions_in(case_id: str, part: CasePart) -> list[Decision]:
    """Answer the decisions that are told."""
    return [
        Decision(
            place=Place(case_id=case_id, origin=one.origin, round=one.round, at=one.at),
            seq=one.seq,
            verb=Verb(one.verb),
            actor=one.actor,
            command_id=one.command_id,
            commitment=one.commitment,
            prev_hash=one.prev_hash,
            hash=one.hash,
            stage=one.stage,
            task=one.task,
            on_behalf_of=one.on_behalf_of,
            said=_said(one.said) if one.said else None,
            salt=one.said.salt if one.said else None,
        )
        for one in part.decisions
    ]


def snapshots_in(part: CasePart) -> list[Snapshot]:
    """Answer the rounds whose content is told."""
    return [
        Snapshot(
            round=one.round,
            definition=DefinitionRef(one.definition_key, one.definition_version, one.definition_sha256),
            content=one.content,
            salt=one.salt,
            commitment=one.commitment,
            opened_at=one.opened_at,
        )
        for one in part.rounds
        if one.content is not None and one.salt is not None
    ]


def _entry_part(entry: Entry) -> EntryPart:
    note, place = entry.note, entry.place
    return EntryPart(
        origin=place.origin,
        seq=entry.seq,
        at=place.at,
        round=place.round,
        kind=note.kind.value,
        stage=note.stage,
        task=note.task,
        region=note.region,
        role=note.role,
        actor=note.actor,
        decision_hash=note.decision_hash,
        facts=note.facts,
        prev_hash=entry.prev_hash,
        hash=entry.hash,
    )


def _decision_part(decision: Decision) -> DecisionPart:
    said, place = decision.said, decision.place
    return DecisionPart(
        origin=place.origin,
        seq=decision.seq,
        at=place.at,
        round=place.round,
        stage=decision.stage,
        task=decision.task,
        verb=decision.verb.value,
        actor=decision.actor,
        on_behalf_of=decision.on_behalf_of,
        command_id=decision.command_id,
        commitment=decision.commitment,
        prev_hash=decision.prev_hash,
        hash=decision.hash,
        said=_said_part(said, decision.salt or "") if said else None,
    )


def _said_part(said: Said, salt: str) -> SaidPart:
    remarks = tuple(RemarkPart(pointer=one.pointer, reason=one.reason) for one in said.remarks)
    return SaidPart(name=said.name, opinion=said.opinion, signature=said.signature, remarks=remarks, salt=salt)


def _said(part: SaidPart) -> Said:
    remarks = tuple(Remark(one.pointer, one.reason) for one in part.remarks)
    return Said(name=part.name, opinion=part.opinion, signature=part.signature, remarks=remarks)
