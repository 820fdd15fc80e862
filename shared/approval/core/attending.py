"""The verbs that move nothing: copies and reading them, reminders, comments, questions, and permitted amendments."""

from __future__ import annotations

from dataclasses import replace

from shared.approval.core.command import Command, Reminder
from shared.approval.core.demands import need_words, task_of
from shared.approval.core.moving import Moving
from shared.approval.core.pointers import matches
from shared.approval.core.refusal import Permit, Refusal, RefusalCode, Refused
from shared.approval.core.state import Task
from shared.approval.core.words import ACTIONABLE, TaskKind, TaskState


def send_copies(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `cc` (抄送): officials get to see the case, once each, and are asked for nothing."""
    have = {task.assignee for task in moving.case.tasks if task.kind is TaskKind.CC}
    stages = moving.case.current_stages
    if not command.to or not stages or any(not party.posts for party in command.to):
        raise Refused.because(RefusalCode.RECIPIENT_UNFIT)
    moving.note_verb(command, to=sorted(party.account_id for party in command.to))
    for party in command.to:
        if party.account_id not in have:
            have.add(party.account_id)
            moving.add_task(
                Task(
                    number=0,
                    stage=stages[-1].number,
                    region=party.posts[0].region,
                    opened_at=moving.at,
                    kind=TaskKind.CC,
                    assignee=party.account_id,
                    assignee_name=party.name,
                )
            )


def mark_read(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `mark_read` (已阅): a copy was read."""
    task = task_of(permit)
    moving.note_verb(command, task)
    moving.end_task(task, TaskState.READ, command.actor.person)


def remind(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `remind` (催办): whoever has to decide is told that somebody waits."""
    moving.note_verb(command)
    moving.case = replace(moving.case, reminded_at=moving.at)
    for stage in moving.case.active_stages:
        asked = (task for task in moving.case.unfinished(stage) if task.state in ACTIONABLE)
        moving.reminders.extend(Reminder(task, command.actor.person) for task in asked)


def comment(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `comment` (沟通): something is said, and the flow stays where it is."""
    need_words(command)
    moving.note_verb(command)


def consult(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `consult` (征询): somebody is asked for their view; one's own task stays one's own."""
    need_words(command)
    task = task_of(permit)
    regions = {link.region for link in moving.world.chain}
    if len(command.to) != 1:
        raise Refused.because(RefusalCode.RECIPIENT_UNFIT)
    (party,) = command.to
    seat = next((seat for seat in party.posts if seat.region in regions), None)
    if seat is None or party.account_id in (command.actor.account_id, moving.case.initiator.account_id):
        raise Refused.because(RefusalCode.RECIPIENT_UNFIT)
    moving.note_verb(command, task, to=party.account_id)
    moving.add_task(
        Task(
            number=0,
            stage=task.stage,
            region=seat.region,
            opened_at=moving.at,
            kind=TaskKind.CONSULT,
            parent=task.number,
            role=seat.role,
            assignee=party.account_id,
            assignee_name=party.name,
            position=task.position,
        )
    )


def answer(moving: Moving, command: Command, permit: Permit) -> None:
    """Carry out `answer`: the view that was asked for."""
    need_words(command)
    task = task_of(permit)
    moving.note_verb(command, task)
    moving.end_task(task, TaskState.PASSED, command.actor.person, on_behalf_of=permit.on_behalf_of)


def amend(moving: Moving, command: Command, _permit: Permit) -> None:
    """Carry out `amend`: fields of a record under approval are changed, if the nodes that decide now let them be.

    Each remark names a field and says what became of it; the audit reads it in the trail.
    """
    writable = [
        pattern
        for stage in moving.case.active_stages
        if (node := moving.definition.find(stage.node_key)) is not None
        for pattern in node.fields.write
    ]
    named = tuple(one.pointer for one in command.remarks)
    frozen = tuple(pointer for pointer in named if not any(matches(pattern, pointer) for pattern in writable))
    if frozen or not named:
        raise Refused(Refusal(RefusalCode.FIELD_FROZEN, pointers=frozen))
    moving.note_verb(command, fields=[one.pointer for one in command.remarks])
