"""The routes of records."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.records import queries
from services.records.commands import activities, guests, records, transfers
from services.records.commands.cases import approvals
from services.records.schemas import (
    ActivityIn,
    ActivityOut,
    GuestIn,
    GuestOut,
    LedgerOut,
    LedgerQuery,
    ListQuery,
    MineQuery,
    ProjectIn,
    ProjectOut,
    ReasonIn,
    RecordOut,
    RecordsIn,
    TransferIn,
    TransferOut,
    TransfersQuery,
)
from shared.clock import business_date
from shared.errors import NotFound, pointing_at
from shared.http import allow, expected_revision, now, principal, reading, signed_in, tag_revision, uow
from shared.http.idempotency import command_id
from shared.http.paging import page_schema
from shared.identity import Role, scope_of
from shared.regions import Regions

blp = Blueprint("records", __name__, description="Projects, activities, service records, hours")
moving = Blueprint("transfers", __name__, description="Transfers of volunteers between places")
BLUEPRINTS = (blp, moving)


def _scope(region: str | None = None) -> frozenset[str]:
    regions, today = Regions.load(), business_date(now())
    scope = scope_of(principal(), regions, on=today)
    if region is None:
        return scope
    with pointing_at("/query/region"):
        return scope & regions.below(region, on=today)


def _my_number() -> str:
    number = principal().volunteer_number
    if number is None:
        raise NotFound("not_a_volunteer", zh="您还不是注册志愿者", en="You are not a registered volunteer")
    return number


@blp.route("/projects", methods=["POST"])
@blp.arguments(ProjectIn)
@blp.response(201, ProjectOut)
@allow(Role.ORGANISATION_ADMIN)
def open_project(body: dict[str, Any]) -> Any:
    """Open a project of one's organisation."""
    return activities.open_project(uow(), principal=principal(), **body)


@blp.route("/projects", methods=["GET"])
@blp.response(200, ProjectOut(many=True))
@signed_in
def list_projects() -> Any:
    """List the projects of one's organisations and regions."""
    return queries.list_projects(reading(), principal=principal(), scope=_scope())


@blp.route("/guests", methods=["POST"])
@blp.arguments(GuestIn)
@blp.response(201, GuestOut)
@allow(Role.ORGANISATION_ADMIN)
def invite_guest(body: dict[str, Any]) -> Any:
    """Ask for a volunteer who is registered at another node, so that one's organisation can record them."""
    guests.invite_guest(uow(), principal=principal(), **body)
    uow().session.flush()
    return queries.guest_of(reading(), body["organisation_id"], body["volunteer_number"], now=now())


@blp.route("/guests", methods=["GET"])
@blp.response(200, GuestOut(many=True))
@signed_in
def list_guests() -> Any:
    """List the guests of one's organisations."""
    return queries.guests_of(reading(), principal().organisations, now=now())


@blp.route("/activities", methods=["POST"])
@blp.arguments(ActivityIn)
@blp.response(201, ActivityOut)
@allow(Role.ORGANISATION_ADMIN)
def open_activity(body: dict[str, Any]) -> Any:
    """Open an activity of a project."""
    activity = activities.open_activity(uow(), principal=principal(), form=activities.ActivityForm(**body))
    tag_revision(activity.revision)
    return queries.find_activity(reading(), activity.id, principal=principal(), scope=frozenset())


@blp.route("/activities", methods=["GET"])
@blp.arguments(ListQuery, location="query")
@blp.response(200, page_schema(ActivityOut))
@signed_in
def list_activities(query: dict[str, Any]) -> Any:
    """List the activities of one's organisations and regions."""
    scope = _scope(query.pop("region"))
    return queries.list_activities(reading(), principal=principal(), scope=scope, **query)


@blp.route("/activities/<activity_id>", methods=["GET"])
@blp.response(200, ActivityOut)
@signed_in
def show_activity(activity_id: str) -> Any:
    """Answer one activity."""
    found = queries.find_activity(reading(), activity_id, principal=principal(), scope=_scope())
    tag_revision(found["revision"])
    return found


