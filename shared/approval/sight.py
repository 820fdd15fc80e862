"""How much of a case's content somebody sees who may see the case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.approval.core.definition import Definition
from shared.approval.core.pointers import matches
from shared.approval.core.state import Case, Party, Remark, Task
from shared.approval.core.words import ACTIONABLE, TaskKind
from shared.clock import business_date
from shared.identity import Principal, scope_of
from shared.regions import Regions

#: Hides every field.
EVERYTHING = ("/*",)


def hidden_from(
    principal: Principal, reader: Party, case: Case, definition: Definition, regions: Regions, *, at: datetime
) -> tuple[str, ...]:
    """Answer the fields of a case that are hidden from its reader, as patterns of JSON pointers.

    The initiator and the administrators of the organisation see all of it. Whom a node asks now sees what that node
    shows, whatever else they hold, and with several nodes nothing that one of them hides. The officials of the region,
    of a stage's, and of those above see all, as they see the record itself. Who was only asked by name sees what those
    nodes show. Nobody else gets here but a system administrator, who moves cases and reads none.

    The record in the service that owns it is shown by that service's own rights.
    """
    if reader.account_id == case.initiator.account_id or case.organisation_id in principal.organisations:
        return ()
    asked = list(_asked_now(case, reader))
    theirs = {case.home_region, *(stage.region for stage in case.stages)}
    if not asked and not theirs.isdisjoint(scope_of(principal, regions, on=business_date(at))):
        return ()
    asked = asked or [task for task in case.tasks if task.assignee == reader.account_id]
    if not asked:
        return EVERYTHING
    nodes = (definition.find(case.stage(task.stage).node_key) for task in asked)
    return tuple(sorted({pattern for node in nodes if node is not None for pattern in node.fields.hidden}))


def _asked_now(case: Case, reader: Party) -> Iterable[Task]:
    return (
        task
        for stage in case.active_stages
        for task in case.tasks_of(stage)
        if task.kind is not TaskKind.CC
        and task.state in ACTIONABLE
        and any(task.addresses(one) for one in (reader, *reader.stands_for))
    )


def shown(remarks: Iterable[Remark], hidden: tuple[str, ...]) -> list[Remark]:
    """Answer the remarks that are not about a hidden field."""
    return [one for one in remarks if not any(matches(pattern, one.pointer) for pattern in hidden)]
