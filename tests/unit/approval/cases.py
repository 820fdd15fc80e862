"""Small definitions, people and cases to decide on, and the verbs as one-line calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.approval.core import engine
from shared.approval.core.command import Command, Move, Seats, World
from shared.approval.core.definition import Definition
from shared.approval.core.finding import Question
from shared.approval.core.guard import allowed_actions
from shared.approval.core.parsing import parse
from shared.approval.core.refusal import Refusal, Refused
from shared.approval.core.route import Link
from shared.approval.core.state import Case, Party, Remark, Seat, Timer
from shared.approval.core.words import CaseState, StageState, Tier, TimerKind, Verb
from shared.workdays import Workdays

NOON = datetime(2017, 9, 1, 4, 0, tzinfo=UTC)
CHAIN = (Link("130123", Tier.COUNTY), Link("130100", Tier.CITY), Link("130000", Tier.PROVINCE))
COUNTY, CITY, PROVINCE = (Seat("approver", link.region) for link in CHAIN)
_ids = count(1)


def party(name: str, *posts: Seat) -> Party:
    return Party(account_id=name.lower(), name=name, posts=posts)


ANN = party("Ann")  # submits
BEN, BAO = party("Ben", COUNTY), party("Bao", COUNTY)
CAI = party("Cai", CITY)
DAI = party("Dai", PROVINCE)
ADA = party("Ada", Seat("system_admin", "130100"))
EVERYBODY = (ANN, BEN, BAO, CAI, DAI)


def holders(*parties: Party) -> Seats:
    seats: dict[Seat, set[str]] = {}
    for one in parties:
        for seat in one.posts:
            seats.setdefault(seat, set()).add(one.account_id)
    return {seat: frozenset(accounts) for seat, accounts in seats.items()}


def body(*route: Mapping[str, Any], key: str = "report", version: int = 1, max_rounds: int = 5) -> dict[str, Any]:
    title = {"zh": "报告", "en": "Report"}
    return {"key": key, "version": version, "title": title, "max_rounds": max_rounds, "route": list(route)}


def node(
    tier: str, *approvers: str, key: str = "", mode: str = "any", opinion: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """A node; an approver is an account, or a role when it is a role's word; `more` is what else it says."""
    roles = {"approver", "clerk"}
    return more | {
        "node": key or tier,
        "title": {"zh": key or tier, "en": key or tier},
        "tier": tier,
        "mode": mode,
        "approvers": [{"role": one} if one in roles else {"account": one} for one in approvers or ("approver",)],
        "opinion": list(opinion),
    }


def route(*items: Mapping[str, Any], **more: Any) -> Definition:
    """A definition of these nodes and forks, parsed; `more` is what else its body says."""
    return parse(body(*items) | more)


THREE_TIERS = route(node("county"), node("city"), node("province"))
REVOCABLE = route(node("county"), node("city"), node("province"), revocation={"days": 30, "definition": "revocation"})


def older(than: int) -> dict[str, Any]:
    """The condition that somebody is older than that."""
    return {"field": "/age", "is": ">", "value": than}


def one(key: str, who: str, **more: Any) -> dict[str, Any]:
    """A node of the county that one account decides."""
    return node("county", who, key=key, **more)


def fork(kind: str, *branches: dict[str, Any]) -> dict[str, Any]:
    return {"fork": kind, "branches": list(branches)}


def branch(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"route": list(items), **more}


