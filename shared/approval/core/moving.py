"""A case while it is being moved: the small steps that the moves of the engine are made of.

`Moving` is the one mutable thing of the core. It lives inside a single call of the engine and is sealed into a
`Move`, with every step told in the trail. Whom a stage asks is the business of `asking`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.approval.core import trail
from shared.approval.core.command import Command, Move, Reminder, Snapshot, World
from shared.approval.core.deadline import due_after
from shared.approval.core.definition import Definition
from shared.approval.core.digest import commitment
from shared.approval.core.refusal import Permit
from shared.approval.core.route import PlannedStage
from shared.approval.core.state import Case, LastMove, Person, Stage, Task, Timer
from shared.approval.core.trail import Decision, Kind, Note, Place, Said, Step
from shared.approval.core.words import CaseState, StageState, TaskState, TimerKind, Token


class Moving:
    """The work on one move of one case."""

    def __init__(self, case: Case, definition: Definition, world: World) -> None:
        self.case = case
        self.definition = definition
        self.world = world
        self.notes: list[Note] = []
        self.opened: list[Task] = []
        self.held: list[Stage] = []
        self.reminders: list[Reminder] = []
        self.overdue: list[Stage] = []
        self.timers: list[Timer] = []
        self.waiting: list[Stage] = []
        self.abandoned: list[Stage] = []

    @property
    def at(self) -> datetime:
        """Answer the moment of the move."""
        return self.world.at

    def lay_out(self, planned: Sequence[PlannedStage], *, after: Mapping[int, tuple[int, ...]] | None = None) -> None:
        """Add planned stages to the round, all waiting, each a new visit of its node.

        `after` gives, by the place in the plan, stages of the case that one comes after, besides those of the plan.
        """
        first = len(self.case.stages) + 1
        visits = Counter(stage.node_key for stage in self.case.current_stages)
        stages = tuple(
            Stage(
                number=first + index,
                round=self.case.round,
                last_round=self.case.round,
                visit=visits[stop.node.key] + 1,
                node_key=stop.node.key,
                region=stop.region,
                mode=stop.node.mode,
                state=StageState.WAITING,
                after=(*(after or {}).get(index, ()), *(first + place for place in stop.after)),
                veto=stop.node.veto,
                threshold=stop.node.threshold,
            )
            for index, stop in enumerate(planned)
        )
        self.case = replace(self.case, stages=self.case.stages + stages)

    def set_stage(self, stage: Stage, state: StageState) -> Stage:
        """Put a stage into a state and return it."""
        was = self.case.stage(stage.number)
        if was.state is StageState.OPEN and state is StageState.CANCELLED and self.definition.waits(stage.node_key):
            self.abandoned.append(was)
        return self.change_stage(replace(was, state=state))

    def change_stage(self, after: Stage) -> Stage:
        """Put a changed stage in the place of what it was and return it."""
        number = after.number
        self.case = replace(self.case, stages=(*self.case.stages[: number - 1], after, *self.case.stages[number:]))
        return after

    def start_clock(self, stage: Stage, start: datetime) -> Stage:
        """Count a stage's time from a moment: when it is due, and when the next of its reminders comes."""
        node = self.definition.find(stage.node_key)
        if node is None or (node.due is None and node.reminders is None):
            return stage
        stage = replace(self.case.stage(stage.number), clock_from=start)
        if node.due is not None:
            due = due_after(start, node.due, self.world.workdays)
            stage = replace(stage, due_at=due.at, due_is_provisional=due.is_provisional)
            self.timers.append(Timer(stage=stage.number, kind=TimerKind.OVERDUE, fire_at=due.at))
        if node.reminders is not None and stage.reminded < node.reminders.most:
            number = stage.reminded + 1
            due = due_after(start, node.reminders.every, self.world.workdays, times=number)
            self.timers.append(Timer(stage=stage.number, kind=TimerKind.REMIND, fire_at=due.at, number=number))
        return self.change_stage(stage)

    def add_task(self, task: Task) -> Task:
        """Give out a task; its number is the next one."""
        task = replace(task, number=len(self.case.tasks) + 1, opened_at=self.at)
        self.case = replace(self.case, tasks=(*self.case.tasks, task))
        if task.state is TaskState.OPEN:
            self.opened.append(task)
        return task

    def change_task(self, after: Task) -> Task:
        """Put a changed task in the place of what it was and return it."""
        number = after.number
        self.case = replace(self.case, tasks=(*self.case.tasks[: number - 1], after, *self.case.tasks[number:]))
        return after

    def reopen_task(self, task: Task) -> Task:
        """Ask again for what waited for somebody else."""
        again = self.change_task(replace(self.case.task(task.number), state=TaskState.OPEN))
        self.opened.append(again)
        return again

    def end_task(
        self,
        task: Task,
        state: TaskState,
        by: Person | None,
        *,
        reason: str = "",
        on_behalf_of: Person | None = None,
    ) -> Task:
        """Put an end to a task, by a person or because nobody is left to decide it."""
        ended = replace(
            self.case.task(task.number),
            state=state,
            ended_by=by,
            on_behalf_of=on_behalf_of,
            ended_at=self.at,
            reason=reason,
        )
        return self.change_task(ended)

    def cancel_task(self, task: Task, reason: str, by: Person | None) -> None:
        """Cancel one task, saying why and by whose act."""
        self.end_task(task, TaskState.CANCELLED, by, reason=reason)
        facts = {"reason": reason, "assignee": task.assignee, "by": by.account_id if by else None}
        self.note(Step.TASK_CANCELLED, self.case.stage(task.stage), task, facts=facts)

    def cancel_tasks(self, stage: Stage, reason: str, by: Person | None) -> None:
        """Cancel all that is still to be done in a stage."""
        for task in tuple(self.case.unfinished(stage)):
            self.cancel_task(task, reason, by)

    def end_round(self, decided: Stage | None, state: StageState, reason: str, by: Person | None) -> None:
        """End the round early: the decided stage gets `state`, every other one that is not over is cancelled."""
        over = (StageState.PASSED, StageState.REJECTED, StageState.RETURNED, StageState.CANCELLED)
        for stage in self.case.current_stages:
            if stage.state in over:
                continue
            self.cancel_tasks(stage, reason, by)
            is_decided = decided is not None and stage.number == decided.number
            self.set_stage(stage, state if is_decided else StageState.CANCELLED)

    def close(self, state: CaseState) -> None:
        """Close the case for good."""
        self.case = replace(self.case, state=state, closed_at=self.at, suspended_at=None)
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
                region=task.region if task else stage.region if stage else None,
                role=task.role if task else None,
                actor=actor.account_id if actor else None,
                facts=facts or {},
            )
        )

    def note_verb(self, command: Command, task: Task | None = None, **facts: Any) -> None:
        """Tell the trail of the command itself; it comes before everything that follows from it."""
        stage = self.case.stage(task.stage) if task else None
        self.note(command.verb, stage, task, actor=command.actor.person, facts=facts)

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

    def seal(
        self,
        command: Command | None = None,
        *,
        snapshot: Snapshot | None = None,
        permit: Permit | None = None,
        moves: bool = True,
    ) -> Move:
        """Answer the finished move: entries and decision chained to the trail, and a new revision if it `moves`.

        With a command, the first note is that command's own; the decision goes in front of it.
        """
        self._let_go()
        place = Place(case_id=self.case.id, origin=self.case.origin, round=self.case.round, at=self.at)
        head = self.case.trail
        decision = self._decided(command, place, permit) if command is not None else None
        if command is not None and moves:
            self.case = replace(self.case, last=LastMove(command.verb, command.actor.person, self.at))
        entries, head = trail.append(head, place, self.notes)
        return Move(
            case=replace(self.case, rev=self.case.rev + moves, trail=head),
            entries=entries,
            decision=decision,
            snapshot=snapshot,
            opened=self._still_open(),
            held=tuple(self.held),
            reminders=tuple(self.reminders),
            overdue=tuple(self.overdue),
            timers=tuple(self.timers),
            waiting=tuple(self.waiting),
            abandoned=tuple(self.abandoned),
        )

    def _let_go(self) -> None:
        """Give another node's case back as soon as nothing of it is left to decide here."""
        case = self.case
        goes_on = case.state is CaseState.SUSPENDED or (case.state is CaseState.RUNNING and case.active_stages)
        if case.token is Token.GUEST and not goes_on:
            self.note(Step.GIVEN_BACK)
            self.case = replace(self.case, token=Token.GIVEN_BACK)

    def _decided(self, command: Command, place: Place, permit: Permit | None) -> Decision:
        """Answer what the actor did, tied to the first note, which tells of it."""
        own, *rest = self.notes
        behalf = permit.on_behalf_of if permit else None
        decision = trail.decide(
            self.case.trail,
            place,
            verb=command.verb,
            actor=command.actor.account_id,
            command_id=command.id,
            said=Said(
                name=command.actor.name,
                opinion=command.opinion,
                signature=command.signature,
                remarks=command.remarks,
            ),
            salt=command.salt,
            stage=own.stage,
            task=own.task,
            on_behalf_of=behalf.account_id if behalf else None,
        )
        self.notes = [replace(own, decision_hash=decision.hash), *rest]
        return decision

    def _still_open(self) -> tuple[Task, ...]:
        """Answer the tasks of this move that ask somebody now: each once, none that the same move has ended."""
        numbers = dict.fromkeys(task.number for task in self.opened)
        tasks = (self.case.task(number) for number in numbers)
        return tuple(task for task in tasks if task.state is TaskState.OPEN)
