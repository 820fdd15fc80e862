"""Who waits for whom inside one stage: delegated tasks for their delegates, signers before and after for each other."""

from __future__ import annotations

from shared.approval.core.moving import Moving
from shared.approval.core.state import Stage, Task
from shared.approval.core.words import UNFINISHED, TaskKind, TaskState


def fall_back(moving: Moving, ended: Task) -> None:
    """Ask again for what waited for a task that is over: a delegated task, or the one that signers came before."""
    if ended.parent is None:
        return
    parent = moving.case.task(ended.parent)
    if ended.kind is TaskKind.DELEGATE and parent.state is TaskState.DELEGATED:
        moving.reopen_task(parent)
    if ended.kind is TaskKind.SIGN_BEFORE and parent.state is TaskState.WAITING:
        tasks = moving.case.tasks_of(moving.case.stage(ended.stage))
        signers = [task for task in tasks if task.kind is TaskKind.SIGN_BEFORE and task.parent == parent.number]
        is_last = not any(task.state in UNFINISHED for task in signers)
        if is_last and not (parent.kind is TaskKind.SIGN_AFTER and comes_after(moving, parent)):
            moving.reopen_task(parent)


def comes_after(moving: Moving, signer: Task) -> bool:
    """Tell whether a signer who signs after somebody (后加签) still waits for them, or for who has taken over.

    They may also wait for signers of their own, before them.
    """
    assert signer.parent is not None
    adder = moving.case.task(signer.parent)
    return any(
        (task.kind, task.position, task.parent) == (adder.kind, adder.position, adder.parent)
        or (task.kind is TaskKind.SIGN_BEFORE and task.parent == signer.number)
        for task in moving.case.unfinished(moving.case.stage(signer.stage))
    )


def wake_signers(moving: Moving, stage: Stage) -> bool:
    """Ask the signers whose turn it is because those who added them are done; answers whether there are any."""
    woken = [
        moving.reopen_task(task)
        for task in tuple(moving.case.unfinished(stage))
        if task.kind is TaskKind.SIGN_AFTER and task.state is TaskState.WAITING and not comes_after(moving, task)
    ]
    return bool(woken)
