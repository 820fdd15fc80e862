"""Who must not decide: the four-eyes rules, and who has spoken already.

Nobody decides their own case, nor one they are barred from (the head of the organisation that submits), and one
person decides at most one stage of a round.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.approval.core.definition import Definition
from shared.approval.core.state import Case, LastMove, Stage, Task
from shared.approval.core.words import DECIDED, VOICES, Duplicates, TaskState, Verb

#: The role whose holders, in the home region or above it, stop, resume, end and migrate cases; they decide none.
ADMINISTRATOR = "system_admin"
#: The verbs that decide a task, and what becomes of the task.
DECIDES: Mapping[Verb, TaskState] = {
    Verb.APPROVE: TaskState.PASSED,
    Verb.REJECT: TaskState.REJECTED,
    Verb.RETURN: TaskState.RETURNED,
}
_VERB_OF = {state: verb for verb, state in DECIDES.items()}


def deciders(case: Case, definition: Definition, stage: Stage) -> frozenset[str]:
    """Answer the accounts that have spoken elsewhere in this round and so may not decide this stage too.

    Who decided an earlier visit of the same node may decide it again; where the definition allows one person several
    nodes of a region, only what they decided in other regions counts.
    """
    return frozenset(
        person.account_id
        for other in (*carried_over(case), *case.current_stages)
        if _bars(definition, other, stage)
        for task in case.tasks_of(other)
        if task.state in DECIDED and task.kind in VOICES
        for person in (task.ended_by, task.on_behalf_of)
        if person is not None
    )


def carried_over(case: Case) -> tuple[Stage, ...]:
    """Answer the stages of earlier rounds whose passing this round has taken over, because it began after them."""
    return tuple(stage for stage in case.stages if stage.round < case.round <= stage.last_round)


def _bars(definition: Definition, other: Stage, stage: Stage) -> bool:
    if other.number == stage.number:
        return True
    if (other.node_key, other.region) == (stage.node_key, stage.region):
        return False
    return definition.duplicates is Duplicates.FORBID or other.region != stage.region


def excluded(case: Case, definition: Definition, stage: Stage) -> frozenset[str]:
    """Answer every account that must not decide a stage: the initiator, the barred, this round's other deciders."""
    return frozenset({case.initiator.account_id}) | case.barred | deciders(case, definition, stage)


def decision_of(task: Task) -> LastMove | None:
    """Answer who decided a task, how and when; nothing for a task that was not decided."""
    is_decided = task.state in DECIDED and task.kind in VOICES
    if not is_decided or task.ended_by is None or task.ended_at is None:
        return None
    return LastMove(_VERB_OF[task.state], task.ended_by, task.ended_at)
