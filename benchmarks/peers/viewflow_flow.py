"""The flow of the viewflow peer; Django must be set up before this is imported."""

from __future__ import annotations

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.flow import views


class ApprovalFlow(flow.Flow):
    """Approval by county, city and province."""

    # What viewflow recommends on PostgreSQL; its default locks nothing.
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle(this.on_start).Next(this.county)
    county = flow.View(views.UpdateProcessView.as_view(fields=[])).Permission("viewflow.decide_county").Next(this.city)
    city = flow.View(views.UpdateProcessView.as_view(fields=[])).Permission("viewflow.decide_city").Next(this.province)
    province = (
        flow.View(views.UpdateProcessView.as_view(fields=[])).Permission("viewflow.decide_province").Next(this.end)
    )
    end = flow.End()

    def on_start(self, activation: Any, *, title: str, hours: int) -> Any:
        """Write down what the case is about."""
        activation.process.data = {"title": title, "hours": hours, "decisions": {}}
        return activation.process
