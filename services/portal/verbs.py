"""The verbs that a case page offers beside the three main ones, and what each asks of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from services.portal.client import Json, Problem, ServiceAway
from services.portal.forms import Form
from services.portal.pages import words
from services.portal.sessions import api

REMARK = "remark:"


@dataclass(frozen=True, slots=True)
class Asks:
    """What a verb has to be told besides an opinion: whom, where a signer comes, which signer, which version."""

    person: bool = False
    people: bool = False
    placing: bool = False
    signer: bool = False
    version: bool = False
    words: bool = False  # whether the opinion must be there


#: In the order in which they are offered.
MORE: Mapping[str, Asks] = {
    "resolve": Asks(words=True),
    "answer": Asks(words=True),
    "mark_read": Asks(),
    "claim": Asks(),
    "unclaim": Asks(),
    "transfer": Asks(person=True),
    "delegate": Asks(person=True),
    "add_sign": Asks(person=True, placing=True),
    "remove_sign": Asks(signer=True),
    "consult": Asks(person=True, words=True),
    "cc": Asks(people=True),
    "remind": Asks(),
    "comment": Asks(words=True),
    "take_back": Asks(),
    "request_revocation": Asks(words=True),
    "suspend": Asks(words=True),
    "resume": Asks(),
    "migrate": Asks(version=True, words=True),
    "terminate": Asks(words=True),
}
#: The verbs that decide; they alone can carry the reference of a signature.
DECIDING = ("approve", "reject", "return")
#: What somebody was asked for stands in front, not behind the other verbs.
FOREMOST = ("resolve", "answer", "mark_read")
PLACINGS = ("before", "parallel", "after")
DANGEROUS = ("reject", "withdraw", "terminate", "request_revocation")


def question_of(service: str, case: Json, verb: str) -> dict[str, Any]:
    """Answer what the form of a verb has to choose from."""
    asks = MORE.get(verb, Asks())
    needs_people = asks.person or asks.people
    return {
        "asks": asks,
        "named": _recipients(service, case["id"], verb) if needs_people else [],
        "placings": [(one, words()(f"case.placing_{one}")) for one in PLACINGS],
        "signers": _signers(case) if asks.signer else [],
        "versions": api().get(service, "cases", case["id"], "later-versions").data["items"] if asks.version else [],
        "nodes": _ways_back(case) if verb == "return" else [],
        "phrases": phrases_for(verb),
    }


def body_of(verb: str, sent: Form) -> Json:
    """Answer what a verb's form says, as the service takes it."""
    asks = MORE.get(verb, Asks())
    body: Json = {"opinion": opinion_of(sent)}
    if verb in DECIDING:
        body["signature"] = sent.text("signature")
    if verb == "return":
        body["remarks"] = _remarks()
        if sent.text("node") not in ("", "initiator"):
            body["node"] = sent.text("node")
    if asks.person:
        body["to"] = sent.text("to")
    if asks.people:
        body["to"] = sent.chosen("to")
    if asks.placing:
        body["placing"] = sent.text("placing")
    if asks.signer and sent.text("task").isdigit():
        body["task"] = int(sent.text("task"))
    if asks.version:
        # What is no number is sent as it came, for the service to refuse at its field.
        chosen = sent.text("version")
        body["version"] = int(chosen) if chosen.isdigit() else chosen or None
    return body


def opinion_of(sent: Form) -> str:
    """Answer the opinion: the phrase that was picked, and what was written after it."""
    return f"{sent.text('phrase')}{sent.text('opinion')}"


def phrases_for(verb: str) -> Sequence[str]:
    """Answer the phrases to pick from: the person's own, else the common ones of the verb."""
    try:
        found: Json = api().get("registration", "phrases").data
    except (Problem, ServiceAway):
        # An opinion can be written without them.
        return []
    kept: list[str] = found["saved"] or found["defaults"].get(verb, [])
    return kept


def _recipients(service: str, case_id: str, verb: str) -> list[tuple[str, str]]:
    """Answer the people to choose from, once each, with where they sit and as what."""
    seats: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for one in api().get(service, "cases", case_id, "recipients").data["items"]:
        if verb in one["verbs"]:
            names[one["account_id"]] = one["name"]
            post = f"{one['region_name']} {words().of('role', one['role'])}"
            seats.setdefault(one["account_id"], []).append(post)
    comma = words()("common.list_comma")
    return [(account, f"{name} · {comma.join(seats[account])}") for account, name in names.items()]


def _signers(case: Json) -> list[tuple[str, str]]:
    kinds, undecided = ("sign_before", "sign_after", "sign_parallel"), ("open", "claimed", "waiting")
    tasks = [task for stage in case["stages"] for task in stage["tasks"]]
    return [
        (str(task["number"]), task["assignee_name"])
        for task in tasks
        if task["kind"] in kinds and task["state"] in undecided
    ]


def _ways_back(case: Json) -> list[tuple[str, str]]:
    """Answer where a case can be returned to, the submitter first, when there is a choice at all."""
    titles = {stage["node_key"]: words().pick(stage["title_zh"], stage["title_en"]) for stage in case["stages"]}
    ways = dict.fromkeys(way for stage in case["stages"] if stage["state"] == "open" for way in stage["ways_back"])
    if list(ways) in ([], ["initiator"]):
        return []
    first = [("initiator", words()("case.to_initiator"))] if "initiator" in ways else []
    return first + [(way, titles[way]) for way in ways if way != "initiator"]


def _remarks() -> list[Json]:
    return [
        {"pointer": name.removeprefix(REMARK), "reason": reason.strip()}
        for name, reason in request.form.items()
        if name.startswith(REMARK) and reason.strip()
    ]