class Desk:
    """One case and the people around it, moved verb by verb."""

    def __init__(
        self,
        definition: Definition = THREE_TIERS,
        *,
        people: Sequence[Party] = EVERYBODY,
        initiator: Party = ANN,
        barred: Sequence[Party] = (),
        chain: Sequence[Link] = CHAIN,
        content: Mapping[str, Any] | None = None,
        workdays: Workdays = Workdays(),
    ) -> None:
        self.definition = self.bound = definition  # the published version, and the one that the round is bound to
        self.chain = chain
        self.seats = holders(*people)
        self.at = NOON
        self.workdays = workdays
        self.moves: list[Move] = []
        self.timers: dict[tuple[int, TimerKind, int], Timer] = {}  # as they are kept between the moves
        opening = engine.Opening(
            id=f"case-{next(_ids)}",
            origin="hebei",
            business_type="report",
            business_id="r1",
            title="9月活动报告",
            home_region=chain[0].region,
            organisation_id="org1",
            barred=frozenset(one.account_id for one in barred),
        )
        command = self._command(Verb.SUBMIT, initiator, content=content or {"hours": 125})
        self.case: Case = self._keep(engine.open_case(opening, command, definition=definition, world=self.world))

    @property
    def world(self) -> World:
        """Answer what the core is told of the world now."""
        return World(at=self.at, seats=self.seats, chain=self.chain, workdays=self.workdays)

    def do(self, verb: Verb, who: Party, *, opinion: str = "", **options: Any) -> Case:
        """Carry out a verb, or raise `Refused`."""
        self.at += timedelta(minutes=1)
        command = self._command(verb, who, opinion=opinion, **options)
        if verb is Verb.RESUBMIT:
            move: Move | None = engine.resubmit(
                self.case, command, bound=self.bound, active=self.definition, world=self.world
            )
            self.bound = self.definition
        else:
            move = engine.decide(self.case, command, definition=self.bound, world=self.world)
            if verb is Verb.MIGRATE:
                self.bound = command.definition or self.bound
        return self._keep(move) if move is not None else self.case

    def refused(self, verb: Verb, who: Party, **options: Any) -> Refusal:
        """Answer why a verb is refused, and see to it that nothing has changed."""
        before = self.case
        try:
            self.do(verb, who, **options)
        except Refused as error:
            assert self.case is before
            return error.refusal
        raise AssertionError(f"{verb} of {who.name} was not refused")

    def reseat(self, *people: Party) -> Move | None:
        """Let the posts be held by these people from now on."""
        self.seats = holders(*people)
        move = engine.reseat(self.case, definition=self.bound, world=self.world)
        if move is not None:
            self._keep(move)
        return move

    def wait(self, *, hours: int = 0, days: int = 0) -> list[Timer]:
        """Let time go by, and every timer fire at its moment; answers those that fired, in order."""
        until, fired = self.at + timedelta(hours=hours, days=days), []
        while self.case.state is not CaseState.SUSPENDED and self.timers:
            key, timer = min(self.timers.items(), key=lambda item: item[1].fire_at)
            if timer.fire_at > until:
                break
            del self.timers[key]
            self.at = max(self.at, timer.fire_at)
            move = engine.fire(self.case, timer, definition=self.bound, world=self.world)
            if move is not None:
                self._keep(move)
                fired.append(timer)
        self.at = until
        return fired

    def conclude(self, stage: int, *, has_passed: bool) -> Move | None:
        """Let the case that a stage waits for be over."""
        move = engine.conclude(self.case, stage, has_passed=has_passed, definition=self.bound, world=self.world)
        if move is not None:
            self._keep(move)
        return move

    def recount(self, workdays: Workdays) -> Move | None:
        """Let a year of the calendar be loaded."""
        self.workdays = workdays
        move = engine.recount(self.case, definition=self.bound, world=self.world)
        if move is not None:
            self._keep(move)
        return move

    def allowed(self, who: Party) -> tuple[Verb, ...]:
        """Answer the buttons that somebody sees."""
        return allowed_actions(self.question(Verb.SUBMIT, who))

    def question(self, verb: Verb, who: Party, *, case: Case | None = None, **options: Any) -> Question:
        """Ask the guard."""
        return Question(
            case=case or self.case, definition=self.bound, verb=verb, party=who, world=self.world, **options
        )

    def states(self) -> list[str]:
        """Answer the round's stages as `region state`."""
        return [f"{stage.region} {stage.state}" for stage in self.case.current_stages]

    def tasks(self) -> list[str]:
        """Answer the tasks of all rounds as `whom state`."""
        return [f"{task.assignee or task.role} {task.state}" for task in self.case.tasks]

    def _command(self, verb: Verb, who: Party, *, remarks: Sequence[Remark] = (), **options: Any) -> Command:
        number = next(_ids)
        return Command(
            id=f"command-{number}", verb=verb, actor=who, salt=f"salt-{number}", remarks=tuple(remarks), **options
        )

    def _keep(self, move: Move) -> Case:
        self.moves.append(move)
        self.case = move.case
        active = {stage.number for stage in move.case.active_stages}
        self.timers |= {(timer.stage, timer.kind, timer.number): timer for timer in move.timers}
        self.timers = {key: timer for key, timer in self.timers.items() if timer.stage in active}
        return move.case


def without(one: Party, *posts: Seat) -> Party:
    """Answer the same person without some of their posts."""
    return replace(one, posts=tuple(post for post in one.posts if post not in posts))


def keys(desk: Desk, state: StageState) -> list[str]:
    return sorted(stage.node_key for stage in desk.case.live_stages if stage.state is state)