@blp.route("/activities/<activity_id>/records", methods=["POST"])
@blp.arguments(RecordsIn)
@blp.response(201, RecordOut(many=True))
@allow(Role.ORGANISATION_ADMIN)
def write_records(body: dict[str, Any], activity_id: str) -> Any:
    """Write down who served when: all lines or none."""
    records.write_records(uow(), principal=principal(), activity_id=activity_id, shifts=body["lines"])
    uow().session.flush()
    return queries.records_of_activity(reading(), activity_id)


@blp.route("/activities/<activity_id>/records", methods=["GET"])
@blp.response(200, RecordOut(many=True))
@signed_in
def list_records(activity_id: str) -> Any:
    """List the records of one activity."""
    queries.find_activity(reading(), activity_id, principal=principal(), scope=_scope())
    return queries.records_of_activity(reading(), activity_id)


@blp.route("/activities/<activity_id>/close", methods=["POST"])
@blp.response(200, ActivityOut)
@allow(Role.ORGANISATION_ADMIN)
def close_activity(activity_id: str) -> Any:
    """Close an activity whose records are complete; its report can be written now."""
    activities.close_activity(uow(), principal=principal(), activity_id=activity_id)
    uow().session.flush()
    found = queries.find_activity(reading(), activity_id, principal=principal(), scope=frozenset())
    tag_revision(found["revision"])
    return found


@blp.route("/records/mine", methods=["GET"])
@blp.arguments(MineQuery, location="query")
@blp.response(200, page_schema(RecordOut))
@signed_in
def my_records(query: dict[str, Any]) -> Any:
    """List one's own service records (Order 67 article 12)."""
    return queries.records_of_volunteer(reading(), _my_number(), **query)


@blp.route("/ledger/mine", methods=["GET"])
@blp.response(200, LedgerOut)
@signed_in
def my_ledger() -> Any:
    """Answer every hour that counts for oneself, and their sum."""
    return queries.ledger_of(reading(), _my_number())


@blp.route("/ledger", methods=["GET"])
@blp.arguments(LedgerQuery, location="query")
@blp.response(200, LedgerOut)
@allow(Role.CLERK, Role.APPROVER)
def ledger(query: dict[str, Any]) -> Any:
    """Answer the ledger of a volunteer of the regions one sees."""
    return queries.ledger_in_scope(reading(), query["volunteer_number"], scope=_scope())


@moving.route("/transfers", methods=["POST"])
@moving.arguments(TransferIn)
@moving.response(201, TransferOut)
@allow(Role.VOLUNTEER)
def ask_for_transfer(body: dict[str, Any]) -> Any:
    """Ask for one's transfer to another place; its clerk verifies and its approver takes over (异地转移)."""
    transfer = transfers.ask_for_transfer(
        uow(),
        form=transfers.TransferForm(**body),
        principal=principal(),
        volunteer_number=_my_number(),
        regions=Regions.load(),
        approvals=approvals,
        command_id=command_id(),
    )
    uow().session.flush()
    return _shown(transfer.id, transfer.revision)


@moving.route("/transfers/<transfer_id>/reason", methods=["PUT"])
@moving.arguments(ReasonIn)
@moving.response(200, TransferOut)
@allow(Role.VOLUNTEER)
def correct_transfer(body: dict[str, Any], transfer_id: str) -> Any:
    """Write the reason of one's returned transfer anew."""
    transfer = transfers.correct_reason(
        uow(),
        transfer_id=transfer_id,
        reason=body["reason"],
        volunteer_number=_my_number(),
        expected_revision=expected_revision(),
    )
    return _shown(transfer.id, transfer.revision)


def _shown(transfer_id: str, revision: int) -> Any:
    tag_revision(revision)
    return queries.find_transfer(reading(), transfer_id)


@moving.route("/transfers/mine", methods=["GET"])
@moving.response(200, TransferOut(many=True))
@signed_in
def my_transfers() -> Any:
    """List one's own transfers, the newest first."""
    return queries.transfers_of_volunteer(reading(), _my_number())


@moving.route("/transfers", methods=["GET"])
@moving.arguments(TransfersQuery, location="query")
@moving.response(200, page_schema(TransferOut))
@allow(Role.CLERK, Role.APPROVER)
def list_transfers(query: dict[str, Any]) -> Any:
    """List the transfers from or to the regions one sees."""
    return queries.transfers_in_scope(reading(), scope=_scope(), **query)
