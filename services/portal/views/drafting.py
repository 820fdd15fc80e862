"""Drafts of definitions: written as text, checked and drawn, published, and definitions retired."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem, ServiceAway
from services.portal.definition_text import LONGEST_TEXT, write
from services.portal.desk import CASE_SERVICES
from services.portal.drafts import Definition, Draft, about, away, checked, definition, empty
from services.portal.forms import Fault, Form
from services.portal.pages import go, may_define, new_id, tell, words
from services.portal.sessions import api, person

blp = Blueprint("drafting", __name__)

_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
#: Somebody else was faster: the draft is another, is there already, or is there no more.
_STALE = (412, 428)


@blp.get("/definitions/new")
def begin() -> Response | tuple[str, int]:
    """Lead to the editor of a definition that is not there yet."""
    service, key = request.args.get("service", ""), request.args.get("key", "").strip()
    _check(service or CASE_SERVICES[0])
    if not (service and _KEY.fullmatch(key)):
        faults = [Fault("key", words()("drafting.key_bad"))] if service else []
        form = Form({"service": service, "key": key}, faults)
        return render_template("definition_new.html", form=form, services=CASE_SERVICES), 422 if faults else 200
    known = definition(service, key)
    if known.versions:
        tell("drafting.key_taken", tone="warning", key=key)
    return redirect(url_for("drafting.edit", service=service, key=key, begin=None if known.versions else "empty"), 303)


@blp.get("/definitions/<service>/<key>/draft")
def edit(service: str, key: str) -> str:
    """Show the draft of a definition, or what a new one begins with: a version, or next to nothing."""
    _check(service)
    known = definition(service, key)
    written = write(_beginning(known, request.args.get("begin", "")))
    return _editor(known, checked(service, key, written))


def _beginning(known: Definition, begin: str) -> Json:
    if begin == "empty" or not known.versions:
        return empty()
    if begin:
        return known.body(int(begin) if begin.isdigit() else abort(404))
    newest = known.draft or known.in_force or known.versions[0]
    return known.body(newest["version"])


def _editor(known: Definition, draft: Draft, *, rev: str | None = None, stale: dict[str, Any] | None = None) -> str:
    current = str(known.draft["rev"]) if known.draft else ""
    return render_template(
        "draft.html",
        service=known.service,
        known=known,
        draft=draft,
        rev=current if rev is None else rev,
        stale=stale,
        command_id=new_id(),
        longest=LONGEST_TEXT,
    )


@blp.post("/definitions/<service>/<key>/draft")
def save(service: str, key: str) -> Response | str | tuple[str, int]:
    """Check what was written, or save it; whatever comes of it, the text stays."""
    _check(service)
    written = request.form.get("text", "")
    try:
        return _save(service, key, written)
    except ServiceAway:
        # Whatever is away, what was typed comes back with the page.
        return _editor(Definition(service, key), away(written), rev=request.form.get("rev", "")), 503


def _save(service: str, key: str, written: str) -> Response | str | tuple[str, int]:
    draft = checked(service, key, written)
    rev = request.form.get("over", request.form.get("rev", ""))
    if request.form.get("do") == "check":
        return _editor(definition(service, key), draft, rev=rev)
    if draft.drawing is None:
        return _editor(definition(service, key), draft, rev=rev), 422
    try:
        command = request.form.get("command_id", "")
        api().put(service, "definitions", key, "draft", body=draft.body, key=command, revision=rev)
    except Problem as problem:
        return _not_saved(service, key, draft, problem)
    tell("drafting.saved")
    return go("drafting.edit", service=service, key=key)


def _not_saved(service: str, key: str, draft: Draft, problem: Problem) -> tuple[str, int]:
    known = definition(service, key)
    if problem.status in _STALE or problem.code == "command_id_reused":
        return _editor(known, draft, rev=request.form.get("rev", ""), stale=about(known, draft)), 409
    if problem.status not in (409, 422):
        raise problem
    return _editor(known, draft.refused(problem), rev=request.form.get("rev", "")), problem.status


@blp.get("/definitions/<service>/<key>/draft/publish")
def ask_publish(service: str, key: str) -> Response | str | tuple[str, int]:
    """Say what publishing the draft does, and what differs from the version in force."""
    _check(service)
    return _publication(definition(service, key))


def _publication(known: Definition, lost: str = "") -> Response | str | tuple[str, int]:
    if known.draft is None:
        tell("drafting.no_draft", tone="warning")
        return _back(known)
    body = known.body(known.draft["version"])
    draft = checked(known.service, known.key, write(body))
    page = render_template(
        "draft_publish.html",
        service=known.service,
        known=known,
        draft=draft,
        changes=about(known, draft, version=known.in_force)["changes"] if known.in_force else [],
        lost=lost,
        command_id=new_id(),
    )
    return (page, 409) if lost else page


def _back(known: Definition) -> Response:
    if not known.versions:
        return go("definitions.show_all")
    shown = known.in_force or known.versions[0]
    return go("definitions.show", service=known.service, key=known.key, version=shown["version"])


@blp.post("/definitions/<service>/<key>/draft/publish")
def publish(service: str, key: str) -> Response | str | tuple[str, int]:
    """Publish the draft that the person has seen."""
    _check(service)
    sent = Form.sent()
    command, rev = sent.text("command_id"), sent.text("rev")
    try:
        done = api().post(service, "definitions", key, "draft", "publish", key=command, revision=rev).data
    except Problem as problem:
        if problem.code == "draft_not_found" or problem.status in (409, 412, 422):
            return _publication(definition(service, key), _why(problem, "drafting.lost"))
        raise
    tell("drafting.published", n=done["version"])
    return go("definitions.show", service=service, key=key, version=done["version"])


def _why(problem: Problem, stale: str) -> str:
    return words()(stale) if problem.status in _STALE else words().pick(problem.zh, problem.en)


@blp.get("/definitions/<service>/<key>/draft/discard")
def ask_discard(service: str, key: str) -> Response | str | tuple[str, int]:
    """Say what deleting the draft does."""
    _check(service)
    return _deletion(definition(service, key))


def _deletion(known: Definition, lost: str = "") -> Response | str | tuple[str, int]:
    return _last_look(known, "draft_discard.html", lost, missing="drafting.no_draft" if known.draft is None else "")


@blp.post("/definitions/<service>/<key>/draft/discard")
def discard(service: str, key: str) -> Response | str | tuple[str, int]:
    """Delete the draft that the person has seen."""
    _check(service)
    sent = Form.sent()
    command, rev = sent.text("command_id"), sent.text("rev")
    try:
        api().post(service, "definitions", key, "draft", "discard", key=command, revision=rev)
    except Problem as problem:
        if problem.code == "draft_not_found" or problem.status == 412:
            return _deletion(definition(service, key), words()("drafting.lost_discard"))
        raise
    tell("drafting.discarded")
    return _back(definition(service, key))


@blp.get("/definitions/<service>/<key>/retire")
def ask_retire(service: str, key: str) -> Response | str | tuple[str, int]:
    """Say what retiring a definition does."""
    _check(service)
    return _retirement(definition(service, key))


def _retirement(known: Definition, lost: str = "") -> Response | str | tuple[str, int]:
    return _last_look(
        known, "draft_retire.html", lost, missing="drafting.not_in_force" if known.in_force is None else ""
    )


def _last_look(known: Definition, page: str, lost: str, *, missing: str) -> Response | str | tuple[str, int]:
    """Show what is about to be taken away, and again when it has changed meanwhile, or that it is `missing`."""
    if missing:
        tell(missing, tone="warning")
        return _back(known)
    shown = render_template(page, service=known.service, known=known, lost=lost, command_id=new_id())
    return (shown, 409) if lost else shown


@blp.post("/definitions/<service>/<key>/retire")
def retire(service: str, key: str) -> Response | str | tuple[str, int]:
    """Retire the version that the person has seen in force."""
    _check(service)
    sent = Form.sent()
    command, version = sent.text("command_id"), sent.text("rev")
    try:
        done = api().post(service, "definitions", key, "retire", key=command, revision=version).data
    except Problem as problem:
        if problem.status in (409, 412):
            return _retirement(definition(service, key), _why(problem, "drafting.lost_retire"))
        raise
    tell("drafting.retired")
    return go("definitions.show", service=service, key=key, version=done["version"])


def _check(service: str) -> None:
    if not may_define(person()):
        abort(403)
    if service not in CASE_SERVICES:
        abort(404)
