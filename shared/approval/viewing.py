"""A case of the core as its reader sees it."""

from __future__ import annotations

from shared.approval.core.definition import Definition
from shared.approval.core.guard import DECIDES, allowed_actions, decision_of
from shared.approval.core.state import Case, Party, Stage, Task
from shared.approval.core.voting import Threshold
from shared.approval.views import CaseView, LastView, RegionNames, StageView, TaskView, VoteView


def case_view(case: Case, definition: Definition, *, reader: Party, opinion: str, names: RegionNames) -> CaseView:
    """Answer a case as its reader sees it; `opinion` belongs to the latest verb."""
    return CaseView(
        id=case.id,
        business_type=case.business_type,
        business_id=case.business_id,
        title=case.title,
        definition_key=definition.key,
        definition_version=definition.version,
        definition_title_zh=definition.title.zh,
        definition_title_en=definition.title.en,
        home_region=case.home_region,
        home_region_name=names.of(case.home_region),
        token_region=case.token_region,
        token_region_name=names.of(case.token_region),
        organisation_id=case.organisation_id,
        initiator_id=case.initiator.account_id,
        initiator_name=case.initiator.name,
        state=case.state.value,
        round=case.round,
        max_rounds=definition.max_rounds,
        rev=case.rev,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        last=LastView(
            verb=case.last.verb.value,
            account_id=case.last.person.account_id,
            name=case.last.person.name,
            region=last_region(case),
            opinion=opinion,
            at=case.last.at,
        ),
        stages=tuple(_stage_view(case, stage, definition, names) for stage in case.current_stages),
        allowed_actions=tuple(verb.value for verb in allowed_actions(case, definition, reader)),
    )


def last_region(case: Case) -> str:
    """Answer the region that spoke last: of the stage just decided, or the home region for the initiator."""
    if case.last.verb not in DECIDES:
        return case.home_region
    decided = (task for stage in case.current_stages for task in case.tasks_of(stage) if decision_of(task))
    return max(decided, key=lambda task: (task.ended_at, task.number)).region


def _stage_view(case: Case, stage: Stage, definition: Definition, names: RegionNames) -> StageView:
    tasks = case.tasks_of(stage)
    node = definition.node(stage.node_key)
    decisions = sorted((move for task in tasks if (move := decision_of(task))), key=lambda move: move.at)
    return StageView(
        number=stage.number,
        node_key=stage.node_key,
        title_zh=node.title.zh,
        title_en=node.title.en,
        region=stage.region,
        region_name=names.of(stage.region),
        mode=stage.mode.value,
        state=stage.state.value,
        veto=stage.veto,
        vote=_vote_view(stage.threshold) if stage.threshold else None,
        decided_by_name=decisions[-1].person.name if decisions else None,
        decided_at=decisions[-1].at if decisions else None,
        opinion_needed=tuple(sorted(verb.value for verb in node.opinion)),
        tasks=tuple(_task_view(task) for task in tasks),
    )


def _vote_view(threshold: Threshold) -> VoteView:
    return VoteView(denominator=threshold.denominator.value, operator=threshold.operator.value, value=threshold.value)


def _task_view(task: Task) -> TaskView:
    return TaskView(
        kind=task.kind.value,
        role=task.role,
        assignee=task.assignee,
        state=task.state.value,
        opened_at=task.opened_at,
        ended_at=task.ended_at,
        ended_by_name=task.ended_by.name if task.ended_by else None,
        reason=task.reason,
    )
