"""The three administrators, officials of two sibling counties, and people who want to take part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from services.registration.commands import accounts, posts
from services.registration.model import Account
from shared.identifiers import check_digit, uscc_check_character
from shared.identity import Post, Principal, Role
from tests.integration.serving import Served

PASSWORD = "Anquan-2026!"
VOLUNTEER = {
    "name": "张伟",
    "mobile": "13812345678",
    "region": "130123",
    "category": "student",
    "specialties": ["急救"],
    "consents": ["privacy", "id_number"],
}
ORGANISATION = {"region": "130123", "kind": "county", "purpose": "开展安全生产宣传志愿服务"}
OFFICES = {
    "clerk": (Role.CLERK, "130123"),
    "approver": (Role.APPROVER, "130123"),
    "other-clerk": (Role.CLERK, "130125"),
    "other-approver": (Role.APPROVER, "130125"),
}
PEOPLE = ("zhang", "lifang", "zhao")
_numbers = count(1)


def id_number(*, born: date = date(1990, 5, 17), order: int | None = None) -> str:
    """Answer a valid number that no other call has given."""
    body = f"130123{born:%Y%m%d}{(next(_numbers) if order is None else order):03}"
    return body + check_digit(body)


def uscc() -> str:
    """Answer a valid unified social credit code that no other call has given."""
    body = f"51130000{next(_numbers):09}"
    return body + uscc_check_character(body)


def who(served: Served, username: str) -> Principal:
    """Answer an account with the posts it holds now, as its next token says."""
    with served.database.reading() as session:
        account = session.query(Account).filter_by(username=username).one()
        return accounts.principal_of(session, account)


def made(served: Served, principal: Principal, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Send something that must be accepted, and answer what came back."""
    answer = served.by(principal).call("POST", path, body)
    assert answer.status_code in (200, 201), answer.text
    return answer.get_json()


def appoint(served: Served, account_id: str, role: Role, region: str) -> Any:
    """Give a post by two administrators, and answer it."""
    body = {"account_id": account_id, "role": role.value, "region": region}
    post = made(served, who(served, "system-admin"), "/posts", body)
    return made(served, who(served, "security-admin"), f"/posts/{post['id']}/confirm")


def register(served: Served, username: str, **changes: Any) -> Any:
    """Register somebody as a volunteer, and answer the registration."""
    return made(served, who(served, username), "/volunteers", {**VOLUNTEER, "id_number": id_number(), **changes})


def found(served: Served, username: str, **changes: Any) -> Any:
    """Register an organisation, and answer the registration."""
    body = {**ORGANISATION, "name": f"志愿服务队{next(_numbers)}", **changes}
    return made(served, who(served, username), "/organisations", body)


def decide(served: Served, username: str, case_id: str, verb: str, opinion: str = "同意") -> Any:
    """Use a verb on a case, which must be allowed; answers the case."""
    caller = served.by(who(served, username))
    case = caller.get(f"/cases/{case_id}")
    headers = {"Idempotency_Key": f"decide-{next(_numbers)}", "If_Match": f'"{case["rev"]}"'}
    answer = caller.call("POST", f"/cases/{case_id}/{verb}", {"opinion": opinion}, **headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def away(served: Served, username: str, delegate: str, *, starts: int = 0, days: int = 3, **changes: Any) -> Any:
    """Answer what is answered to an official who is away from some day on, for some days."""
    body = {
        "delegate_account_id": served.known.get(delegate, delegate),
        "starts_at": (served.now + timedelta(days=starts)).isoformat(),
        "ends_at": (served.now + timedelta(days=starts + days)).isoformat(),
        **changes,
    }
    return served.by(who(served, username)).call("POST", "/absences", body)


def set_rule(served: Served, username: str, delegate: str, **changes: Any) -> Any:
    """Set an absence rule that must be accepted, and answer it."""
    answer = away(served, username, delegate, **changes)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def end_rule(served: Served, username: str, rule: Mapping[str, Any], *, revision: int = 1) -> Any:
    """Answer what is answered to somebody who ends an absence rule."""
    caller = served.by(who(served, username))
    return caller.call("POST", f"/absences/{rule['id']}/end", If_Match=f'"{revision}"')


def nobody() -> Principal:
    """Answer someone whose account is not here."""
    return Principal(account_id="nobody", name="nobody", posts=(Post(role=Role.VOLUNTEER, region="130123"),))


def fill(served: Served) -> Served:
    """Let the administrators appoint officials, and people make accounts."""
    with served.database.unit_of_work() as uow:
        served.known["secrets"] = posts.bootstrap(uow)
    system = who(served, "system-admin")
    for name in (*OFFICES, *PEOPLE):
        served.known[name] = made(served, system, "/accounts", {"username": name, "name": name})["id"]
    for name, (role, region) in OFFICES.items():
        served.known[f"post-{name}"] = appoint(served, served.known[name], role, region)["id"]
    served.hear_itself()
    return served
