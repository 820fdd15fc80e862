"""The rules that hold for a case at every moment, whatever has been done to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from hypothesis.stateful import invariant

from shared.approval.core import engine
from shared.approval.core.guard import OFFERED, permit
from shared.approval.core.refusal import Permit
from shared.approval.core.state import Case, Stage, Task
from shared.approval.core.trail import verify
from shared.approval.core.ways_back import ANYWHERE
from shared.approval.core.words import (
    CLOSED,
    DECIDED,
    UNFINISHED,
    VOICES,
    CaseState,
    Duplicates,
    StageState,
    TaskKind,
    TaskState,
    TimerKind,
    Verb,
)
from tests.unit.approval.machine import Machine

ACTIVE = (StageState.OPEN, StageState.HELD)
STILL = (CaseState.RUNNING, CaseState.SUSPENDED)


def voices(case: Case, stages: Iterable[Stage]) -> list[Task]:
    return [task for stage in stages for task in case.tasks_of(stage) if task.kind in VOICES and task.state in DECIDED]


class Watched(Machine):
    """The machine, with everything looked at after each of its steps."""

    seen: Case | None = None

    @invariant()
    def nothing_is_left_to_do_on_what_is_over(self) -> None:
        case = self.desk.case
        for task in case.tasks:
            if task.state in UNFINISHED and task.kind is not TaskKind.CC:
                assert case.stage(task.stage).state is StageState.OPEN
        active = [stage for stage in case.stages if stage.state in ACTIVE]
        assert bool(active) == (case.state in STILL) or self._waits_to_be_resumed()
        assert all(stage.round == case.round for stage in active)
        assert set(active) <= set(case.live_stages)
        if case.state not in STILL:
            assert not any(stage.state is StageState.WAITING for stage in case.stages)
        assert (case.closed_at is not None) == (case.state in CLOSED)
        assert (case.suspended_at is not None) == (case.state is CaseState.SUSPENDED)

    def _waits_to_be_resumed(self) -> bool:
        return self.desk.case.state is CaseState.SUSPENDED

    @invariant()
    def a_stage_opens_after_those_before_it_have_passed(self) -> None:
        case = self.desk.case
        for stage in case.stages:
            was = self._was(stage.number)
            if stage.state in ACTIVE and was not in ACTIVE:
                assert all(case.stage(number).state is StageState.PASSED for number in stage.after)

    def _was(self, stage: int) -> StageState:
        """Answer the state of a stage after the step before."""
        if self.seen is None or len(self.seen.stages) < stage:
            return StageState.WAITING
        return self.seen.stage(stage).state

    @invariant()
    def every_open_stage_has_somebody_who_can_act_and_no_held_one_has(self) -> None:
        desk, case = self.desk, self.desk.case
        if case.state is not CaseState.RUNNING:
            return
        for stage in case.active_stages:
            if desk.bound.waits(stage.node_key):
                continue
            left = list(case.unfinished(stage))
            if stage.state is StageState.HELD:
                assert left == []
            else:
                assert any(self._can_act(task) for task in left)

    def _can_act(self, task: Task) -> bool:
        verb = Verb.RESOLVE if task.kind is TaskKind.DELEGATE else Verb.APPROVE
        return any(
            isinstance(permit(self.desk.question(verb, who, task=task.number)), Permit) for who in self.people.values()
        )

    @invariant()
    def everybody_who_is_to_be_asked_has_been(self) -> None:
        """To ask again changes nothing."""
        assert engine.reseat(self.desk.case, definition=self.desk.bound, world=self.desk.world) is None

    @invariant()
    def nobody_decides_their_own_case_nor_in_two_places(self) -> None:
        case = self.desk.case
        forbidden = {case.initiator.account_id} | case.barred
        for number in range(1, case.round + 1):
            places: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
            stages = [stage for stage in case.stages if stage.round == number]
            taken_over = self.carried if number == case.round else ()
            for task in voices(case, [*taken_over, *stages]):
                stage = case.stage(task.stage)
                for person in {task.ended_by, task.on_behalf_of} - {None}:
                    assert person is not None
                    assert person.account_id not in forbidden
                    places[person.account_id].append((stage.region, stage.node_key, stage.number))
            for spoken in places.values():
                assert max(Counter(spoken).values()) == 1  # one voice in one stage
                assert len({region for region, _, _ in spoken}) == 1
                if self.desk.bound.duplicates is Duplicates.FORBID and not self.migrations:
                    assert len({node for _, node, _ in spoken}) == 1

    @invariant()
    def one_voice_decides_a_task_and_stays(self) -> None:
        case = self.desk.case
        if self.seen is not None:
            for was in self.seen.tasks:
                if was.state in DECIDED and was != case.task(was.number):
                    assert self.last is Verb.TAKE_BACK
                    assert case.task(was.number).state is TaskState.CANCELLED
        for stage in case.stages:
            told = voices(case, [stage])
            assert max(Counter(t.position for t in told if t.kind is TaskKind.APPROVE).values(), default=1) == 1
            assert any(task.state is TaskState.RETURNED for task in told) == (stage.state is StageState.RETURNED)
            if stage.state is StageState.PASSED and not self._waited(stage):
                assert any(task.state is TaskState.PASSED and task.kind is TaskKind.APPROVE for task in told)

    def _waited(self, stage: Stage) -> bool:
        """Tell whether a stage may have waited for a case of its own, by the definition of any round."""
        return any(found.waits(stage.node_key) for found in (self.desk.definition, self.desk.bound, self.later))

    @invariant()
    def a_case_is_approved_when_all_its_stages_have_passed_and_not_before(self) -> None:
        case = self.desk.case
        states = {stage.state for stage in case.live_stages} - {StageState.CANCELLED}
        has_passed = states == {StageState.PASSED}
        if case.state in (CaseState.APPROVED, CaseState.REVOKED):
            assert has_passed
        elif case.state is CaseState.RUNNING:
            assert not has_passed
        if case.state is CaseState.REJECTED:
            assert StageState.REJECTED in states

    @invariant()
    def the_buttons_are_what_the_guard_permits(self) -> None:
        for who in self.people.values():
            asked = [(verb, self.desk.question(verb, who, node=ANYWHERE)) for verb in OFFERED]
            assert self.desk.allowed(who) == tuple(verb for verb, one in asked if isinstance(permit(one), Permit))

    @invariant()
    def rounds_visits_and_reminders_stay_within_their_bounds(self) -> None:
        case, definition = self.desk.case, self.desk.bound
        if not self.migrations:
            assert case.round <= definition.max_rounds
            assert all(stage.visit <= definition.max_visits for stage in case.stages)
        assert all(link.visit >= 1 for link in case.stages)

    @invariant()
    def timers_belong_to_stages_that_go_on(self) -> None:
        case, armed = self.desk.case, self.desk.timers
        for stage in case.active_stages:
            node = self.desk.bound.node(stage.node_key)
            overdue = armed.get((stage.number, TimerKind.OVERDUE, 1))
            if node.due is not None:
                assert stage.due_at is not None
                assert overdue is not None or stage.due_at <= self.desk.at
            if overdue is not None:
                assert overdue.fire_at == stage.due_at
            reminders = [key for key in armed if key[:2] == (stage.number, TimerKind.REMIND)]
            assert len(reminders) <= 1
            assert all(node.reminders is not None and number <= node.reminders.most for _, _, number in reminders)

    @invariant()
    def remember(self) -> None:
        self.seen = self.desk.case
        case = self.desk.case
        new = self.desk.moves[-1].snapshot
        if new is not None and new.round == case.round > 1 and self.carried_of != case.round:
            self.carried_of = case.round
            self.carried = self._taken_over()

    carried: tuple[Stage, ...] = ()
    carried_of = 1

    def _taken_over(self) -> tuple[Stage, ...]:
        """Answer the passed stages of the round before, and of those it took over, that this round asks not again."""
        case = self.desk.case
        anew = {stage.node_key for stage in case.current_stages}
        before = [*self.carried, *(s for s in case.live_stages_of(case.round - 1) if s.state is StageState.PASSED)]
        returned = [s for s in case.live_stages_of(case.round - 1) if s.state is StageState.RETURNED]
        if not returned or returned[0].node_key not in anew or self._starts_again():
            return ()
        return tuple(stage for stage in before if stage.node_key not in anew)

    def _starts_again(self) -> bool:
        """Tell whether the new round asks the first node of its way again, and so takes nothing over."""
        case = self.desk.case
        first = [stage for stage in case.current_stages if not stage.after]
        begun = {stage.node_key for stage in case.live_stages_of(case.round - 1) if not stage.after}
        return any(stage.node_key in begun for stage in first) and not self.carried

    def teardown(self) -> None:
        """Look at the whole trail when the case has gone as far as it goes."""
        if not hasattr(self, "desk"):
            return
        moves = self.desk.moves
        entries = [entry for move in moves for entry in move.entries]
        decisions = [move.decision for move in moves if move.decision is not None]
        assert len(decisions) == self.accepted
        assert verify(entries, decisions, self.desk.case.trail) == ()
        assert len({decision.command_id for decision in decisions}) == len(decisions)
        assert all(move.case.rev >= before.case.rev for before, move in pairwise(moves))
