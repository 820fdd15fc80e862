"""The routes of one's lists."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from shared.approval.filters import Filter
from shared.approval.schemas.sent import TasksIn
from shared.approval.schemas.shown import TaskCountsOut, TaskItemOut
from shared.approval.service import Approvals
from shared.http import now, principal, reading, signed_in
from shared.http.paging import page_schema


def add_lists(blp: Blueprint, approvals: Approvals) -> None:
    """Add the lists and their counts."""

    @blp.route("/tasks", methods=["GET"])
    @blp.arguments(TasksIn, location="query")
    @blp.response(200, page_schema(TaskItemOut))
    @signed_in
    def tasks(query: dict[str, Any]) -> Any:
        """List one's cases: to decide, to correct, copies, started or done by oneself."""
        which, cursor, limit = (query.pop(name) for name in ("list", "cursor", "limit"))
        return approvals.tasks(
            reading(),
            which=which,
            principal=principal(),
            at=now(),
            wanted=Filter(**query),
            cursor=cursor,
            limit=limit,
        )

    @blp.route("/tasks/counts", methods=["GET"])
    @blp.response(200, TaskCountsOut)
    @signed_in
    def counts() -> Any:
        """Count one's lists, and the held cases of one's regions."""
        return approvals.counts(reading(), principal=principal(), at=now())
