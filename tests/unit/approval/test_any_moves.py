"""Whatever people do in whatever order, the rules of a case hold: a machine drives the core at random."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.approval.core.parsing import parse
from shared.approval.core.refusal import Refused
from shared.approval.core.state import Party, Seat, Stage
from shared.approval.core.trail import verify
from shared.approval.core.words import ACTIONABLE, CLOSED, DECIDED, CaseState, StageState, TaskState, Verb
from tests.unit.approval.cases import CHAIN, Desk, body, node, party

SEATS = [Seat(role, link.region) for link in CHAIN for role in ("clerk", "approver")]
NAMES = ("Ann", "Ben", "Cai", "Dai")
VERBS = (Verb.APPROVE, Verb.REJECT, Verb.RETURN, Verb.WITHDRAW, Verb.RESUBMIT)
UNDECIDED = (TaskState.WAITING, TaskState.OPEN, TaskState.CLAIMED, TaskState.DELEGATED)

votes = st.fixed_dictionaries(
    {
        "denominator": st.sampled_from(["count", "ratio", "weight"]),
        "operator": st.sampled_from([">=", ">"]),
        "share": st.integers(1, 100),
    }
)
modes = st.sampled_from(["any", "sequential", "all", "vote"])
approvers = st.lists(st.sampled_from(["clerk", "approver", "ben", "cai"]), min_size=1, max_size=3)
EVERY_POST = [(name, seat) for name in NAMES for seat in SEATS]
#: Any choice out of every post that anybody could hold, about half of them.
posts = st.lists(st.booleans(), min_size=len(EVERY_POST), max_size=len(EVERY_POST)).map(
    lambda chosen: [post for post, is_held in zip(EVERY_POST, chosen, strict=True) if is_held]
)


def a_node(tier: str, who: list[str], mode: str, veto: bool, vote: dict[str, Any]) -> dict[str, Any]:
    """A node of a mode, with a vote that all of its voices together can win."""
    if mode not in ("all", "vote"):
        return node(tier, *who, mode=mode)
    made = node(tier, *who, mode=mode, veto=veto)
    if mode == "vote":
        weights = [2 * index + 1 for index, _ in enumerate(who)]
        full = {"count": len(who), "ratio": 100, "weight": sum(weights)}[vote["denominator"]]
        value = max(1, full * vote["share"] // 100)
        operator = ">" if vote["operator"] == ">" and value < full else ">="
        made["vote"] = {"denominator": vote["denominator"], "operator": operator, "value": value}
        if vote["denominator"] == "weight":
            made["approvers"] = [
                approver | {"weight": weight} for approver, weight in zip(made["approvers"], weights, strict=True)
            ]
    return made


class AnyMoves(RuleBasedStateMachine):
    """Random people with random posts try random verbs on one case."""

    @initialize(
        modes=st.tuples(modes, modes, modes),
        asked=st.tuples(approvers, approvers, approvers),
        held=posts,
        barred=st.sets(st.sampled_from(NAMES), max_size=1),
        first=st.integers(0, 2),
        rounds=st.integers(1, 3),
        veto=st.booleans(),
        vote=votes,
    )
    def open(
        self,
        modes: tuple[str, ...],
        asked: tuple[list[str], ...],
        held: list[tuple[str, Seat]],
        barred: set[str],
        first: int,
        rounds: int,
        veto: bool,
        vote: dict[str, Any],
    ) -> None:
        tiers = ("county", "city", "province")
        route = [a_node(tier, who, mode, veto, vote) for tier, who, mode in zip(tiers, asked, modes, strict=True)]
        self.people = self._people(held)
        self.desk = Desk(
            parse(body(*route, max_rounds=rounds)),
            people=tuple(self.people.values()),
            initiator=self.people["Ann"],
            barred=[self.people[name] for name in barred],
            chain=CHAIN[first:],
        )
        self.accepted = 1

    @rule(verb=st.sampled_from(VERBS), name=st.sampled_from(NAMES), chance=st.integers(0, 5))
    def act(self, verb: Verb, name: str, chance: int) -> None:
        before, who, stale = self.desk.case, self.people[name], chance == 5
        allowed = verb in self.desk.allowed(who)
        rev = before.rev - 1 if stale else before.rev
        try:
            after = self.desk.do(verb, who, expected_rev=rev, node=self._way_back(verb))
        except Refused:
            # What a page shows as a button is what the engine carries out, a stale page apart.
            assert stale or not allowed
            assert self.desk.case is before
        else:
            assert allowed
            assert not stale
            self.accepted += 1
            assert after.rev == before.rev + 1

    @rule(chance=st.integers(0, 99))
    def go_on(self, chance: int) -> None:
        """Do one of the things that somebody may do, so that cases get far."""
        possible = [(verb, who) for who in self.people.values() for verb in self.desk.allowed(who) if verb in VERBS]
        approvals = [(verb, who) for verb, who in possible if verb is Verb.APPROVE]
        if possible:
            chosen = approvals if approvals and chance < 60 else possible
            verb, who = chosen[chance % len(chosen)]
            self.desk.do(verb, who, node=self._way_back(verb))
            self.accepted += 1

    @rule(held=posts)
    def change_posts(self, held: list[tuple[str, Seat]]) -> None:
        self.people = self._people(held)
        self.desk.reseat(*self.people.values())

    @invariant()
    def one_stage_at_a_time(self) -> None:
        case = self.desk.case
        active = [stage for stage in case.stages if stage.state in (StageState.OPEN, StageState.HELD)]
        assert len(active) == (1 if case.state is CaseState.RUNNING else 0)
        assert all(stage.round == case.round for stage in active)

    @invariant()
    def tasks_are_open_in_open_stages_only(self) -> None:
        case = self.desk.case
        for task in case.tasks:
            if task.state in UNDECIDED:
                assert case.stage(task.stage).state is StageState.OPEN
        for stage in case.stages:
            if stage.state is StageState.OPEN:
                assert any(task.state in ACTIONABLE for task in case.tasks_of(stage))

    @invariant()
    def somebody_can_go_on_with_an_open_stage_and_nobody_with_a_held_one(self) -> None:
        case = self.desk.case
        stage = next(iter(case.active_stages), None)
        if stage is None:
            return
        able = [who for who in self.people.values() if Verb.APPROVE in self.desk.allowed(who)]
        assert bool(able) == (stage.state is StageState.OPEN)
        open_positions = [task.position for task in case.tasks_of(stage) if task.state in ACTIONABLE]
        assert sorted(open_positions) == self._positions_that_can_decide(stage)

    def _positions_that_can_decide(self, stage: Stage) -> list[int]:
        """Answer which of a stage's approvers could decide it, told from the rules and not from the engine's words."""
        case = self.desk.case
        asked = list(enumerate(self.desk.definition.node(stage.node_key).approvers))
        if stage.mode == "sequential":
            asked = asked[sum(task.state is TaskState.PASSED for task in case.tasks_of(stage)) :][:1]
        voiced = {task.position for task in case.tasks_of(stage) if task.state in DECIDED}
        asked = [(position, approver) for position, approver in asked if position not in voiced]
        in_round = {one.number for one in case.current_stages}
        decided = {task.ended_by for task in case.tasks if task.stage in in_round and task.state in DECIDED}
        out = {case.initiator.account_id, *case.barred, *(person.account_id for person in decided if person)}
        free = [who for who in self.people.values() if who.account_id not in out]
        return [
            position
            for position, approver in asked
            if any(
                approver.account == who.account_id or Seat(approver.role or "", stage.region) in who.posts
                for who in free
            )
        ]

    @invariant()
    def no_task_is_open_on_a_case_that_is_over(self) -> None:
        case = self.desk.case
        if case.state in CLOSED or case.state is CaseState.RETURNED:
            assert not any(task.state in UNDECIDED for task in case.tasks)
            assert not any(stage.state is StageState.WAITING for stage in case.stages)
        assert (case.closed_at is not None) == (case.state in CLOSED)

    @invariant()
    def nobody_decides_their_own_case_nor_twice_in_a_round(self) -> None:
        case = self.desk.case
        for round_number in range(1, case.round + 1):
            stages = {stage.number for stage in case.stages if stage.round == round_number}
            decided = [task.ended_by for task in case.tasks if task.stage in stages and task.state in DECIDED]
            assert all(person is not None for person in decided)
            accounts = Counter(person.account_id for person in decided if person is not None)
            assert not accounts.keys() & ({case.initiator.account_id} | case.barred)
            assert all(times == 1 for times in accounts.values())

    @invariant()
    def one_winner_per_stage(self) -> None:
        case = self.desk.case
        for stage in case.stages:
            tasks = case.tasks_of(stage)
            voices = Counter(task.position for task in tasks if task.state in DECIDED)
            assert all(times == 1 for times in voices.values())
            states = [task.state for task in tasks]
            passed, rejected = states.count(TaskState.PASSED), states.count(TaskState.REJECTED)
            assert states.count(TaskState.RETURNED) == (stage.state is StageState.RETURNED)
            approvers = self.desk.definition.node(stage.node_key).approvers
            if stage.state is StageState.PASSED:
                assert passed
                assert stage.mode == "vote" or passed == (1 if stage.mode == "any" else len(approvers))
                assert not rejected or stage.veto is False
            elif stage.state is StageState.REJECTED:
                assert rejected
                assert rejected == 1 or stage.veto is False
            elif stage.veto is not False:
                assert not rejected

    @invariant()
    def nothing_is_lost_and_the_trail_verifies(self) -> None:
        moves = self.desk.moves
        entries = [entry for move in moves for entry in move.entries]
        decisions = [move.decision for move in moves if move.decision is not None]
        assert len(decisions) == self.accepted
        assert verify(entries, decisions, self.desk.case.trail) == ()
        assert len({decision.command_id for decision in decisions}) == len(decisions)

    @invariant()
    def rounds_stay_within_their_limit(self) -> None:
        assert self.desk.case.round <= self.desk.definition.max_rounds

    def _way_back(self, verb: Verb) -> str | None:
        """Answer the latest node that was passed, when the case can no longer be returned to its initiator."""
        case = self.desk.case
        if verb is not Verb.RETURN or case.round < self.desk.definition.max_rounds:
            return None
        passed = [stage for stage in case.live_stages if stage.state is StageState.PASSED]
        return passed[-1].node_key if passed else None

    def _people(self, held: list[tuple[str, Seat]]) -> dict[str, Party]:
        return {name: party(name, *dict.fromkeys(seat for who, seat in held if who == name)) for name in NAMES}


AnyMoves.TestCase.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
TestAnyMoves = AnyMoves.TestCase
