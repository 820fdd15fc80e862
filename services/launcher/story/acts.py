"""What people do in the story, each a few requests: the journeys of the tests are made of the same acts.

Every act can be done again: it finds what is there already, or its command id answers what was answered before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.launcher.story.numbers import made_up_id_number
from services.launcher.story.people import Person, Place, Refused, StoryFailed, wait_for


@dataclass(frozen=True, eq=False)
class Administrators:
    """The first administrators."""

    system: Person
    security: Person
    audit: Person


def activate(person: Person, *, secret: str) -> Person:
    """Choose the first password with a one-use secret, unless that was done before."""
    if not person.try_sign_in():
        _choose_password(person, secret)
    return person


def _choose_password(person: Person, secret: str) -> None:
    answer = person.place.send(
        "POST", "/registration/accounts/activate", json={"secret": secret, "password": person.password}
    )
    # An answer that was lost on the way leaves a secret that is used and a password that works.
    if answer.status_code >= 400 and not person.try_sign_in():
        raise Refused(answer.status_code, answer.json(), f"activation of {person.username}")
    person.sign_in()


def appoint(admins: Administrators, person: Person, *, role: str, region: str) -> Person:
    """Make an account for an official, give it a post and have another administrator confirm it."""
    key = person.place.key
    account = admins.system.post(
        "/registration/accounts",
        {"username": person.username, "name": person.name},
        key=key("account", person.username),
    )
    secret = _secret_of(admins, account["id"], key=key("secret", person.username))
    if secret is None:
        person.sign_in()
    else:
        _choose_password(person, secret)
    post = admins.system.post(
        "/registration/posts",
        {"account_id": person.account_id, "role": role, "region": region},
        key=key("post", person.username, role, region),
    )
    admins.security.post(f"/registration/posts/{post['id']}/confirm", key=key("confirm", person.username, role, region))
    return person.renew()


def _secret_of(admins: Administrators, account_id: str, *, key: str) -> str | None:
    """Answer a new one-use secret, or None for an account whose owner has chosen a password already."""
    try:
        return str(admins.system.post(f"/registration/accounts/{account_id}/secret", key=key)["secret"])
    except Refused as refusal:
        if refusal.problem.get("code") == "account_activated":
            return None
        raise


def make_own_account(person: Person) -> Person:
    """Make an account for oneself, unless that was done before."""
    answer = person.place.send(
        "POST",
        "/registration/accounts/self",
        json={"username": person.username, "password": person.password, "name": person.name},
    )
    if answer.status_code >= 400 and answer.json().get("code") != "username_taken":
        raise Refused(answer.status_code, answer.json(), f"account of {person.username}")
    return person.sign_in()


def register_organisation(head: Person, approver: Person, *, name: str, region: str) -> str:
    """Register an organisation and have its region's office approve it; answers its id."""
    key = head.place.key
    make_own_account(head)
    made = head.post(
        "/registration/organisations",
        {"name": name, "region": region, "kind": "county", "purpose": "开展安全生产宣传志愿服务，普及安全知识"},
        key=key("organisation", name),
    )
    decide(approver, "registration", made["case_id"], "approve", opinion="材料齐全，同意", step=f"organisation/{name}")
    head.renew()
    return str(made["id"])


def register_volunteer(person: Person, clerk: Person, *, region: str, place_in_run: int) -> Person:
    """Register a person as a volunteer and have a clerk of the region confirm it; they get their number."""
    key = person.place.key
    make_own_account(person)
    chance = random.Random(person.place.key("person", place_in_run))  # noqa: S311  # made-up people, no secret
    made = person.post(
        "/registration/volunteers",
        {
            "name": person.name,
            "id_number": made_up_id_number(chance),
            "mobile": f"139{chance.randrange(10**8):08d}",
            "region": region,
            "category": "publicity_worker",
            "specialties": ["宣讲", "应急知识"],
            "consents": ["privacy", "id_number"],
        },
        key=key("volunteer", person.username),
    )
    decide(clerk, "registration", made["case_id"], "approve", opinion="已核对身份", step=f"volunteer/{person.username}")
    person.renew()
    person.volunteer_number = person.get("/registration/accounts/me")["volunteer_number"]
    return person


def decide(
    person: Person,
    service: str,
    case_id: str,
    verb: str,
    *,
    step: str,
    opinion: str = "",
    remarks: Sequence[dict[str, str]] = (),
) -> Any:
    """Decide a case once its task has reached this person; the command id is the step's."""
    key = person.place.key("decide", step, verb, person.username)
    body: dict[str, Any] = {"opinion": opinion, "remarks": list(remarks)} if remarks else {"opinion": opinion}
    return wait_for(
        lambda: _try_to_decide(person, service, case_id, verb, body, key), what=f"{verb} of {step} by {person.name}"
    )


