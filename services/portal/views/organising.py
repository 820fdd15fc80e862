"""An organisation's work: projects, activities, and who served when."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell
from services.portal.sessions import api, person
from shared.identity import Role

blp = Blueprint("organising", __name__)

_PER_PAGE = 100
_LINES = 8
_LINE_FIELDS = ("volunteer_number", "served_on", "starts", "ends", "hours", "quality")


def our_organisations() -> list[Json]:
    """Answer the organisations that whoever is signed in administers."""
    posts = [post for post in person().posts if post.role is Role.ORGANISATION_ADMIN and post.organisation_id]
    return [api().get("registration", "organisations", str(post.organisation_id)).data for post in posts]


@blp.get("/projects")
def projects() -> str:
    """Show the projects and activities of one's organisations."""
    return _projects_page(Form())


def _projects_page(form: Form) -> str:
    person()
    found = api().get("records", "activities", limit=_PER_PAGE, cursor=request.args.get("cursor")).data
    return render_template(
        "projects.html",
        form=form,
        organisations=our_organisations(),
        projects=api().get("records", "projects").data,
        activities=found["items"],
        next_cursor=found["next_cursor"],
        command_id=new_id(),
    )


@blp.post("/projects")
def open_project() -> Response | tuple[str, int]:
    """Open a project."""
    person()
    sent = Form.sent()
    names = ("organisation_id", "name", "theme", "description")
    if not sent.require(*names):
        return _projects_page(sent), 422
    try:
        api().post("records", "projects", body={name: sent.text(name) for name in names}, key=sent.text("command_id"))
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return _projects_page(sent.take(problem)), problem.status
    tell("organising.project_opened", name=sent.text("name"))
    return go("organising.projects")


@blp.get("/projects/<project_id>/activities/new")
def activity_form(project_id: str) -> str:
    """Show the form that opens an activity."""
    return _activity_form(project_id, Form())


def _activity_form(project_id: str, form: Form) -> str:
    project = next((found for found in api().get("records", "projects").data if found["id"] == project_id), None)
    if project is None:
        raise Problem(status=404, code="project_not_found", zh="没有找到该项目", en="There is no such project")
    return render_template("activity_new.html", form=form, project=project, command_id=new_id())


@blp.post("/projects/<project_id>/activities/new")
def open_activity(project_id: str) -> Response | tuple[str, int]:
    """Open an activity of a project."""
    person()
    sent = Form.sent()
    names = ("name", "place", "beneficiaries", "content", "leader", "category")
    if not sent.require(*names):
        return _activity_form(project_id, sent), 422
    body = {name: sent.text(name) for name in names}
    body_with_lists: Json = {**body, "project_id": project_id, "enters": sent.chosen("enters")}
    try:
        made = api().post("records", "activities", body=body_with_lists, key=sent.text("command_id")).data
    except Problem as problem:
        if problem.status not in (404, 409, 422):
            raise
        return _activity_form(project_id, sent.take(problem)), problem.status
    tell("organising.activity_opened", name=made["name"])
    return go("organising.activity", activity_id=made["id"])


@blp.get("/activities/<activity_id>")
def activity(activity_id: str) -> str:
    """Show an activity and who served when."""
    person()
    return _activity_page(activity_id, Form())


def _activity_page(activity_id: str, form: Form) -> str:
    found = api().get("records", "activities", activity_id).data
    return render_template(
        "activity.html",
        form=form,
        activity=found,
        records=api().get("records", "activities", activity_id, "records").data,
        ours=found["organisation_id"] in person().organisations,
        lines=range(_LINES),
        today=formats().today.isoformat(),
        command_id=new_id(),
    )


@blp.get("/activities/<activity_id>/<step>")
def back_to_activity(activity_id: str, step: str) -> Response:
    """Show the activity to a browser that loads the address of a refused form again."""
    if step not in ("records", "close"):
        abort(404)
    return go("organising.activity", activity_id=activity_id)


@blp.post("/activities/<activity_id>/records")
def write_records(activity_id: str) -> Response | tuple[str, int]:
    """Write down who served when: all lines or none."""
    person()
    sent = Form.sent()
    filled = [place for place in range(_LINES) if sent.text(f"lines-{place}-volunteer_number")]
    body: Json = {"lines": [_line(sent, place) for place in filled]}
    # The service counts the lines it was sent; the page counts the lines it shows.
    fields = {
        f"/lines/{sent_as}/{name}": f"lines-{place}-{name}"
        for sent_as, place in enumerate(filled)
        for name in _LINE_FIELDS
    }
    try:
        made = api().post("records", "activities", activity_id, "records", body=body, key=sent.text("command_id")).data
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _activity_page(activity_id, sent.take(problem, fields)), problem.status
    tell("organising.records_written", n=len(made))
    return go("organising.activity", activity_id=activity_id)


def _line(sent: Form, place: int) -> Json:
    line: Json = {name: sent.text(f"lines-{place}-{name}") for name in _LINE_FIELDS}
    line["hours"] = line["hours"] or None
    line["quality"] = int(line["quality"]) if line["quality"].isdigit() else line["quality"]
    return line


@blp.post("/activities/<activity_id>/close")
def close_activity(activity_id: str) -> Response | tuple[str, int]:
    """Close an activity, so that its report can be written."""
    person()
    sent = Form.sent()
    try:
        api().post("records", "activities", activity_id, "close", key=sent.text("command_id"))
    except Problem as problem:
        if problem.status != 409:
            raise
        return _activity_page(activity_id, Form().take(problem)), problem.status
    tell("organising.activity_closed")
    return go("front.index")
