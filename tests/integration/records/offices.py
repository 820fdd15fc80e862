"""The officials of two sibling counties and their city, and a volunteer's transfer from one county to the other."""

from __future__ import annotations

from itertools import count
from typing import Any

from shared.contracts.registration import PostChanged, VolunteerUpdated
from shared.identity import Principal, Role
from tests.integration.records.world import CLERK, OTHER_CLERK, VOLUNTEER, ZHANG, fill
from tests.integration.serving import Served, holder

OLD, NEW = "130123", "130125"
APPROVER = holder("approver-1", Role.APPROVER, OLD)
OTHER_APPROVER = holder("approver-2", Role.APPROVER, NEW)
FAR_CLERK = holder("clerk-3", Role.CLERK, "130223")
WISH = {"to_region": NEW, "reason": "搬家到行唐县", "consent": True}
ARRIVED = VolunteerUpdated(volunteer_number=ZHANG, account_id="zhang", name="张伟", region=NEW)
_ids = count(1)


def fill_offices(served: Served) -> Served:
    """Let both organisations work, and appoint the officials."""
    fill(served)
    for who in (CLERK, APPROVER, OTHER_CLERK, OTHER_APPROVER):
        for post in who.posts:
            served.listener.hear(
                PostChanged(
                    post_id=f"post-{who.account_id}",
                    account_id=who.account_id,
                    name=who.name,
                    role=post.role.value,
                    region=post.region,
                    organisation_id=None,
                    active=True,
                )
            )
    return served


def ask(served: Served, who: Principal = VOLUNTEER, **changes: Any) -> Any:
    """Ask for a transfer that must be accepted, and answer it."""
    answer = served.by(who).call("POST", "/transfers", {**WISH, **changes})
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == f'"{answer.get_json()["revision"]}"'
    return answer.get_json()


def use(served: Served, who: Principal, case_id: str, verb: str, **body: Any) -> Any:
    """Answer what is answered to a verb on a case, with its present revision."""
    rev = served.by(who).get(f"/cases/{case_id}")["rev"]
    headers = {"Idempotency_Key": f"use-{next(_ids)}", "If_Match": f'"{rev}"'}
    return served.by(who).call("POST", f"/cases/{case_id}/{verb}", body, **headers)


def decided(served: Served, who: Principal, case_id: str, verb: str, **body: Any) -> Any:
    """Use a verb that must be allowed, and answer the case."""
    answer = use(served, who, case_id, verb, **body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def mine(served: Served, who: Principal = VOLUNTEER) -> list[Any]:
    """Answer a volunteer's transfers."""
    found: list[Any] = served.by(who).get("/transfers/mine")
    return found
