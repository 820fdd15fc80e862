"""Projects and activities: opened by an organisation, closed when their records are complete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from services.records.model import (
    Activity,
    ActivityState,
    KnownOrganisation,
    KnownVolunteer,
    Project,
    RecordState,
    ServiceRecord,
)
from services.records.policy import check_own_organisation
from services.records.rules import show_minutes
from shared.contracts.records import ActivityHeld, ServedShift
from shared.errors import Conflict, NotFound
from shared.identity import Principal
from shared.storage import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class ActivityForm:
    """What an organisation says of an activity: the notice's fields that all its records share."""

    project_id: str
    name: str
    place: str
    beneficiaries: str
    content: str
    leader: str
    category: str
    enters: Sequence[str]


def open_project(
    uow: UnitOfWork, *, principal: Principal, organisation_id: str, name: str, theme: str, description: str
) -> Project:
    """Open a project of one's organisation.

    :raises NotFound: `organisation_not_found`; right after its approval this passes in a moment.
    :raises Conflict: `project_exists`.
    """
    check_own_organisation(principal, organisation_id)
    organisation = uow.session.get(KnownOrganisation, organisation_id)
    if organisation is None:
        raise NotFound(
            "organisation_not_found",
            zh="没有找到该组织",
            en="There is no such organisation",
            pointer="/organisation_id",
        )
    same = select(Project.id).where(Project.organisation_id == organisation_id, Project.name == name)
    if uow.session.scalar(same):
        raise Conflict(
            "project_exists", zh="本组织已有同名项目", en="The organisation has a project of this name", pointer="/name"
        )
    project = Project(
        id=uuid.uuid4().hex,
        organisation_id=organisation_id,
        region=organisation.region,
        name=name,
        theme=theme,
        description=description,
        opened_at=uow.now,
    )
    uow.session.add(project)
    return project


def open_activity(uow: UnitOfWork, *, principal: Principal, form: ActivityForm) -> Activity:
    """Open an activity of a project; who opens it is its recorder.

    :raises NotFound: `project_not_found`.
    """
    project = uow.session.get(Project, form.project_id)
    if project is None or project.organisation_id not in principal.organisations:
        raise NotFound("project_not_found", zh="没有找到该项目", en="There is no such project", pointer="/project_id")
    activity = Activity(
        id=uuid.uuid4().hex,
        project_id=project.id,
        organisation_id=project.organisation_id,
        region=project.region,
        name=form.name,
        place=form.place,
        beneficiaries=form.beneficiaries,
        content=form.content,
        leader=form.leader,
        recorder=principal.name,
        recorder_account_id=principal.account_id,
        category=form.category,
        enters=list(form.enters),
        state=ActivityState.OPEN.value,
        opened_at=uow.now,
    )
    uow.session.add(activity)
    uow.session.flush()
    return activity


def own_open_activity(uow: UnitOfWork, *, principal: Principal, activity_id: str) -> Activity:
    """Answer an activity that this person may still record into, locked.

    :raises NotFound: `activity_not_found`.
    :raises Conflict: `activity_closed`.
    """
    activity = uow.session.scalar(select(Activity).where(Activity.id == activity_id).with_for_update())
    if activity is None or activity.organisation_id not in principal.organisations:
        raise NotFound("activity_not_found", zh="没有找到该活动", en="There is no such activity")
    if activity.state != ActivityState.OPEN:
        raise Conflict(
            "activity_closed", zh="活动已结束记录，不能再修改", en="The activity is closed and cannot be changed"
        )
    return activity


def close_activity(uow: UnitOfWork, *, principal: Principal, activity_id: str) -> Activity:
    """Close an activity whose records are complete, so that it can be reported on.

    :raises Conflict: `activity_without_records`.
    """
    activity = own_open_activity(uow, principal=principal, activity_id=activity_id)
    rows = uow.session.execute(
        select(ServiceRecord, KnownVolunteer.name)
        .join(KnownVolunteer, KnownVolunteer.number == ServiceRecord.volunteer_number)
        .where(ServiceRecord.activity_id == activity.id, ServiceRecord.state == RecordState.PENDING.value)
        .order_by(ServiceRecord.volunteer_number, ServiceRecord.served_on, ServiceRecord.starts)
    ).all()
    if not rows:
        raise Conflict(
            "activity_without_records",
            zh="请先录入志愿者服务记录，再结束活动",
            en="Record who served before closing the activity",
        )
    activity.state = ActivityState.HELD.value
    activity.closed_at = uow.now
    shifts = tuple(_shift(record, name) for record, name in rows)
    uow.publish(_held(uow, activity, shifts))
    return activity


def _shift(record: ServiceRecord, name: str) -> ServedShift:
    return ServedShift(
        record_id=record.id,
        volunteer_number=record.volunteer_number,
        volunteer_name=name,
        served_on=record.served_on,
        starts=show_minutes(record.starts),
        ends=show_minutes(record.ends),
        hours_hundredths=record.hours_hundredths,
        quality=record.quality,
    )


def _held(uow: UnitOfWork, activity: Activity, shifts: tuple[ServedShift, ...]) -> ActivityHeld:
    days = [shift.served_on for shift in shifts]
    return ActivityHeld(
        activity_id=activity.id,
        project_id=activity.project_id,
        project_name=uow.session.get_one(Project, activity.project_id).name,
        organisation_id=activity.organisation_id,
        organisation_name=uow.session.get_one(KnownOrganisation, activity.organisation_id).name,
        region=activity.region,
        name=activity.name,
        place=activity.place,
        beneficiaries=activity.beneficiaries,
        content=activity.content,
        leader=activity.leader,
        recorder=activity.recorder,
        recorder_account_id=activity.recorder_account_id,
        first_day=min(days),
        last_day=max(days),
        shifts=shifts,
    )
