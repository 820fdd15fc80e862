"""A case of the core as its reader sees it."""

from __future__ import annotations

from shared.approval.core.command import World
from shared.approval.core.definition import Definition
from shared.approval.core.exclusion import DECIDES, decision_of
from shared.approval.core.finding import Question
from shared.approval.core.guard import allowed_actions
from shared.approval.core.state import Case, Party, Stage, Task
from shared.approval.core.trail import Said
from shared.approval.core.voting import Threshold
from shared.approval.core.ways_back import ways_back
from shared.approval.core.words import Verb
from shared.approval.names import RegionNames
from shared.approval.views import CaseView, LastView, StageView, TaskView, VoteView


def case_view(
    case: Case, definition: Definition, *, reader: Party, said: Said, names: RegionNames, world: World
) -> CaseView:
    """Answer a case as its reader sees it; `said` belongs to the latest verb."""
    question = Question(case=case, definition=definition, verb=Verb.SUBMIT, party=reader, world=world)
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
        parent_case=case.parent.case_id if case.parent else None,
        last=LastView(
            verb=case.last.verb.value,
            account_id=case.last.person.account_id,
            name=case.last.person.name,
            region=last_region(case),
            opinion=said.opinion,
            signature=said.signature,
            at=case.last.at,
        ),
        stages=tuple(_stage_view(case, stage, definition, names) for stage in case.current_stages),
        allowed_actions=tuple(verb.value for verb in allowed_actions(question)),
        whereabouts=case.token.value,
    )


def last_region(case: Case) -> str:
    """Answer the region that spoke last: of the stage just decided, or the home region for the initiator."""
    if case.last.verb not in DECIDES:
        return case.home_region
    decided = (task for stage in case.current_stages for task in case.tasks_of(stage) if decision_of(task))
    last = max(decided, key=lambda task: (task.ended_at, task.number), default=None)
    return last.region if last else case.home_region


def _stage_view(case: Case, stage: Stage, definition: Definition, names: RegionNames) -> StageView:
    tasks = case.tasks_of(stage)
    # A case that was migrated may have passed a node that its definition no longer has.
    node = definition.find(stage.node_key)
    decisions = sorted((move for task in tasks if (move := decision_of(task))), key=lambda move: move.at)
    return StageView(
        number=stage.number,
        visit=stage.visit,
        after=stage.after,
        node_key=stage.node_key,
        title_zh=node.title.zh if node else stage.node_key,
        title_en=node.title.en if node else stage.node_key,
        region=stage.region,
        region_name=names.of(stage.region),
        mode=stage.mode.value,
        state=stage.state.value,
        veto=stage.veto,
        vote=_vote_view(stage.threshold) if stage.threshold else None,
        decided_by_name=decisions[-1].person.name if decisions else None,
        decided_at=decisions[-1].at if decisions else None,
        opinion_needed=tuple(sorted(verb.value for verb in node.opinion)) if node else (),
        signature_needed=tuple(sorted(verb.value for verb in node.signature)) if node else (),
        due_at=stage.due_at,
        due_is_provisional=stage.due_is_provisional,
        ways_back=ways_back(case, definition, stage) if stage in case.active_stages else (),
        tasks=tuple(_task_view(task) for task in tasks),
    )


def _vote_view(threshold: Threshold) -> VoteView:
    return VoteView(denominator=threshold.denominator.value, operator=threshold.operator.value, value=threshold.value)


def _task_view(task: Task) -> TaskView:
    return TaskView(
        number=task.number,
        kind=task.kind.value,
        parent=task.parent,
        role=task.role,
        region=task.region,
        assignee=task.assignee,
        assignee_name=task.assignee_name,
        on_behalf_of_name=task.on_behalf_of.name if task.on_behalf_of else None,
        state=task.state.value,
        opened_at=task.opened_at,
        ended_at=task.ended_at,
        ended_by_name=task.ended_by.name if task.ended_by else None,
        reason=task.reason,
    )
