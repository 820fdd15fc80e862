"""The verbs that give a task to somebody else or add somebody: claim, transfer, delegate, signers, hand-over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.approval.core.asking import ask
from shared.approval.core.command import SIGNER_REMOVED, Command
from shared.approval.core.demands import need_words, task_of
from shared.approval.core.exclusion import ADMINISTRATOR, excluded
from shared.approval.core.moving import Moving
from shared.approval.core.refusal import Permit, RefusalCode, Refused
from shared.approval.core.signing import fall_back
from shared.approval.core.state import Party, Person, Seat, Task
from shared.approval.core.words import Placing, TaskKind, TaskState

_SIGNS: Mapping[Placing, TaskKind] = {
    Placing.BEFORE: TaskKind.SIGN_BEFORE,
    Placing.AFTER: TaskKind.SIGN_AFTER,
    Placing.PARALLEL: TaskKind.SIGN_PARALLEL,
}


def claim(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `claim`: a post's task becomes one holder's. Who has it already keeps it, and nothing is written."""
    task = task_of(permit)
    if task.state is TaskState.CLAIMED:
        return
    moving.note_verb(command, task)
    holder = permit.on_behalf_of or command.actor.person
    moving.change_task(_named(replace(task, state=TaskState.CLAIMED), holder))


def unclaim(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `unclaim`: the task is the post's again."""
    task = task_of(permit)
    moving.note_verb(command, task)
    moving.opened.append(moving.change_task(replace(task, state=TaskState.OPEN, assignee=None, assignee_name="")))


def transfer(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `transfer` (转办): the task is somebody else's for good."""
    task = task_of(permit)
    party, seat = receiver(moving, command, task)
    moving.note_verb(command, task, to=party.account_id)
    _hand_on(moving, command, permit, task, party, seat)


def delegate(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `delegate` (委派): somebody else gives an opinion, then the task comes back.

    A delegate who delegates further is out of it: the answer goes to the one who asked first.
    """
    task = task_of(permit)
    party, seat = receiver(moving, command, task)
    moving.note_verb(command, task, to=party.account_id)
    if task.kind is TaskKind.DELEGATE:
        _hand_on(moving, command, permit, task, party, seat)
        return
    asking = _named(replace(task, state=TaskState.DELEGATED), permit.on_behalf_of or command.actor.person)
    moving.change_task(asking)
    moving.add_task(_for(replace(task, kind=TaskKind.DELEGATE, parent=task.number), party, seat))


def resolve(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `resolve`: the delegate's opinion is given, and the task is the delegator's again."""
    need_words(command)
    task = task_of(permit)
    moving.note_verb(command, task)
    moving.end_task(task, TaskState.PASSED, command.actor.person, on_behalf_of=permit.on_behalf_of)
    fall_back(moving, task)
    ask(moving, moving.case.stage(task.stage))


def add_sign(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `add_sign` (加签): somebody else signs too, before, after or beside the one who adds them."""
    task = task_of(permit)
    party, seat = receiver(moving, command, task)
    placing = command.placing or Placing.PARALLEL
    moving.note_verb(command, task, to=party.account_id, placing=placing.value)
    if placing is Placing.BEFORE:
        waiting = replace(task, state=TaskState.WAITING)
        moving.change_task(_named(waiting, permit.on_behalf_of or command.actor.person))
    state = TaskState.WAITING if placing is Placing.AFTER else TaskState.OPEN
    moving.add_task(_for(replace(task, kind=_SIGNS[placing], parent=task.number, state=state), party, seat))


def remove_sign(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `remove_sign` (减签): an added signer who has not spoken is taken off again."""
    signer = task_of(permit)
    moving.note_verb(command, signer)
    moving.cancel_task(signer, SIGNER_REMOVED, command.actor.person)
    fall_back(moving, signer)
    ask(moving, moving.case.stage(signer.stage))


def hand_over(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out one part of `hand_over_all` (离职转办): a task that is one person's by name becomes another's."""
    task = task_of(permit)
    party, seat = receiver(moving, command, task)
    moving.note_verb(command, task, to=party.account_id)
    if task.state in (TaskState.OPEN, TaskState.CLAIMED):
        _hand_on(moving, command, permit, task, party, seat)
    else:
        # It waits for a signer or a delegate, and comes back to the one who has taken over.
        moving.change_task(replace(_named(task, party.person), role=seat.role, region=seat.region))


def receiver(moving: Moving, command: Command, task: Task) -> tuple[Party, Seat]:
    """Answer who gets a task and by which post of theirs: an official of the task's region who may decide the stage.

    :raises Refused: `recipient_unfit`.
    """
    if len(command.to) != 1:
        raise Refused.because(RefusalCode.RECIPIENT_UNFIT)
    (party,) = command.to
    # Administrators look after cases and decide none, whoever would give them a task.
    seats = [seat for seat in party.posts if seat.region == task.region and seat.role != ADMINISTRATOR]
    out = excluded(moving.case, moving.definition, moving.case.stage(task.stage))
    others = (one for one in moving.case.unfinished(moving.case.stage(task.stage)) if one.kind is not TaskKind.CONSULT)
    is_asked = any(one.assignee == party.account_id for one in others)
    is_self = party.account_id in (command.actor.account_id, task.assignee)
    if not seats or is_self or is_asked or party.account_id in out:
        raise Refused.because(RefusalCode.RECIPIENT_UNFIT)
    return party, min(seats, key=lambda seat: (seat.role != task.role, seat.role))


def _hand_on(moving: Moving, command: Command, permit: Permit, task: Task, party: Party, seat: Seat) -> None:
    moving.end_task(task, TaskState.TRANSFERRED, command.actor.person, on_behalf_of=permit.on_behalf_of)
    moving.add_task(_for(task, party, seat))


def _for(task: Task, party: Party, seat: Seat) -> Task:
    """Answer a task like this one, unfinished, for somebody in a post of theirs."""
    state = TaskState.WAITING if task.state is TaskState.WAITING else TaskState.OPEN
    mine = replace(task, state=state, role=seat.role, region=seat.region, ended_by=None, ended_at=None)
    return _named(mine, party.person)


def _named(task: Task, person: Person) -> Task:
    return replace(task, assignee=person.account_id, assignee_name=person.name)
