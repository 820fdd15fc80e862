"""A case while it is being moved: the small steps that the moves of the engine are made of.

`Moving` is the one mutable thing of the core. It lives inside a single call of the engine and is sealed into a
`Move`, with every step told in the trail.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.approval.core import trail
from shared.approval.core.command import (
    NOBODY_TO_DECIDE,
    Command,
    Move,
    Seats,
    Snapshot,
)
from shared.approval.core.definition import Approver, Definition
from shared.approval.core.digest import commitment
from shared.approval.core.guard import excluded
from shared.approval.core.route import PlannedStage
from shared.approval.core.state import Case, LastMove, Person, Seat, Stage, Task
from shared.approval.core.trail import Kind, Note, Place, Said, Step
from shared.approval.core.voting import ONE_VOICE, Tally, result
from shared.approval.core.words import ACTIONABLE, DECIDED, CaseState, Mode, StageState, TaskState


class Moving:
    """The work on one move of one case."""

    def __init__(self, case: Case, definition: Definition, seats: Seats, at: datetime) -> None:
        self.case = case
        self.definition = definition
        self.seats = seats
        self.at = at
        self.notes: list[Note] = []
        self.opened: list[Task] = []
        self.held: list[Stage] = []

    def begin_round(self, planned: Sequence[PlannedStage]) -> None:
        """Lay out the round's stages, all waiting, and open the first."""
        stages = tuple(
            Stage(
                number=len(self.case.stages) + index,
                round=self.case.round,
                visit=1,
                node_key=stop.node.key,
                region=stop.region,
                mode=stop.node.mode,
                state=StageState.WAITING,
                veto=stop.node.veto,
                threshold=stop.node.threshold,
            )
            for index, stop in enumerate(planned, start=1)
        )
        self.case = replace(self.case, stages=self.case.stages + stages)
        self.open_next()

    def open_next(self) -> None:
        """Open the next waiting stage of the round; with none left the case is approved."""
        waiting = next((s for s in self.case.current_stages if s.state is StageState.WAITING), None)
        if waiting is None:
            self.close(CaseState.APPROVED)
            return
        self.ask(waiting)

    def ask(self, stage: Stage) -> None:
        """Ask whom the stage asks now, and nobody else; hold the stage when nobody may decide it."""
        due = self.due(stage)
        if not due:
            self.hold(stage)
            return
        if stage.state is not StageState.OPEN:
            self.note(Step.STAGE_OPENED, stage)
            self.set_stage(stage, StageState.OPEN)
        self.cancel_tasks(stage, NOBODY_TO_DECIDE, None, keep=due)
        asked = {task.position for task in self.case.tasks_of(stage) if task.state in ACTIONABLE}
        for position, approver in due.items():
            if position not in asked:
                self.give_task(stage, position, approver)

    def due(self, stage: Stage) -> dict[int, Approver]:
        """Answer whom the stage asks next: 依次 one by one, else all at once; never one who must not decide."""
        decided = {task.position for task in self.case.tasks_of(stage) if task.state in DECIDED}
        approvers = enumerate(self.definition.node(stage.node_key).approvers)
        left = [(position, approver) for position, approver in approvers if position not in decided]
        if stage.mode is Mode.SEQUENTIAL:
            left = left[:1]
        return {position: approver for position, approver in left if self.can_decide(stage, approver)}

    def result(self, stage: Stage) -> bool | None:
        """Answer whether a stage has passed, is rejected (False) or is still to be decided (None)."""
        voices = dict.fromkeys(TaskState, 0)
        approvers = self.definition.node(stage.node_key).approvers
        for task in self.case.tasks_of(stage):
            if task.state in DECIDED:
                voices[task.state] += approvers[task.position].weight
        yes, no = voices[TaskState.PASSED], voices[TaskState.REJECTED]
        tally = Tally(yes, no, undecided=sum(approver.weight for approver in approvers) - yes - no)
        threshold = ONE_VOICE if stage.mode is Mode.ANY else stage.threshold
        return result(tally, threshold=threshold, veto=stage.veto is not False)

    def give_task(self, stage: Stage, position: int, approver: Approver) -> None:
        """Give a task to one of a node's approvers."""
        task = Task(
            number=len(self.case.tasks) + 1,
            stage=stage.number,
            region=stage.region,
            opened_at=self.at,
            role=approver.role,
            assignee=approver.account,
            position=position,
        )
        self.case = replace(self.case, tasks=(*self.case.tasks, task))
        self.opened.append(task)

    def can_decide(self, stage: Stage, approver: Approver) -> bool:
        """Tell whether an approver stands for at least one person who may decide the stage."""
        if approver.role is None:
            candidates = frozenset({approver.account})
        else:
            candidates = self.seats.get(Seat(approver.role, stage.region), frozenset())
        return bool(candidates - excluded(self.case, stage))

    def hold(self, stage: Stage) -> None:
        """Hold a stage: it keeps no open task, and the alarm is raised by whoever reads `Move.held`."""
        if stage.state is StageState.HELD:
            return
        self.cancel_tasks(stage, NOBODY_TO_DECIDE, None)
        self.note(Step.STAGE_HELD, stage)
        self.held.append(self.set_stage(stage, StageState.HELD))

    def end_task(self, task: Task, state: TaskState, by: Person | None, reason: str = "") -> None:
        """Put an end to a task, by a person or because nobody is left to decide it."""
        ended = replace(task, state=state, ended_by=by, ended_at=self.at, reason=reason)
        number = task.number
        self.case = replace(self.case, tasks=(*self.case.tasks[: number - 1], ended, *self.case.tasks[number:]))

    def cancel_tasks(self, stage: Stage, reason: str, by: Person | None, *, keep: Container[int] = ()) -> None:
        """Cancel what is still to be done in a stage, but for the positions to `keep`, saying why and by whose act."""
        for task in self.case.tasks_of(stage):
            if task.state not in (*ACTIONABLE, TaskState.WAITING) or task.position in keep:
                continue
            self.end_task(task, TaskState.CANCELLED, by, reason)
            facts = {"reason": reason, "assignee": task.assignee, "by": by.account_id if by else None}
            self.note(Step.TASK_CANCELLED, stage, task, facts=facts)

    def end_round(self, decided: Stage | None, state: StageState, reason: str, by: Person) -> None:
        """End the round early: the decided stage gets `state`, every other one that is not over is cancelled."""
        over = (StageState.PASSED, StageState.REJECTED, StageState.RETURNED, StageState.CANCELLED)
        for stage in self.case.current_stages:
            if stage.state in over:
                continue
            self.cancel_tasks(stage, reason, by)
            is_decided = decided is not None and stage.number == decided.number
            self.set_stage(stage, state if is_decided else StageState.CANCELLED)

    def set_stage(self, stage: Stage, state: StageState) -> Stage:
        """Put a stage into a state and return it."""
        after = replace(stage, state=state)
        number = stage.number
        self.case = replace(self.case, stages=(*self.case.stages[: number - 1], after, *self.case.stages[number:]))
        return after

    def close(self, state: CaseState) -> None:
        """Close the case for good."""
        self.case = replace(self.case, state=state, closed_at=self.at)
        self.note(Step.CASE_CLOSED, facts={"state": state.value})

    def note(
        self,
        kind: Kind,
        stage: Stage | None = None,
        task: Task | None = None,
        *,
        actor: Person | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell the trail of a step."""
        self.notes.append(
            Note(
                kind=kind,
                stage=stage.number if stage else None,
                task=task.number if task else None,
                region=stage.region if stage else None,
                role=task.role if task else None,
                actor=actor.account_id if actor else None,
                facts=facts or {},
            )
        )

    def snapshot(self, command: Command) -> Snapshot:
        """Answer the round's content with its commitment, as the first entry of the round tells it."""
        content = dict(command.content or {})
        return Snapshot(
            round=self.case.round,
            definition=self.case.definition,
            content=content,
            salt=command.salt,
            commitment=commitment(command.salt, content),
            opened_at=self.at,
        )

    def seal(self, command: Command | None = None, snapshot: Snapshot | None = None) -> Move:
        """Answer the finished move: revision counted up, entries and decision chained to the trail.

        With a command, the first note is that command's own; the decision goes in front of it.
        """
        place = Place(case_id=self.case.id, origin=self.case.origin, round=self.case.round, at=self.at)
        head, decision = self.case.trail, None
        if command is not None:
            own, *rest = self.notes
            decision = trail.decide(
                head,
                place,
                verb=command.verb,
                actor=command.actor.account_id,
                command_id=command.id,
                said=Said(name=command.actor.name, opinion=command.opinion, remarks=command.remarks),
                salt=command.salt,
                stage=own.stage,
                task=own.task,
            )
            self.notes = [replace(own, decision_hash=decision.hash), *rest]
            self.case = replace(self.case, last=LastMove(command.verb, command.actor.person, self.at))
        entries, head = trail.append(head, place, self.notes)
        return Move(
            case=replace(self.case, rev=self.case.rev + 1, trail=head),
            entries=entries,
            decision=decision,
            snapshot=snapshot,
            opened=tuple(self.opened),
            held=tuple(self.held),
        )