def _try_to_decide(person: Person, service: str, case_id: str, verb: str, body: Any, key: str) -> Any:
    """Decide if this person may now, or did under this command id before; else answer None."""
    try:
        case = person.get(f"/{service}/cases/{case_id}")
        if verb in case["allowed_actions"] or _has_decided(person, service, case_id):
            return person.post(f"/{service}/cases/{case_id}/{verb}", body, key=key, revision=case["rev"])
    except Refused as refusal:
        # Not theirs yet: the event that brings the task or the post is still on its way.
        if refusal.status not in (403, 404, 409, 412):
            raise
    return None


def _has_decided(person: Person, service: str, case_id: str) -> bool:
    done = person.get(f"/{service}/tasks", list="done", limit=100)["items"]
    return any(task["case_id"] == case_id for task in done)


@dataclass(frozen=True, kw_only=True)
class Served:
    """What one volunteer did in an activity: so many days of so many hours, from a first day on."""

    person: Person
    days: int
    hours: int = 8
    quality: int = 5


def hold_activity(
    head: Person, *, organisation_id: str, name: str, first_day: date, served: Sequence[Served], place: str
) -> str:
    """Open a project and an activity, record who served, close it; answers the id of its report's draft."""
    key = head.place.key
    activity_id = open_activity(head, organisation_id=organisation_id, name=name, place=place)
    lines = [line for one in served for line in _lines(one, first_day)]
    wait_for(
        lambda: _once_known(
            head, f"/records/activities/{activity_id}/records", {"lines": lines}, key=key("records", activity_id)
        ),
        what="the volunteers at records",
    )
    head.post(f"/records/activities/{activity_id}/close", key=key("close", activity_id))
    drafts = wait_for(
        lambda: head.get("/reporting/reports", activity_id=activity_id)["items"], what="the draft of the report"
    )
    return str(drafts[0]["id"])


def open_activity(head: Person, *, organisation_id: str, name: str, place: str) -> str:
    """Open a project and an activity of it; answers the id of the activity."""
    key = head.place.key
    project = wait_for(
        lambda: _once_known(
            head,
            "/records/projects",
            {
                "organisation_id": organisation_id,
                "name": f"安全进万家（{name}）",
                "theme": "safety_into_homes",
                "description": "走进社区和农村，讲解用火用电用气安全",
            },
            key=key("project", organisation_id, name),
        ),
        what="the organisation at records",
    )
    activity = head.post(
        "/records/activities",
        {
            "project_id": project["id"],
            "name": name,
            "place": place,
            "beneficiaries": "社区居民、老人",
            "content": "入户讲解家庭用气安全，发放明白纸，演示灭火器使用",
            "leader": head.name,
            "category": "special",
            "enters": ["community", "household"],
        },
        key=key("activity", organisation_id, name),
    )
    return str(activity["id"])


def _lines(served: Served, first_day: date) -> list[dict[str, Any]]:
    return [
        {
            "volunteer_number": served.person.volunteer_number,
            "served_on": (first_day + timedelta(days=day)).isoformat(),
            "starts": "08:00",
            "ends": f"{8 + served.hours:02d}:00",
            "quality": served.quality,
        }
        for day in range(served.days)
    ]


def _once_known(person: Person, path: str, body: Any, *, key: str) -> Any:
    """Send a command, or answer None while its service has not yet heard of what the command is about."""
    try:
        return person.post(path, body, key=key)
    except Refused as refusal:
        codes = {refusal.problem.get("code")} | {error["code"] for error in refusal.problem.get("errors", ())}
        if codes & {"organisation_not_found", "volunteer_not_found"}:
            return None
        raise


def submit_report(head: Person, report_id: str, *, summary: str, step: str) -> str:
    """Complete a report's summary and send it upwards; answers the id of its case."""
    key = head.place.key
    report = head.get(f"/reporting/reports/{report_id}")
    if report["state"] in ("draft", "returned"):
        head.change(
            "PATCH",
            f"/reporting/reports/{report_id}",
            {"summary": summary, "problems": "部分老旧小区燃气软管老化，居民更换意愿不高"},
            key=key("edit", step),
            revision=report["revision"],
        )
        head.post(f"/reporting/reports/{report_id}/submit", key=key("submit", step))
    return str(head.get(f"/reporting/reports/{report_id}")["case_id"])


def task_about(person: Person, service: str, *, business_type: str, title_has: str) -> Any:
    """Wait until a task of this kind lies in this person's list; answers it."""

    def look() -> Any:
        found = person.get(f"/{service}/tasks", list="todo", business_type=business_type, limit=100)["items"]
        return next((task for task in found if title_has in task["title"]), None)

    return wait_for(look, what=f"a task about {title_has} for {person.name}")


def expect_refusal(send: Any, *, status: int, what: str) -> None:
    """Do something that must be refused.

    :raises StoryFailed: when it is not, or with another status.
    """
    try:
        send()
    except Refused as refusal:
        if refusal.status == status:
            return
        raise
    raise StoryFailed(f"{what} was not refused")


def made_up(place: Place, handle: str, name: str) -> Person:
    """Answer a person of this run, whose user name nobody else has."""
    return Person(place, username=f"{handle}-{place.run}", name=name)
