"""What a case is made of, as plain frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from shared.approval.core.voting import Threshold
from shared.approval.core.words import (
    UNFINISHED,
    CaseState,
    Mode,
    StageState,
    TaskKind,
    TaskState,
    TimerKind,
    Token,
    Verb,
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A role in a region: what a post is to the engine."""

    role: str
    region: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone named in a case: the account, and the name they had then."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Party:
    """Someone who acts on a case, with the seats they hold at that moment and those they stand in for (代)."""

    account_id: str
    name: str
    posts: tuple[Seat, ...] = ()
    stands_for: tuple[Party, ...] = ()

    @classmethod
    def system(cls, service: str) -> Party:
        """Answer the party of a service that opens cases by itself, such as `awards` for a star that fell due."""
        return cls(account_id=f"system:{service}", name="系统")

    @property
    def person(self) -> Person:
        """Answer who this is, without what they hold."""
        return Person(self.account_id, self.name)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with one field: the reason a returned case carries back."""

    pointer: str  # a JSON pointer into the round's content, such as /lines/0/hours
    reason: str


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """The one version of a definition that a round is bound to."""

    key: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TrailHead:
    """The end of a case's trail: the number of its last entry and that entry's hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class LastMove:
    """The latest verb that moved a case: who a later, refused verb lost to."""

    verb: Verb
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stop of a round: one region decides it, once.

    It opens when every stage in `after` has passed. A node that the round comes back to has a new visit, which is a
    new stage; the earlier visit stays as it was.
    """

    number: int
    round: int
    last_round: int  # in which its decision counts: its own, or a later one that took it over
    visit: int
    node_key: str
    region: str
    mode: Mode
    state: StageState
    after: tuple[int, ...] = ()
    veto: bool | None = None  # stated for 会签 and 票签
    threshold: Threshold | None = None  # of a 票签
    clock_from: datetime | None = None  # from when its time is counted: its opening, later when it stood still
    due_at: datetime | None = None
    due_is_provisional: bool = False  # counted past the last day whose workdays are known
    reminded: int = 0  # how many of its reminders have come


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one post (`role` in `region`, any holder), one person (`assignee`) or a person in a post is asked to do."""

    number: int
    stage: int
    region: str
    opened_at: datetime
    kind: TaskKind = TaskKind.APPROVE
    parent: int | None = None  # the task that a signer, a delegate or a consulted person was added to
    role: str | None = None
    assignee: str | None = None
    assignee_name: str = ""  # as they were called when the task became theirs
    position: int = 0  # which of the node's approvers is asked
    state: TaskState = TaskState.OPEN
    ended_by: Person | None = None
    on_behalf_of: Person | None = None  # whom the one who ended it stood in for
    ended_at: datetime | None = None
    reason: str = ""  # why it was cancelled

    def addresses(self, party: Party) -> bool:
        """Tell whether the task was given to this party, whatever has become of it since."""
        if self.assignee is not None and self.assignee != party.account_id:
            return False
        return self.role is None or Seat(self.role, self.region) in party.posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment at which a stage that is still undecided is to be spoken of again."""

    stage: int
    kind: TimerKind
    fire_at: datetime
    number: int = 1  # of the reminders of a stage, which one


@dataclass(frozen=True, slots=True)
class Parent:
    """The stage of another case that waits for this one."""

    case_id: str
    stage: int


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request on its way, with all its rounds. A value: a move returns another one."""

    id: str
    origin: str  # the node whose chain of the trail this is
    business_type: str
    business_id: str
    title: str
    home_region: str
    organisation_id: str | None
    initiator: Person
    barred: frozenset[str]
    definition: DefinitionRef
    state: CaseState
    round: int
    rev: int
    opened_at: datetime
    last: LastMove
    trail: TrailHead
    closed_at: datetime | None = None
    suspended_at: datetime | None = None
    reminded_at: datetime | None = None  # when the initiator last asked for haste
    parent: Parent | None = None
    token: Token = Token.HERE
    handover: int = 0  # how often its home has handed it to another node
    stages: tuple[Stage, ...] = ()
    tasks: tuple[Task, ...] = ()

    def stage(self, number: int) -> Stage:
        """Answer the stage of that number; numbers count from 1 over all rounds."""
        return self.stages[number - 1]

    def task(self, number: int) -> Task:
        """Answer the task of that number; numbers count from 1 over all rounds."""
        return self.tasks[number - 1]

    # A command asks for these dozens of times, and a case is a value: what was found once stays true of it.

    @cached_property
    def current_stages(self) -> tuple[Stage, ...]:
        """Answer the stages of the round that runs, or of the last one, earlier visits included."""
        return tuple(stage for stage in self.stages if stage.round == self.round)

    @cached_property
    def live_stages(self) -> tuple[Stage, ...]:
        """Answer the current round's stages without the visits that later ones have taken the place of."""
        return self.live_stages_of(self.round)

    def live_stages_of(self, number: int) -> tuple[Stage, ...]:
        """Answer a round's stages without the visits that later ones have taken the place of."""
        stages = [stage for stage in self.stages if stage.round == number]
        latest = {stage.node_key: stage.number for stage in stages}
        return tuple(stage for stage in stages if latest[stage.node_key] == stage.number)

    @cached_property
    def active_stages(self) -> tuple[Stage, ...]:
        """Answer the stages that are being decided, open or held; several in a fork."""
        active = (StageState.OPEN, StageState.HELD)
        return tuple(stage for stage in self.current_stages if stage.state in active)

    @property
    def token_region(self) -> str:
        """Answer the region that may move the case now: the active stages', else the home region."""
        active = self.active_stages
        return active[0].region if active else self.home_region

    def tasks_of(self, stage: Stage) -> tuple[Task, ...]:
        """Answer the tasks that were ever given in a stage, oldest first."""
        return self._tasks_by_stage.get(stage.number, ())

    @cached_property
    def _tasks_by_stage(self) -> dict[int, tuple[Task, ...]]:
        found: dict[int, tuple[Task, ...]] = {}
        for task in self.tasks:
            found[task.stage] = (*found.get(task.stage, ()), task)
        return found

    def unfinished(self, stage: Stage) -> Iterator[Task]:
        """Answer what a stage still waits for, oldest first; copies to be read are not waited for."""
        return (task for task in self.tasks_of(stage) if task.state in UNFINISHED and task.kind is not TaskKind.CC)
