"""The table of situations, people and verbs: exactly which buttons each of them sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.approval.core.words import Placing, Verb
from tests.unit.approval.cases import (
    ADA,
    ANN,
    CAI,
    COUNTY,
    DAI,
    Desk,
    branch,
    fork,
    node,
    party,
    route,
)

#: A and B hold the county's post, X is an official there who is asked for other things, S has no part.
A, B, X, S = party("A", COUNTY), party("B", COUNTY), party("X", COUNTY), party("S")
PEOPLE = (A, B, X, CAI, DAI)
WHO = {"initiator": ANN, "approver": A, "other": B, "added": X, "next": CAI, "administrator": ADA, "stranger": S}

TALK = "cc comment"
DECIDE = f"approve reject return transfer delegate add_sign consult {TALK}"
CLAIMABLE = f"approve reject return claim transfer delegate add_sign consult {TALK}"
CLAIMED = f"approve reject return claim unclaim transfer delegate add_sign consult {TALK}"
INITIATOR = "withdraw cc remind comment"
ADMINISTRATOR = "suspend terminate migrate"
RUNNING = {"initiator": INITIATOR, "administrator": ADMINISTRATOR}
OVER = {"initiator": "cc"}


def of(mode: str, *who: str) -> Desk:
    more: dict[str, Any] = {"veto": True} if mode in ("all", "vote") else {}
    if mode == "vote":
        more["vote"] = {"denominator": "ratio", "operator": ">=", "value": 60}
    made = node("county", *who, mode=mode, **more)
    return Desk(route(made, node("city"), revocation={"days": 9, "definition": "r"}), people=PEOPLE)


def after(desk: Desk, *done: tuple[Verb, str], placing: Placing | None = None) -> Desk:
    """Answer a desk on which verbs were used, given to X where they give something."""
    for verb, name in done:
        gives = verb in (Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN, Verb.CONSULT)
        extra: dict[str, Any] = {"to": (X,)} if gives else {}
        desk.do(verb, WHO[name], opinion="意见", placing=placing if verb is Verb.ADD_SIGN else None, **extra)
    return desk


def in_a_fork() -> Desk:
    beside = fork("parallel", branch(node("county", "a", key="x")), branch(node("county", "b", key="y")))
    return Desk(route(beside, node("city")), people=PEOPLE)


def waiting_for_a_case() -> Desk:
    waiting = {"node": "sub", "title": {"zh": "子", "en": "Sub"}, "tier": "county", "subcase": "other"}
    return Desk(route(waiting, node("city")), people=PEOPLE)


TABLE: Mapping[str, tuple[Callable[[], Desk], Mapping[str, str]]] = {
    "a post is asked": (lambda: of("any", "approver"), {"approver": CLAIMABLE, "other": CLAIMABLE, "added": CLAIMABLE}),
    "any one is asked": (lambda: of("any", "a", "b"), {"approver": DECIDE, "other": DECIDE}),
    "all are asked": (lambda: of("all", "a", "b"), {"approver": DECIDE, "other": DECIDE}),
    "they vote": (lambda: of("vote", "a", "b"), {"approver": DECIDE, "other": DECIDE}),
    "the first in turn is asked": (lambda: of("sequential", "a", "b"), {"approver": DECIDE}),
    "the second in turn is asked": (
        lambda: after(of("sequential", "a", "b"), (Verb.APPROVE, "approver")),
        {"approver": f"take_back {TALK}", "other": DECIDE},
    ),
    "one of all has approved": (
        lambda: after(of("all", "a", "b"), (Verb.APPROVE, "approver")),
        {"approver": f"take_back {TALK}", "other": DECIDE},
    ),
    "inside a fork": (in_a_fork, {"approver": DECIDE, "other": DECIDE}),
    "one branch has passed": (
        lambda: after(in_a_fork(), (Verb.APPROVE, "approver")),
        {"approver": f"take_back {TALK}", "other": DECIDE},
    ),
    "a case of its own is waited for": (waiting_for_a_case, {}),
    "claimed": (
        lambda: after(of("any", "approver"), (Verb.CLAIM, "approver")),
        {"approver": CLAIMED},
    ),
    "handed on": (
        lambda: after(of("any", "a"), (Verb.TRANSFER, "approver")),
        {"approver": TALK, "added": DECIDE},
    ),
    "delegated": (
        lambda: after(of("any", "a"), (Verb.DELEGATE, "approver")),
        {"approver": TALK, "added": f"transfer delegate resolve {TALK}"},
    ),
    "a signer comes before": (
        lambda: after(of("any", "a"), (Verb.ADD_SIGN, "approver"), placing=Placing.BEFORE),
        {"approver": f"remove_sign {TALK}", "added": DECIDE},
    ),
    "a signer comes after": (
        lambda: after(of("any", "a"), (Verb.ADD_SIGN, "approver"), placing=Placing.AFTER),
        {
            "approver": f"approve reject return transfer delegate add_sign remove_sign consult {TALK}",
            "added": TALK,
        },
    ),
    "a signer speaks beside": (
        lambda: after(of("any", "a"), (Verb.ADD_SIGN, "approver"), placing=Placing.PARALLEL),
        {
            "approver": f"approve reject return transfer delegate add_sign remove_sign consult {TALK}",
            "added": DECIDE,
        },
    ),
    "a signer is all that is left": (
        lambda: after(of("any", "a"), (Verb.ADD_SIGN, "approver"), (Verb.APPROVE, "approver")),
        {"approver": f"take_back {TALK}", "added": DECIDE},
    ),
    "somebody is consulted": (
        lambda: after(of("any", "a"), (Verb.CONSULT, "approver")),
        {"approver": DECIDE, "added": "cc answer comment"},
    ),
    "passed on to the next tier": (
        lambda: after(of("any", "a"), (Verb.APPROVE, "approver")),
        {"approver": f"take_back {TALK}", "next": CLAIMABLE},
    ),
    "returned": (
        lambda: after(of("any", "a"), (Verb.RETURN, "approver")),
        {"initiator": "withdraw resubmit cc comment", "approver": TALK, "administrator": "terminate"},
    ),
    "suspended": (
        lambda: after(of("any", "a"), (Verb.SUSPEND, "administrator")),
        {"initiator": TALK, "approver": TALK, "administrator": "resume terminate"},
    ),
    "withdrawn": (lambda: after(of("any", "a"), (Verb.WITHDRAW, "initiator")), OVER | {"approver": "cc"}),
    "rejected": (lambda: after(of("any", "a"), (Verb.REJECT, "approver")), OVER | {"approver": "cc"}),
    "terminated": (
        lambda: after(of("any", "a"), (Verb.TERMINATE, "administrator")),
        OVER | {"approver": "cc", "administrator": "cc"},
    ),
    "approved": (
        lambda: after(of("any", "a"), (Verb.APPROVE, "approver"), (Verb.APPROVE, "next")),
        {"initiator": "cc request_revocation", "approver": "cc request_revocation", "next": "cc request_revocation"},
    ),
}
#: The situations in which the case is not running: what initiator and administrator see is said in full.
STOPPED = {"returned", "suspended", "withdrawn", "rejected", "terminated", "approved"}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("situation", TABLE)
def test_everybody_sees_the_buttons_of_their_part_and_no_other(situation: str, who: str) -> None:
    make, seen = TABLE[situation]
    expected = (seen if situation in STOPPED else RUNNING | dict(seen)).get(who, "")
    assert sorted(verb.value for verb in make().allowed(WHO[who])) == sorted(expected.split())
