"""A machine that drives one case at random: any verb, by anybody, and whatever else befalls a case."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import ADMINISTRATOR, excluded
from shared.approval.core.guard import OFFERED, RULES, permit
from shared.approval.core.parsing import parse
from shared.approval.core.refusal import Permit, Refusal, RefusalCode, Refused
from shared.approval.core.state import Party, Seat, Task
from shared.approval.core.ways_back import ANYWHERE, INITIATOR, ways_back
from shared.approval.core.words import UNFINISHED, Placing, StageState, TaskKind, Verb
from shared.workdays import Workdays
from tests.unit.approval.arbitrary import NAMES, ages, definitions, posts
from tests.unit.approval.cases import ADA, CHAIN, Desk, party

VERBS = [*OFFERED, Verb.HAND_OVER_ALL]
#: These cases get far when most of what is done is to approve.
FORWARD = (Verb.APPROVE, Verb.RESOLVE, Verb.RESUBMIT)
#: What makes a case complicated and does not end it.
SHAPING = (
    *(Verb.RETURN, Verb.RESUBMIT, Verb.TAKE_BACK, Verb.CLAIM, Verb.UNCLAIM, Verb.TRANSFER, Verb.DELEGATE),
    *(Verb.RESOLVE, Verb.ADD_SIGN, Verb.REMOVE_SIGN, Verb.RESUME, Verb.SUSPEND, Verb.MIGRATE),
)
chances = st.integers(0, 99_999)
GIVING = (Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN, Verb.HAND_OVER_ALL)


class Machine(RuleBasedStateMachine):
    """Random people with random posts use random verbs on one case of a random definition."""

    @initialize(
        definition=definitions(),
        other=st.one_of(st.none(), st.none(), definitions(version=2)),
        held=posts,
        barred=st.sets(st.sampled_from(NAMES[1:]), max_size=1),
        first=st.integers(0, 2),
        age=ages,
        stands_in=st.booleans(),
    )
    def open(
        self,
        definition: Definition,
        other: Definition | None,
        held: list[tuple[str, Seat]],
        barred: set[str],
        first: int,
        age: int,
        stands_in: bool,
    ) -> None:
        self.stands_in = stands_in
        self.people = self._people(held)
        self.content = {"age": age}
        self.later = other or parse(dict(definition.body) | {"version": 2})
        self.desk = Desk(
            definition,
            people=tuple(self.people.values()),
            initiator=self.people["Ann"],
            barred=[self.people[name] for name in barred],
            chain=CHAIN[first:],
            content=self.content,
        )
        self.accepted = 1
        self.last: Verb | None = Verb.SUBMIT
        self.migrations = self.taken_back = 0
        self.fits = True

    @rule(verb=st.sampled_from(VERBS), name=st.sampled_from([*NAMES, "Ada"]), chance=st.integers(0, 99))
    def act(self, verb: Verb, name: str, chance: int) -> None:
        self._try(verb, self.people[name], chance, stale=chance % 10 == 0)

    @rule(chance=chances)
    def go_on(self, chance: int) -> None:
        """Do one of the things that somebody may do, so that cases get far."""
        possible = [(verb, who) for who in self.people.values() for verb in self.desk.allowed(who)]
        preferred = FORWARD if chance % 100 < 45 else SHAPING if chance % 100 < 92 else VERBS
        verbs = sorted({verb for verb, _ in possible if verb in preferred})
        if verbs:
            verb = verbs[chance // 100 % len(verbs)]
            able = [who for found, who in possible if found is verb]
            self._try(verb, able[chance // 7 % len(able)], chance, stale=False)

    @rule(chance=chances)
    def go_on_further(self, chance: int) -> None:
        """The same: twice as often."""
        self.go_on(chance)

    @rule(chance=chances)
    def go_on_yet_further(self, chance: int) -> None:
        """The same: thrice as often."""
        self.go_on(chance)

    @rule(held=posts, stands_in=st.booleans())
    def change_posts(self, held: list[tuple[str, Seat]], stands_in: bool) -> None:
        self.stands_in = stands_in
        self.people = self._people(held)
        self.desk.reseat(*self.people.values())
        self.last = None

    @rule(hours=st.integers(1, 200))
    def let_time_pass(self, hours: int) -> None:
        self.desk.wait(hours=hours)
        self.last = None

    @rule(is_loaded=st.booleans())
    def load_a_calendar(self, is_loaded: bool) -> None:
        self.desk.recount(Workdays(years=frozenset({2017, 2018}) if is_loaded else frozenset()))
        self.last = None

    @rule(chance=st.integers(0, 99))
    def end_a_case_that_is_waited_for(self, chance: int) -> None:
        case = self.desk.case
        waiting = [one for one in case.stages if one.state is StageState.OPEN and self.desk.bound.waits(one.node_key)]
        if waiting:
            self.desk.conclude(waiting[chance % len(waiting)].number, has_passed=chance % 10 > 0)
            self.last = None

    def _try(self, verb: Verb, who: Party, chance: int, *, stale: bool) -> None:
        """Try a verb with arguments that fit, when there are any: what is offered is carried out, and nothing else."""
        before, desk = self.desk.case, self.desk
        options = self._options(verb, who, chance)
        allowed = self._is_allowed(verb, who, options)
        rev = before.rev - 1 if stale else before.rev
        if verb is Verb.RESUBMIT and chance % 4 == 0:
            desk.definition = desk.bound
        refusal = self._attempt(verb, who, expected_rev=rev, **options)
        if refusal is not None:
            assert desk.case is before
            unfit = refusal.code in (RefusalCode.RECIPIENT_UNFIT, RefusalCode.CANNOT_MIGRATE)
            assert stale or not allowed or (unfit and not self.fits), (verb, refusal)
            return
        assert allowed, verb
        assert not stale
        self.last = verb
        if desk.case is before:
            assert verb is Verb.CLAIM
            return
        self.accepted += 1
        self.migrations += verb is Verb.MIGRATE
        self.taken_back += verb is Verb.TAKE_BACK
        assert desk.case.rev == before.rev + RULES[verb].moves

    def _attempt(self, verb: Verb, who: Party, **options: Any) -> Refusal | None:
        try:
            self.desk.do(verb, who, opinion="意见", **options)
        except Refused as refused:
            return refused.refusal
        return None

    def _is_allowed(self, verb: Verb, who: Party, options: dict[str, Any]) -> bool:
        if verb is Verb.HAND_OVER_ALL:
            return isinstance(permit(self.desk.question(verb, who, task=options["task"])), Permit)
        return verb in self.desk.allowed(who)

    def _options(self, verb: Verb, who: Party, chance: int) -> dict[str, Any]:
        self.fits = True
        if verb is Verb.MIGRATE:
            self.fits = False
            return {"definition": self.later, "content": self.content}
        if verb is Verb.RESUBMIT:
            if chance % 3 == 0:
                self.content = {"age": chance % 10}
            return {"content": self.content}
        if verb is Verb.CC:
            to = tuple(one for one in self.people.values() if one.posts)[: 1 + chance % 3]
            self.fits = bool(to)
            return {"to": to}
        task = chance % (len(self.desk.case.tasks) + 1) if verb is Verb.HAND_OVER_ALL else None
        verdict = permit(self.desk.question(verb, who, node=ANYWHERE, task=task))
        found = verdict.task if isinstance(verdict, Permit) else None
        options: dict[str, Any] = {"task": task} if task is not None else {}
        if verb is Verb.RETURN and found is not None:
            ways = ways_back(self.desk.case, self.desk.bound, self.desk.case.stage(found.stage))
            way = ways[chance % len(ways)]
            options["node"] = None if way == INITIATOR else way
        if verb in GIVING or verb is Verb.CONSULT:
            options["to"] = self._recipients(verb, who, found, chance)
        if verb is Verb.ADD_SIGN:
            options["placing"] = list(Placing)[chance % 3]
        return options

    def _recipients(self, verb: Verb, who: Party, task: Task | None, chance: int) -> tuple[Party, ...]:
        """Answer somebody whom the task can be given to, by the rules and not by the engine's words; else anybody."""
        everybody = [one for one in self.people.values() if one.account_id != who.account_id]
        fit = [one for one in everybody if task is not None and self._fits(verb, one, task)]
        self.fits, chosen = bool(fit), fit or everybody
        return (chosen[chance % len(chosen)],)

    def _fits(self, verb: Verb, one: Party, task: Task) -> bool:
        case, desk = self.desk.case, self.desk
        if verb is Verb.CONSULT:
            chain = {link.region for link in desk.chain}
            return one.account_id != case.initiator.account_id and any(seat.region in chain for seat in one.posts)
        stage = case.stage(task.stage)
        asked = {
            other.assignee
            for other in case.tasks_of(stage)
            if other.state in UNFINISHED and other.kind not in (TaskKind.CC, TaskKind.CONSULT)
        }
        is_official = any(seat.region == task.region and seat.role != ADMINISTRATOR for seat in one.posts)
        return is_official and one.account_id not in asked | excluded(case, desk.bound, stage)

    def _people(self, held: list[tuple[str, Seat]]) -> dict[str, Party]:
        people = {name: party(name, *dict.fromkeys(seat for who, seat in held if who == name)) for name in NAMES}
        if self.stands_in:
            eve = people["Eve"]
            people["Eve"] = Party(eve.account_id, eve.name, eve.posts, stands_for=(people["Cai"],))
        return people | {"Ada": ADA}
