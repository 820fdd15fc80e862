"""What registration refuses of volunteers and organisations, and that nothing has changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.integration.registration.world import ORGANISATION, VOLUNTEER, id_number, nobody, who
from tests.integration.serving import Served, refusal_in

CHILD = id_number(born=date(2012, 9, 21))
MINOR = id_number(born=date(2012, 9, 20))
NUMBER = id_number()


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"id_number": NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")}, 422, "id_number_check_digit", "/id_number"),
        ({"id_number": "130123"}, 422, "id_number_malformed", "/id_number"),
        ({"id_number": "13012319900230123X"}, 422, None, "/id_number"),
        ({"id_number": 130123199005170012}, 422, "not_a_text", "/id_number"),
        ({"id_number": "x" * 31}, 422, "too_long", "/id_number"),
        ({"id_number": None}, 422, "required", "/id_number"),
        ({"id_number": CHILD}, 422, "too_young", "/id_number"),
        ({"id_number": MINOR}, 422, "guardian_consent_missing", "/guardian_consents"),
        ({"mobile": "12345678901"}, 422, "mobile_malformed", "/mobile"),
        ({"mobile": "1381234567"}, 422, "mobile_malformed", "/mobile"),
        ({"region": "999999"}, 422, "unknown_region", "/region"),
        ({"region": "130223"}, 422, "unknown_region", "/region"),
        ({"region": "130171"}, 422, "region_not_reporting", "/region"),
        ({"region": "110000"}, 422, "unknown_region", "/region"),
        ({"region": "13012３"}, 422, "unknown_region", "/region"),
        ({"region": 130123}, 422, "not_a_text", "/region"),
        ({"category": "hero"}, 422, "not_a_choice", "/category"),
        ({"consents": []}, 422, "consent_missing", "/consents"),
        ({"consents": ["privacy"]}, 422, "consent_missing", "/consents"),
        ({"consents": "privacy"}, 422, "not_a_list", "/consents"),
        ({"consents": ["privacy", "id_number", "x" * 31]}, 422, "too_long", "/consents/2"),
        ({"consents": [str(number) for number in range(11)]}, 422, "too_long", "/consents"),
        ({"specialties": ["x"] * 11}, 422, "too_long", "/specialties"),
        ({"specialties": ["急\x00救"]}, 422, "text_not_storable", "/specialties/0"),
        ({"guardian_consents": "perhaps"}, 422, "not_a_boolean", "/guardian_consents"),
        ({"name": "王"}, 422, "wrong_length", "/name"),
        ({"state": "approved"}, 422, "unknown_field", "/state"),
        ({"number": "A0100000015"}, 422, "unknown_field", "/number"),
        ({"account_id": "zhang"}, 422, "unknown_field", "/account_id"),
        ({"stars": 5}, 422, "unknown_field", "/stars"),
    ],
)
def test_a_wrong_registration_is_refused(
    standing: Served, changes: dict[str, Any], status: int, code: str | None, pointer: str
) -> None:
    body = {**VOLUNTEER, "id_number": id_number(), **changes}
    with standing.unchanged():
        answer = standing.by(who(standing, "lifang")).call("POST", "/volunteers", body)
        found = answer.get_json()["code"] if code is None else code
        problem = refusal_in(answer, status, found, pointer)
    assert str(body["id_number"]) not in str(problem), "an error never repeats an ID number"


def test_nobody_registers_twice_and_the_words_are_the_same(standing: Served) -> None:
    """Whether the account or the person is known: nobody learns whose number it is."""
    with standing.unchanged():
        by_person = standing.by(who(standing, "lifang")).call(
            "POST", "/volunteers", {**VOLUNTEER, "id_number": standing.known["number"]}
        )
        by_account = standing.by(who(standing, "zhang")).call(
            "POST", "/volunteers", {**VOLUNTEER, "id_number": id_number()}
        )
    bodies = [refusal_in(answer, 409, "already_registered") for answer in (by_person, by_account)]
    assert bodies[0] | {"trace_id": ""} == bodies[1] | {"trace_id": ""}


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"name": "正定县志愿服务队"}, 409, "organisation_exists", "/name"),
        ({"name": "队"}, 422, "wrong_length", "/name"),
        ({"name": "志愿服务队\x00"}, 422, "text_not_storable", "/name"),
        ({"name": "x" * 101}, 422, "wrong_length", "/name"),
        ({"kind": "army"}, 422, "not_a_choice", "/kind"),
        ({"region": "999999"}, 422, "unknown_region", "/region"),
        ({"region": "130171"}, 422, "region_not_reporting", "/region"),
        ({"region": "130123 "}, 422, "wrong_form", "/region"),
        ({"uscc": "51130000MJ0000000X"}, 422, None, "/uscc"),
        ({"uscc": "short"}, 422, None, "/uscc"),
        ({"uscc": "x" * 31}, 422, "too_long", "/uscc"),
        ({"uscc": 5}, 422, "not_a_text", "/uscc"),
        ({"purpose": ""}, 422, "wrong_length", "/purpose"),
        ({"purpose": None}, 422, "required", "/purpose"),
        ({"state": "approved"}, 422, "unknown_field", "/state"),
        ({"head_account_id": "zhang"}, 422, "unknown_field", "/head_account_id"),
    ],
)
def test_a_wrong_organisation_is_refused(
    standing: Served, changes: dict[str, Any], status: int, code: str | None, pointer: str
) -> None:
    body = {**ORGANISATION, "name": "另一个志愿服务队", **changes}
    with standing.unchanged():
        answer = standing.by(who(standing, "lifang")).call("POST", "/organisations", body)
        refusal_in(answer, status, answer.get_json()["code"] if code is None else code, pointer)


@pytest.mark.parametrize("path", ["/volunteers", "/organisations"])
@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("region=999999", "unknown_region", "/query/region"),
        ("region=130171", "region_not_reporting", "/query/region"),
        ("region=x", "wrong_form", "/query/region"),
        ("state=lost", "not_a_choice", "/query/state"),
        ("limit=0", "out_of_range", "/query/limit"),
        ("limit=99999999999999999999", "out_of_range", "/query/limit"),
        ("cursor=x", "cursor_invalid", "/query/cursor"),
        ("cursor=WzFd", "cursor_invalid", "/query/cursor"),
        ("cursor=a%00", "text_not_storable", "/query/cursor"),
    ],
)
def test_a_wrong_question_is_refused(standing: Served, path: str, query: str, code: str, pointer: str) -> None:
    with standing.unchanged():
        refusal_in(standing.by(who(standing, "clerk")).call("GET", f"{path}?{query}"), 422, code, pointer)


@pytest.mark.parametrize(
    ("by", "path", "status", "code"),
    [
        ("lifang", "/volunteers/me", 404, "not_a_volunteer"),
        ("lifang", "/volunteers/me/file", 404, "not_a_volunteer"),
        ("lifang", "/volunteers", 403, "forbidden"),
        ("lifang", "/organisations", 403, "forbidden"),
        ("lifang", "/organisations/none", 404, "organisation_not_found"),
        ("lifang", "/organisations/' OR 1=1 --", 404, "organisation_not_found"),
        ("lifang", "/organisations/a%00b", 404, "not_found"),
        ("lifang", "/cases/{volunteer_case}", 404, "case_not_found"),
        ("lifang", "/cases/{organisation_case}/trail", 404, "case_not_found"),
        ("other-clerk", "/cases/{volunteer_case}", 404, "case_not_found"),
        ("other-clerk", "/organisations/{organisation}", 404, "organisation_not_found"),
        ("security-admin", "/cases/{volunteer_case}", 404, "case_not_found"),
    ],
)
def test_what_is_not_theirs_is_not_there(standing: Served, by: str, path: str, status: int, code: str) -> None:
    with standing.unchanged():
        refusal_in(standing.by(who(standing, by)).call("GET", path.format(**standing.known)), status, code)


def test_who_looks_after_cases_sees_their_course_and_not_what_they_are_about(standing: Served) -> None:
    case = standing.by(who(standing, "system-admin")).get(f"/cases/{standing.known['volunteer_case']}")
    assert case["allowed_actions"] == ["suspend", "terminate", "migrate"]
    assert [one["content"] for one in case["rounds"]] == [{}]
    shown = standing.by(who(standing, "zhang")).get(f"/cases/{standing.known['volunteer_case']}")
    assert shown["rounds"][0]["content"] != {}


@pytest.mark.parametrize(
    ("by", "case", "verb", "status", "code"),
    [
        ("zhang", "volunteer_case", "approve", 403, "own_case"),
        ("zhang", "organisation_case", "approve", 403, "own_case"),
        ("approver", "volunteer_case", "approve", 403, "not_yours"),
        ("clerk", "organisation_case", "approve", 403, "not_yours"),
        ("clerk", "volunteer_case", "withdraw", 403, "not_the_initiator"),
        ("clerk", "volunteer_case", "reject", 422, "opinion_required"),
        ("other-clerk", "volunteer_case", "approve", 404, "case_not_found"),
        ("lifang", "volunteer_case", "withdraw", 404, "case_not_found"),
        ("system-admin", "volunteer_case", "approve", 403, "not_yours"),
        ("security-admin", "volunteer_case", "approve", 404, "case_not_found"),
    ],
)
def test_who_may_not_decide_is_told_so_or_nothing(
    standing: Served, by: str, case: str, verb: str, status: int, code: str
) -> None:
    rev = standing.by(who(standing, "zhang")).get(f"/cases/{standing.known[case]}")["rev"]
    headers = {"Idempotency_Key": "k", "If_Match": f'"{rev}"'}
    with standing.unchanged():
        path = f"/cases/{standing.known[case]}/{verb}"
        refusal_in(standing.by(who(standing, by)).call("POST", path, {}, **headers), status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/accounts/me"), ("POST", "/volunteers"), ("POST", "/organisations")],
)
def test_a_token_of_an_account_that_is_not_here_opens_nothing(standing: Served, method: str, path: str) -> None:
    body = {**VOLUNTEER, "id_number": id_number()} if path == "/volunteers" else {**ORGANISATION, "name": "志愿服务队"}
    with standing.unchanged():
        answer = standing.by(nobody()).call(method, path, body if method == "POST" else None)
        refusal_in(answer, 401, "not_signed_in")
