"""A person's lists of cases, many decisions at once, and the phrases they keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from services.portal.client import Json, Problem, ServiceAway
from services.portal.desk import CASE_SERVICES
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell, words
from services.portal.places import cities
from services.portal.sessions import api, person
from services.portal.verbs import opinion_of, phrases_for
from services.portal.worklist import LISTS, worklist

blp = Blueprint("lists", __name__)

BATCH_VERBS = ("approve", "return", "reject")
_STATES = ("running", "returned", "suspended", "approved", "rejected", "withdrawn", "terminated", "revoked")
_PARTS_OF_A_ROW = 5


@blp.get("/lists/<which>")
def show(which: str) -> str | tuple[str, int]:
    """Show one of the person's lists."""
    person()
    if which not in LISTS:
        abort(404)
    made = worklist(which, request.args)
    form = Form(dict(made.wanted), made.faults)
    page = render_template(
        "list.html",
        list=made,
        lists=LISTS,
        form=form,
        states=_STATES,
        cities=cities(on=formats().today, offices=True),
        phrases=phrases_for("approve") if which == "todo" and made.items else [],
        ticked=request.args.get("ticked") == "all",
        new_id=new_id,
        sign_verbs=lambda verbs: words()("common.list_comma").join(words().of("verb", verb) for verb in verbs),
        here_all=request.args.to_dict() | {"ticked": "all"},
        here_none={name: value for name, value in request.args.items() if name != "ticked"},
    )
    return page, 422 if made.faults else 200


@dataclass(frozen=True, slots=True)
class _Row:
    service: str
    case_id: str
    revision: int
    command_id: str
    title: str
    signature: str


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one row; `why` is empty when it was done."""

    row: _Row
    state: str
    why: str


@blp.post("/lists/decisions")
def decide() -> str | Response:
    """Decide what was ticked, each case for itself, and show what became of each."""
    person()
    sent = Form.sent()
    rows, verb = list(_rows(sent)), sent.text("verb")
    if verb not in BATCH_VERBS:
        abort(404)
    if not rows:
        tell("lists.nothing_ticked", tone="warning")
        return go("lists.show", which="todo")
    results = [result for service in CASE_SERVICES for result in _decide(service, rows, verb, opinion_of(sent))]
    done = sum(not result.why for result in results)
    return render_template("decided.html", results=results, verb=verb, done=done, failed=len(results) - done)


def _rows(sent: Form) -> Iterator[_Row]:
    for value in sent.chosen("row"):
        parts = value.split("|", maxsplit=_PARTS_OF_A_ROW - 1)
        if len(parts) == _PARTS_OF_A_ROW and parts[0] in CASE_SERVICES and parts[2].isdecimal():
            service, case_id, revision, command_id, title = parts
            signature = sent.text(f"signature-{case_id}")
            yield _Row(service, case_id, int(revision), command_id, title, signature)


def _decide(service: str, rows: list[_Row], verb: str, opinion: str) -> list[_Result]:
    mine = [row for row in rows if row.service == service]
    if not mine:
        return []
    told = [
        {
            "case_id": row.case_id,
            "revision": row.revision,
            "command_id": row.command_id,
            "signature": row.signature,
        }
        for row in mine
    ]
    try:
        answer = api().post(service, "decisions", body={"verb": verb, "opinion": opinion, "rows": told})
    except Problem as problem:
        return [_Result(row, "", words().pick(problem.zh, problem.en)) for row in mine]
    except ServiceAway:
        return [_Result(row, "", words()("lists.away")) for row in mine]
    return [_result(row, found) for row, found in zip(mine, answer.data["results"], strict=True)]


def _result(row: _Row, found: Json) -> _Result:
    problem = found["problem"]
    if problem is None:
        return _Result(row, found["case"]["state"], "")
    return _Result(row, "", words().pick(problem["title"], problem["title_en"]))


@blp.get("/phrases")
def phrases() -> str:
    """Show the phrases that the person keeps, one a line."""
    person()
    found = api().get("registration", "phrases").data
    kept = found["saved"] or found["defaults"]["approve"]
    return render_template("phrases.html", form=Form({"phrases": "\n".join(kept)}))


@blp.post("/phrases")
def keep_phrases() -> Response | tuple[str, int]:
    """Keep the phrases that were typed, one a line; none brings the common ones back."""
    person()
    sent = Form.sent()
    saved = [line.strip() for line in sent.text("phrases").splitlines() if line.strip()]
    try:
        api().put("registration", "phrases", body={"saved": saved})
    except Problem as problem:
        if problem.status != 422:
            raise
        fields = {fault.pointer: "phrases" for fault in problem.faults}
        return render_template("phrases.html", form=sent.take(problem, fields)), 422
    tell("lists.phrases_kept")
    return go("front.index")
