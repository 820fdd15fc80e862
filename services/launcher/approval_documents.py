"""The documents about approvals that are made from the code: the table of verbs, and drawings of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from shared.approval.blueprint import VERBS
from shared.approval.core import guard
from shared.approval.core.finding import freely
from shared.approval.core.guard import RULES, Rule
from shared.approval.core.parsing import parse
from shared.approval.core.words import CaseState, Verb
from shared.approval.definitions import shipped
from shared.approval.drawing import draw

_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_WHO: Mapping[Callable[..., Any], str] = {
    guard.initiator: "the initiator",
    guard.administrator: "a system administrator of the home region or above",
    guard.involved: "the initiator, and who has or had a task",
    guard.anybody: "whose task it is",
}
_STATES = tuple(state for state in CaseState if state is not CaseState.DRAFT)
#: The verbs that have no route of their own.
_ELSEWHERE = {
    Verb.HAND_OVER_ALL: "Move one person's unfinished tasks to somebody else (离职转办).",
    Verb.AMEND: "Change the record under approval, in the fields that the node lets be changed (修改).",
}


def example(page: str) -> Mapping[str, Any]:
    """Answer the body of the definition that a page of documentation shows."""
    found: Mapping[str, Any] = yaml.safe_load(_BLOCK.findall(page)[0])
    return found


def route_pictures(page: str) -> Iterator[tuple[str, str]]:
    """Answer the drawings for the documentation: the example of the page, and the route of the main story."""
    yield "route-example.svg", draw(parse(example(page)))
    yield "route-activity-report.svg", draw(shipped()["activity_report"])


def verbs_table() -> str:
    """Answer which verb is legal in which state of a case, for whom."""
    head = ["verb", "what it does", "who", *(f"`{state.value}`" for state in _STATES), "moves", "needs"]
    rows = [_row(verb, rule) for verb, rule in RULES.items()]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *rows])


def _row(verb: Verb, rule: Rule) -> str:
    what = VERBS[verb].summary if verb in VERBS else _ELSEWHERE[verb]
    states = ["●" if state in rule.states else "" for state in _STATES]
    cells = [f"`{verb.value}`", what, _WHO[rule.who], *states, "yes" if rule.moves else "no", _needs(rule)]
    return "| " + " | ".join(cells) + " |"


def _needs(rule: Rule) -> str:
    said = (rule.task.__doc__ or "").splitlines()[0]
    if rule.task is freely:
        return "–"
    return said.removeprefix("Answer ").removeprefix("Permit ").rstrip(".")
