"""Whether what another node tells of a case is whole and can be taken at its word, and what it comes to here."""

from __future__ import annotations

from typing import Any

from shared.approval import catalogue
from shared.approval.across.parts import Telling, decisions_in, entries_in, snapshots_in, told
from shared.approval.core import trail
from shared.approval.core.command import Command
from shared.approval.core.definition import Definition
from shared.approval.core.mistakes import DefinitionError
from shared.approval.core.parsing import parse
from shared.approval.core.state import Party, TrailHead
from shared.approval.core.trail import Decision
from shared.approval.core.two_nodes import Told
from shared.approval.core.words import Verb
from shared.contracts.handovers import CaseAnswered, CaseFollowed, CaseHandedOver, CaseWithdrawn
from shared.storage import UnitOfWork


class CannotTake(Exception):
    """A case that was handed over cannot be taken: its home is told why, and holds it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def understood(event: CaseHandedOver) -> Told:
    """Answer the case that is handed over.

    :raises CannotTake: `unknown_word`, when the other node runs a newer engine.
    """
    try:
        return told(event)
    except ValueError as error:
        raise CannotTake("unknown_word", str(error)) from error


def definition_of(uow: UnitOfWork, event: CaseHandedOver | CaseFollowed) -> Definition:
    """Answer exactly the version that the case is bound to; what is published here under its name is never taken.

    :raises CannotTake: `definition_unreadable`, `definition_differs`.
    """
    named = event.case.definition
    try:
        definition = parse(dict(named.body or {}))
    except DefinitionError as error:
        raise CannotTake("definition_unreadable", str(error)) from error
    if (definition.key, definition.version, definition.sha256) != (named.key, named.version, named.sha256):
        raise CannotTake("definition_differs", "the text that came is not of the version that it names")
    if not catalogue.know(uow.session, definition, node=event.case.origin, at=uow.now):
        reason = f"{named.key} 第{named.version}版在此节点内容不同 / version {named.version} is another text here"
        raise CannotTake("definition_differs", reason)
    return definition


def check_trail(event: Telling) -> None:
    """Make sure that the chain and the contents that were told are whole.

    :raises CannotTake: `trail_broken`.
    """
    part = event.case
    entries = [one for one in entries_in(event.case_id, part) if one.place.origin == part.origin]
    decisions = [one for one in decisions_in(event.case_id, part) if one.place.origin == part.origin]
    contents = {one.round: (one.salt, one.content) for one in snapshots_in(part)}
    problems = [
        *trail.verify(entries, decisions, TrailHead(part.seq, part.hash)),
        *trail.verify_contents(entries, contents),
    ]
    if problems:
        raise CannotTake("trail_broken", "; ".join(problems)[:500])


def command_of(event: CaseAnswered | CaseWithdrawn) -> Command | None:
    """Answer the verb that ended the other node's part as the command it was there, for those who are told of it."""
    verb = Verb(event.case.last_verb)
    found = [one for one in decisions_in(event.case_id, event.case) if one.verb is verb]
    if isinstance(event, CaseWithdrawn) or not found:
        return None
    last: Decision = max(found, key=lambda one: one.seq)
    said: Any = last.said
    return Command(
        id=last.command_id,
        verb=verb,
        actor=Party(last.actor, said.name if said else event.case.last_person.name),
        salt=last.salt or "",
        opinion=said.opinion if said else "",
        signature=said.signature if said else "",
        remarks=said.remarks if said else (),
    )
