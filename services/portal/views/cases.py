"""A case: what it is about, how far it has come, and what may be done now."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from services.portal.casework import LINE_PARTS, Reader, content_of, rounds_of, steps_of, totals_of
from services.portal.client import Json, Problem
from services.portal.desk import CASE_SERVICES
from services.portal.forms import Form
from services.portal.pages import formats, go, new_id, tell, words
from services.portal.sessions import api, person
from services.portal.verbs import DANGEROUS, DECIDING, FOREMOST, MORE, REMARK, body_of, phrases_for, question_of

blp = Blueprint("cases", __name__)

VERBS = ("approve", "return", "reject", "withdraw", "resubmit", *MORE)
#: The verbs that are done at once, without a page that asks for the reasons.
AT_ONCE = ("approve", "resubmit")


def read_case(service: str, case_id: str) -> dict[str, Any]:
    """Answer all that a page says of a case.

    :raises Problem: when there is no such case for this person.
    """
    if service not in CASE_SERVICES:
        abort(404)
    case: Json = api().get(service, "cases", case_id).data
    report = _report(case)
    trail = api().get(service, "cases", case_id, "trail").data
    return {
        "service": service,
        "case": case,
        "reader": Reader(words(), formats()),
        "content": content_of(case, case["round"]),
        "content_of": lambda number: content_of(case, number),
        "differences": list(reversed(case["differences"])),
        "trail": trail,
        "rounds": rounds_of(trail),
        "report": report,
        "totals": totals_of(report["lines"]) if report else None,
    }


def _report(case: Json) -> Json | None:
    if case["business_type"] != "activity_report":
        return None
    try:
        report: Json = api().get("reporting", "reports", case["business_id"]).data
    except Problem as problem:
        # A withdrawn report is a draft again, which offices do not see: the round's own content is shown instead.
        if problem.status == 404:
            return None
        raise
    return report


def _page(service: str, case_id: str, *, lost: str = "", form: Form | None = None) -> str:
    shown = read_case(service, case_id)
    may = shown["case"]["allowed_actions"]
    more = [verb for verb in MORE if verb in may]
    return render_template(
        "case.html",
        **shown,
        lost=lost,
        form=form or Form(),
        command_id=new_id(),
        foremost=[verb for verb in more if verb in FOREMOST],
        more=[verb for verb in more if verb not in FOREMOST],
        dangerous=DANGEROUS,
        phrases=phrases_for("approve") if "approve" in may else [],
        signature_needed=_is_needed(shown["case"], "signature", "approve"),
        steps=steps_of(shown["case"]["stages"]),
    )


@blp.get("/cases/<service>/<case_id>")
def show(service: str, case_id: str) -> str:
    """Show a case."""
    person()
    return _page(service, case_id)


@blp.get("/cases/<service>/<case_id>/<verb>")
def ask(service: str, case_id: str, verb: str) -> Response | str | tuple[str, int]:
    """Ask for what a verb has to be told, such as the reasons of a return."""
    person()
    if verb in AT_ONCE:
        # Where the browser stands after a refused form; loading it again shows the case.
        return go("cases.show", service=service, case_id=case_id)
    return _question(service, case_id, verb, Form(), 200)


def _question(service: str, case_id: str, verb: str, form: Form, status: int) -> str | tuple[str, int]:
    if verb not in VERBS or verb in AT_ONCE:
        abort(404)
    shown = read_case(service, case_id)
    if verb not in shown["case"]["allowed_actions"]:
        return _page(service, case_id, lost=_lost(shown["case"])), 409
    choices = question_of(service, shown["case"], verb)
    if len(choices["signers"]) == 1:
        form.values.setdefault("task", choices["signers"][0][0])
    page = render_template(
        "decide.html",
        **shown,
        verb=verb,
        form=form,
        line_parts=LINE_PARTS,
        lines_pointed_at=any(name.startswith(f"{REMARK}/lines") and value for name, value in form.values.items()),
        opinion_needed=_is_needed(shown["case"], "opinion", verb) or (verb in MORE and MORE[verb].words),
        may_sign=verb in DECIDING,
        signature_needed=_is_needed(shown["case"], "signature", verb),
        dangerous=DANGEROUS,
        **choices,
        command_id=form.text("command_id") or new_id(),
        rev=form.text("rev") or shown["case"]["rev"],
    )
    return page, status


def _is_needed(case: Json, what: str, verb: str) -> bool:
    """Tell whether the stage that decides now demands an opinion, or a signature, for a verb."""
    stage = next((stage for stage in case["stages"] if stage["state"] == "open"), None)
    return stage is not None and verb in stage[f"{what}_needed"]


@blp.post("/cases/<service>/<case_id>/<verb>")
def decide(service: str, case_id: str, verb: str) -> Response | str | tuple[str, int]:
    """Carry out a verb on a case."""
    person()
    if verb not in VERBS or service not in CASE_SERVICES:
        abort(404)
    sent = Form.sent()
    body, key, revision = body_of(verb, sent), sent.text("command_id"), sent.text("rev")
    try:
        answer = api().post(service, "cases", case_id, verb, body=body, key=key, revision=revision)
    except Problem as problem:
        return _refused(service, case_id, verb, sent, problem)
    return _done(service, answer.data, verb)


def _refused(service: str, case_id: str, verb: str, sent: Form, problem: Problem) -> str | tuple[str, int]:
    """Show who was faster with the case as it is now, or what is missing at its field."""
    if problem.status in (409, 412) or problem.code == "command_id_reused":
        case = api().get(service, "cases", case_id).data
        return _page(service, case_id, lost=_lost(case, problem)), 409
    if problem.status == 422:
        sent.take(problem)
        if verb in AT_ONCE:
            return _page(service, case_id, form=sent), 422
        return _question(service, case_id, verb, sent, 422)
    raise problem


def _lost(case: Json, problem: Problem | None = None) -> str:
    """Answer who was faster, how and when."""
    last = case["last"]
    winner = (problem.more.get("winner") if problem else None) or last
    if winner.get("name") == person().name and last["account_id"] == person().account_id:
        return words()("case.lost_to_yourself", verb=words().of("verb_done", winner["verb"]))
    return words()(
        "case.lost",
        who=winner["name"],
        verb=words().of("verb_done", winner["verb"]),
        at=formats().moment(winner["at"]),
    )


def _done(service: str, case: Json, verb: str) -> Response:
    if verb in MORE:
        tell("case.done_more", verb=words().of("verb", verb), title=case["title"])
        return go("cases.show", service=service, case_id=case["id"])
    open_stage = next((stage for stage in case["stages"] if stage["state"] in ("open", "held")), None)
    where = open_stage["region_name"] if open_stage else case["home_region_name"]
    tell(f"case.done_{_kind_of_done(case, verb, goes_on=open_stage is not None)}", title=case["title"], where=where)
    if verb == "withdraw" and case["business_type"] == "activity_report":
        return go("reports.show", report_id=case["business_id"])
    return go("front.index")


def _kind_of_done(case: Json, verb: str, *, goes_on: bool) -> str:
    if verb == "withdraw" and case["state"] == "withdrawing":
        return "withdrawing"
    if verb == "approve" and goes_on:
        return "passed_on"
    return "given_back" if verb == "approve" and case["whereabouts"] == "given_back" else verb
