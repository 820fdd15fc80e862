"""What a verb demands before it is carried out: a task that it is about, words, a reference to a signature."""

from __future__ import annotations

from shared.approval.core.command import Command
from shared.approval.core.definition import Node
from shared.approval.core.refusal import Permit, RefusalCode, Refused
from shared.approval.core.state import Task


def task_of(permit: Permit) -> Task:
    """Answer the task of a verb that is about one: its rule has found it."""
    assert permit.task is not None
    return permit.task


def need_words(command: Command) -> None:
    """Refuse a command that says nothing.

    :raises Refused: `opinion_required`.
    """
    if not command.opinion.strip():
        raise Refused.because(RefusalCode.OPINION_REQUIRED)


def need_what_a_node_demands(command: Command, node: Node) -> None:
    """Refuse a decision that lacks the opinion, or the reference to a signature, which its node asks for.

    :raises Refused: `opinion_required` or `signature_required`.
    """
    if command.verb in node.opinion:
        need_words(command)
    if command.verb in node.signature and not command.signature.strip():
        raise Refused.because(RefusalCode.SIGNATURE_REQUIRED)
