"""Officials at the nodes of a whole province, and their decisions on cases."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from shared.approval.tables import CaseRow, DecisionRow, EventRow
from shared.contracts.registration import PostChanged
from shared.identity import Post, Principal, Role
from tests.integration.signing import Caller
from tests.province.node import RealNode


def official(node: RealNode, name: str, region: str, role: Role = Role.APPROVER) -> Principal:
    """Give somebody a post at a node, as its registration would tell of it."""
    who = Principal(account_id=f"{name}-{uuid.uuid4().hex[:8]}", name=name, posts=(Post(role=role, region=region),))
    node.say(
        "registration",
        PostChanged(
            post_id=uuid.uuid4().hex,
            account_id=who.account_id,
            name=name,
            role=role.value,
            region=region,
            organisation_id=None,
            active=True,
        ),
    )
    return who


def at(node: RealNode, service: str, who: Principal) -> Caller:
    """Answer somebody who calls a service of a node."""
    return Caller(node.app(service), who, node.services[service].clock.now())


def try_verb(node: RealNode, service: str, who: Principal, case_id: str, verb: str, opinion: str = "同意") -> bool:
    """Use a verb on a case once it is there and the verb is this person's to use; answers whether it was."""
    caller = at(node, service, who)
    found = caller.call("GET", f"/cases/{case_id}")
    if found.status_code != 200 or verb not in found.get_json()["allowed_actions"]:
        return False
    body: dict[str, Any] = {"opinion": opinion}
    headers = {"Idempotency_Key": uuid.uuid4().hex, "If_Match": f'"{found.get_json()["rev"]}"'}
    answer = caller.call("POST", f"/cases/{case_id}/{verb}", body, **headers)
    assert answer.status_code == 200, answer.text
    return True


def state_at(node: RealNode, service: str, case_id: str) -> str | None:
    """Answer the state in which a node has a case, or None where it has none."""
    with node.services[service].reading() as session:
        return session.scalar(select(CaseRow.state).where(CaseRow.id == case_id))


def chains_at(node: RealNode, service: str, case_id: str) -> dict[str, list[tuple[int, str]]]:
    """Answer the chains that a node has of a case: by whose it is, each entry's number and hash."""
    with node.services[service].reading() as session:
        wanted = select(EventRow.origin, EventRow.seq, EventRow.hash).where(EventRow.case_id == case_id)
        found: dict[str, list[tuple[int, str]]] = {}
        for origin, seq, hash_ in session.execute(wanted.order_by(EventRow.origin, EventRow.seq)):
            found.setdefault(origin, []).append((seq, hash_))
        return found


def approvals_at(node: RealNode, service: str, case_id: str) -> list[tuple[str, str]]:
    """Answer who approved a case, and at which node, as a node has it, in the order of the instants."""
    with node.services[service].reading() as session:
        wanted = select(DecisionRow.origin, DecisionRow.actor_name).where(
            DecisionRow.case_id == case_id, DecisionRow.verb == "approve"
        )
        return [(row.origin, row.actor_name or "") for row in session.execute(wanted.order_by(DecisionRow.at))]
