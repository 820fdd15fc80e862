"""Absence rules: who stands in while an official is away."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell, words
from services.portal.sessions import api, person
from shared.clock import SHANGHAI

blp = Blueprint("absences", __name__)

_MOST_SHOWN = 100
#: The states of rules that can still be ended.
_LIVING = ("planned", "in_force")
_FIELDS = {"/starts_at": "from_day", "/ends_at": "until_day"}
_NEEDED = ("delegate_account_id", "from_day", "until_day")


@blp.get("/absences")
def show() -> str:
    """Show one's own rules, those by which one stands in for others, and the form that sets one."""
    return _page(Form({"from_day": formats().today.isoformat()}))


def _page(form: Form) -> str:
    person()
    mine, for_others = (
        api().get("registration", "absences", list=which, limit=_MOST_SHOWN).data for which in ("mine", "for_others")
    )
    return render_template(
        "absences.html",
        form=form,
        # What comes next is first; the service lists what begins last first.
        mine=[rule for rule in reversed(mine["items"]) if rule["state"] in _LIVING],
        for_others=[rule for rule in reversed(for_others["items"]) if rule["state"] in _LIVING],
        past=[rule for rule in mine["items"] + for_others["items"] if rule["state"] not in _LIVING],
        is_all=not (mine["next_cursor"] or for_others["next_cursor"]),
        delegates=_choices(api().get("registration", "absences", "delegates").data),
        command_id=new_id(),
        most=_MOST_SHOWN,
    )


def _choices(delegates: list[Json]) -> list[tuple[str, str]]:
    """Answer whom one may choose, with their posts; where the office is said only when one has several."""
    regions = {post["region"] for one in delegates for post in one["posts"]}
    return [(one["account_id"], f"{one['name']} · {_posts(one['posts'], len(regions) > 1)}") for one in delegates]


def _posts(posts: list[Json], with_region: bool) -> str:
    named = [
        f"{formats().region(post['region'])} {role}" if with_region else role
        for post in posts
        for role in [words().of("role", post["role"])]
    ]
    return words()("common.list_comma").join(named)


@blp.post("/absences")
def set_rule() -> Response | tuple[str, int]:
    """Let a colleague stand in."""
    person()
    sent = Form.sent()
    if not sent.require(*_NEEDED):
        return _page(sent), 422
    begins_now = sent.text("from_day") == formats().today.isoformat()
    body: Json = {
        "delegate_account_id": sent.text("delegate_account_id"),
        "starts_at": None if begins_now else _midnight(sent.text("from_day")),
        "ends_at": _midnight(sent.text("until_day"), days_later=1),
        "business_types": sent.chosen("business_types"),
    }
    try:
        made = api().post("registration", "absences", body=body, key=sent.text("command_id")).data
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _page(sent.take(problem, _FIELDS)), problem.status
    tell("absence.set", name=made["delegate_name"], period=formats().period(made["starts_at"], made["ends_at"]))
    return go("absences.show")


def _midnight(day: str, *, days_later: int = 0) -> str:
    """Answer when a day begins in China; what is no day is sent as it was typed, for the service to refuse."""
    try:
        begins = date.fromisoformat(day) + timedelta(days=days_later)
    except (ValueError, OverflowError):
        return day
    return datetime.combine(begins, time(), SHANGHAI).isoformat()


@blp.get("/absences/<_absence_id>/end")
def back_to_absences(_absence_id: str) -> Response:
    """Show the rules to a browser that loads the address of a form again."""
    return go("absences.show")


@blp.post("/absences/<absence_id>/end")
def end(absence_id: str) -> Response:
    """End one's own rule before its time."""
    person()
    sent = Form.sent()
    key, revision = sent.text("command_id"), sent.text("rev")
    ended = api().post("registration", "absences", absence_id, "end", key=key, revision=revision).data
    tell("absence.ended", name=ended["delegate_name"])
    return go("absences.show")
