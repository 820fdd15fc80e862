"""A report of an activity, while its organisation completes or corrects it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from services.portal.casework import last_return, remarks_by_field, totals_of
from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell
from services.portal.places import route_of
from services.portal.sessions import api, person

blp = Blueprint("reports", __name__)

_EDITABLE = ("draft", "returned")
_QUALITIES = range(5, 0, -1)


@blp.get("/reports/<report_id>")
def show(report_id: str) -> Response | str:
    """Show a report: to complete it, or on its way."""
    whoever = person()
    answer = api().get("reporting", "reports", report_id)
    report = answer.data
    editable = report["state"] in _EDITABLE and report["organisation_id"] in whoever.organisations
    if not editable and report["case_id"]:
        return go("cases.show", service="reporting", case_id=report["case_id"])
    return _page(report, _form_of(report), editable=editable, revision=answer.revision)


def _page(report: Json, form: Form, *, editable: bool = True, revision: int | None) -> str:
    returned = _why_returned(report)
    return render_template(
        "report.html",
        report=report,
        form=form,
        editable=editable,
        revision=form.text("rev") or revision,
        returned=returned,
        remarks=remarks_by_field(returned),
        route=route_of(report["region"], on=formats().today),
        totals=totals_of(report["lines"]),
        qualities=_QUALITIES,
        command_id=new_id(),
    )


def _why_returned(report: Json) -> Json | None:
    if report["state"] != "returned" or not report["case_id"]:
        return None
    return last_return(api().get("reporting", "cases", report["case_id"], "trail").data)


def _form_of(report: Json) -> Form:
    values: dict[str, Any] = {"summary": report["summary"], "problems": report["problems"]}
    for place, line in enumerate(report["lines"]):
        values[f"lines-{place}-hours"] = line["hours"]
        values[f"lines-{place}-quality"] = str(line["quality"])
        values[f"lines-{place}-counted"] = "yes" if line["counted"] else ""
    return Form(values)


@blp.post("/reports/<report_id>")
def save(report_id: str) -> Response | tuple[str, int]:
    """Keep a report as it was typed, and send it upwards when that was asked for."""
    person()
    sent, then = Form.sent(), request.form.get("then")
    key = sent.text("command_id")
    report = api().get("reporting", "reports", report_id).data
    body = {
        "summary": str(sent.values.get("summary", "")),
        "problems": str(sent.values.get("problems", "")),
        "lines": _lines(sent, report),
    }
    try:
        saved = api().patch("reporting", "reports", report_id, body=body, key=f"{key}-edit", revision=sent.text("rev"))
        report, sent.values["rev"] = saved.data, saved.revision
        if then == "submit":
            api().post("reporting", "reports", report_id, "submit", key=key)
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return _again(report_id, sent, problem)
    tell("report.submitted" if then == "submit" else "report.saved", title=report["activity_name"])
    if then == "submit":
        return go("front.index")
    return go("reports.show", report_id=report_id)


def _lines(sent: Form, report: Json) -> list[Json]:
    return [
        {
            "record_id": line["record_id"],
            "hours": sent.text(f"lines-{place}-hours") or line["hours"],
            "quality": _number(sent.text(f"lines-{place}-quality")) or line["quality"],
            "counted": bool(sent.text(f"lines-{place}-counted")),
        }
        for place, line in enumerate(report["lines"])
    ]


def _number(text: str) -> int | str:
    """Answer a whole number, or the text itself for the service to refuse."""
    return int(text) if text.isdecimal() else text


def _again(report_id: str, sent: Form, problem: Problem) -> tuple[str, int]:
    """Show the form again with what is wrong; after somebody else's change, on the newest revision."""
    answer = api().get("reporting", "reports", report_id)
    if problem.status == 412:
        tell("report.changed_meanwhile", tone="warning")
        sent.values["rev"] = answer.revision
    else:
        sent.take(problem)
    if answer.data["state"] not in _EDITABLE:
        tell("report.frozen", tone="warning")
        page = _page(answer.data, _form_of(answer.data), editable=False, revision=answer.revision)
        return page, problem.status
    return _page(answer.data, sent, revision=answer.revision), problem.status
