"""Stages, tasks and the people in them, from the values of the core to what goes over the wire, and back."""

from __future__ import annotations

from shared.approval.core.state import Person, Stage, Task
from shared.approval.core.voting import Denominator, Operator, Threshold
from shared.approval.core.words import Mode, StageState, TaskKind, TaskState
from shared.contracts.handovers import PersonPart, StagePart, TaskPart, VotePart


def person(person: Person) -> PersonPart:
    """Answer somebody as they are told of."""
    return PersonPart(account_id=person.account_id, name=person.name)


def named(part: PersonPart) -> Person:
    """Answer somebody who was told of."""
    return Person(part.account_id, part.name)


def stage_part(stage: Stage) -> StagePart:
    """Answer a stage as it is told."""
    vote = stage.threshold
    return StagePart(
        number=stage.number,
        round=stage.round,
        last_round=stage.last_round,
        visit=stage.visit,
        node_key=stage.node_key,
        region=stage.region,
        mode=stage.mode.value,
        state=stage.state.value,
        after=stage.after,
        veto=stage.veto,
        vote=VotePart(denominator=vote.denominator.value, operator=vote.operator.value, value=vote.value)
        if vote
        else None,
        clock_from=stage.clock_from,
        due_at=stage.due_at,
        due_is_provisional=stage.due_is_provisional,
        reminded=stage.reminded,
    )


def stage(part: StagePart) -> Stage:
    """Answer the stage that was told.

    :raises ValueError: for a word that the engine does not know, or a round that was over before the stage began.
    """
    vote = part.vote
    last_round = part.round if part.last_round is None else part.last_round
    if last_round < part.round:
        raise ValueError(f"stage {part.number} of round {part.round} cannot count until round {last_round}")
    return Stage(
        number=part.number,
        round=part.round,
        last_round=last_round,
        visit=part.visit,
        node_key=part.node_key,
        region=part.region,
        mode=Mode(part.mode),
        state=StageState(part.state),
        after=part.after,
        veto=part.veto,
        threshold=Threshold(Denominator(vote.denominator), Operator(vote.operator), vote.value) if vote else None,
        clock_from=part.clock_from,
        due_at=part.due_at,
        due_is_provisional=part.due_is_provisional,
        reminded=part.reminded,
    )


def task_part(task: Task) -> TaskPart:
    """Answer a task as it is told."""
    return TaskPart(
        number=task.number,
        stage=task.stage,
        kind=task.kind.value,
        parent=task.parent,
        position=task.position,
        role=task.role,
        region=task.region,
        assignee=task.assignee,
        assignee_name=task.assignee_name,
        state=task.state.value,
        opened_at=task.opened_at,
        ended_at=task.ended_at,
        ended_by=person(task.ended_by) if task.ended_by else None,
        on_behalf_of=person(task.on_behalf_of) if task.on_behalf_of else None,
        reason=task.reason,
    )


def task(part: TaskPart) -> Task:
    """Answer the task that was told.

    :raises ValueError: for a word that the engine does not know.
    """
    return Task(
        number=part.number,
        stage=part.stage,
        region=part.region,
        opened_at=part.opened_at,
        kind=TaskKind(part.kind),
        parent=part.parent,
        role=part.role,
        assignee=part.assignee,
        assignee_name=part.assignee_name,
        position=part.position,
        state=TaskState(part.state),
        ended_by=named(part.ended_by) if part.ended_by else None,
        on_behalf_of=named(part.on_behalf_of) if part.on_behalf_of else None,
        ended_at=part.ended_at,
        reason=part.reason,
    )
