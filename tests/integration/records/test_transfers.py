"""A volunteer moves to another place: asked for, verified, taken over, with hours and records whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services.records.model import KnownVolunteer, Transfer
from shared.contracts.records import VolunteerTransferred
from shared.contracts.registration import VolunteerUpdated
from shared.identity import Post, Principal, Role
from tests.integration.databases import Databases
from tests.integration.records.offices import (
    ARRIVED,
    FAR_CLERK,
    NEW,
    OLD,
    OTHER_APPROVER,
    WISH,
    ask,
    decided,
    fill_offices,
    mine,
    use,
)
from tests.integration.records.world import CLERK, HEAD, LI, NOBODY, OTHER_CLERK, VOLUNTEER, ZHANG, confirmed
from tests.integration.serving import Served, refusal_in, serving


@pytest.fixture
def records(databases: Databases) -> Iterator[Served]:
    with serving(databases, "records", fill_offices) as served:
        yield served


def taken_over(records: Served) -> str:
    """Let the new place take the volunteer over; answers the case."""
    case: str = ask(records)["case_id"]
    decided(records, OTHER_CLERK, case, "approve", opinion="已核验")
    decided(records, OTHER_APPROVER, case, "approve", opinion="同意接收")
    return case


def home_of(records: Served, number: str = ZHANG) -> str:
    with records.database.reading() as session:
        return session.scalars(select(KnownVolunteer.region).where(KnownVolunteer.number == number)).one()


def test_the_new_place_verifies_and_takes_over(records: Served) -> None:
    records.listener.hear(confirmed("record-1", hours=250))
    case = ask(records)["case_id"]
    [task] = records.by(OTHER_CLERK).get("/tasks?list=todo")["items"]
    assert (task["case_id"], task["business_type"], task["home_region"]) == (case, "volunteer_transfer", OLD)
    assert records.by(CLERK).get("/tasks?list=todo")["items"] == []
    assert records.by(OTHER_APPROVER).get("/tasks?list=todo")["items"] == [], "the clerk verifies first"
    content = records.by(OTHER_CLERK).get(f"/cases/{case}")["rounds"][0]["content"]
    assert content == {
        "volunteer_name": "张伟",
        "volunteer_number": ZHANG,
        "from_region": OLD,
        "to_region": NEW,
        "reason": "搬家到行唐县",
        "total_hours": "2.5",
        "confirmed_records": 0,
    }
    decided(records, OTHER_CLERK, case, "approve", opinion="已核验")
    assert (mine(records)[0]["state"], records.published(VolunteerTransferred)) == ("open", [])
    assert decided(records, OTHER_APPROVER, case, "approve")["state"] == "approved"
    [told] = records.published(VolunteerTransferred)
    assert told == VolunteerTransferred(
        transfer_id=mine(records)[0]["id"],
        volunteer_number=ZHANG,
        volunteer_name="张伟",
        from_region=OLD,
        to_region=NEW,
        transferred_on=records.now.date(),
    )
    assert (mine(records)[0]["state"], home_of(records)) == ("approved", OLD), "registration has still to move it"


def test_registrations_word_ends_the_transfer_once_and_hours_stay_whole(records: Served) -> None:
    records.listener.hear(confirmed("record-1", hours=250))
    taken_over(records)
    before = records.by(VOLUNTEER).get("/ledger/mine")
    ledger = f"/ledger?volunteer_number={ZHANG}"
    assert records.by(CLERK).get(ledger)["total"] == 2.5

    def look() -> tuple[str, str, str | None]:
        [transfer] = mine(records)
        return home_of(records), transfer["state"], transfer["moved_at"]

    home, state, moved_at = records.listener.hear_twice(ARRIVED, look)
    assert (home, state) == (NEW, "moved")
    assert moved_at is not None
    assert records.by(VOLUNTEER).get("/ledger/mine") == before
    assert records.by(OTHER_CLERK).get(ledger) == {**before, "volunteer_number": ZHANG}
    assert records.by(CLERK).refused("GET", ledger) == (404, "volunteer_not_found")
    assert ask(records, to_region=OLD)["from_region"] == NEW, "one can move again, and back"


def test_another_word_on_the_volunteer_ends_no_transfer(records: Served) -> None:
    taken_over(records)
    renamed = VolunteerUpdated(volunteer_number=ZHANG, account_id="zhang", name="张玮", region=OLD)
    assert records.listener.hear_twice(renamed, lambda: mine(records)[0]["state"]) == "approved"
    other = VolunteerUpdated(volunteer_number=LI, account_id="li", name="李芳", region=NEW)
    assert records.listener.hear_twice(other, lambda: mine(records)[0]["state"]) == "approved"


def test_one_transfer_is_under_way_at_a_time(records: Served) -> None:
    for step in ("asked", "approved"):
        if step == "approved":
            case = mine(records)[0]["case_id"]
            decided(records, OTHER_CLERK, case, "approve")
            decided(records, OTHER_APPROVER, case, "approve")
        else:
            ask(records)
        with records.unchanged():
            answer = records.by(VOLUNTEER).call("POST", "/transfers", {**WISH, "to_region": "130126"})
            refusal_in(answer, 409, "transfer_under_way")


def test_the_same_request_again_is_one_transfer(records: Served) -> None:
    first, again = (records.by(VOLUNTEER).call("POST", "/transfers", WISH, Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert len(mine(records)) == 1


def test_who_withdraws_their_consent_stays_where_they_are(records: Served) -> None:
    case = ask(records)["case_id"]
    decided(records, OTHER_CLERK, case, "approve")
    decided(records, VOLUNTEER, case, "withdraw", opinion="不搬了")
    assert [(one["state"], one["answer"]) for one in mine(records)] == [("withdrawn", "不搬了")]
    with records.unchanged():
        refusal_in(use(records, OTHER_APPROVER, case, "approve"), 409, "not_legal_now")
    assert (records.published(VolunteerTransferred), home_of(records)) == ([], OLD)
    assert ask(records)["state"] == "open", "one can ask again"


def test_after_it_was_taken_over_it_is_too_late_to_withdraw(records: Served) -> None:
    case = taken_over(records)
    with records.unchanged():
        refusal_in(use(records, VOLUNTEER, case, "withdraw"), 409, "not_legal_now")


def test_a_rejected_transfer_moves_nobody_and_one_may_ask_again(records: Served) -> None:
    case = ask(records)["case_id"]
    refusal_in(use(records, OTHER_CLERK, case, "reject"), 422, "opinion_required", "/opinion")
    decided(records, OTHER_CLERK, case, "reject", opinion="未在本县居住")
    assert [(one["state"], one["answer"]) for one in mine(records)] == [("rejected", "未在本县居住")]
    assert (records.published(VolunteerTransferred), home_of(records)) == ([], OLD)
    assert ask(records)["state"] == "open"


def test_a_returned_transfer_is_corrected_and_sent_again(records: Served) -> None:
    transfer = ask(records)
    case, path = transfer["case_id"], f"/transfers/{transfer['id']}/reason"
    early = records.by(VOLUNTEER).call("PUT", path, {"reason": "调到行唐县工作"}, If_Match='"2"')
    refusal_in(early, 409, "transfer_not_returned")
    decided(records, OTHER_CLERK, case, "return", opinion="请写明工作单位")
    [returned] = mine(records)
    assert (returned["state"], returned["answer"], returned["decided_at"]) == ("returned", "请写明工作单位", None)
    tag = f'"{returned["revision"]}"'
    li = Principal(account_id="li", name="李芳", posts=VOLUNTEER.posts, volunteer_number=LI)
    with records.unchanged():
        theirs = records.by(li).call("PUT", path, {"reason": "与我无关的转移"}, If_Match=tag)
        refusal_in(theirs, 404, "transfer_not_found")
        stale = records.by(VOLUNTEER).call("PUT", path, {"reason": "调到行唐县工作"}, If_Match='"1"')
        refusal_in(stale, 412, "stale_revision")
    corrected = records.by(VOLUNTEER).call("PUT", path, {"reason": "调到行唐县某厂工作"}, If_Match=tag)
    assert (corrected.status_code, corrected.get_json()["reason"]) == (200, "调到行唐县某厂工作")
    decided(records, VOLUNTEER, case, "resubmit")
    [again] = mine(records)
    assert (again["state"], again["answer"]) == ("open", "")
    [difference] = records.by(OTHER_CLERK).get(f"/cases/{case}")["differences"]
    assert [change["pointer"] for change in difference["changes"]] == ["/reason"]


def test_nobody_takes_themselves_over(records: Served) -> None:
    """The volunteer is the new place's clerk too: another clerk has to verify."""
    posts = (*VOLUNTEER.posts, Post(role=Role.CLERK, region=NEW))
    both = Principal(account_id="zhang", name="张伟", posts=posts, volunteer_number=ZHANG)
    case = ask(records, both)["case_id"]
    with records.unchanged():
        refusal_in(use(records, both, case, "approve"), 403, "own_case")


def test_officials_see_the_transfers_from_and_to_their_regions(records: Served) -> None:
    transfer = ask(records)
    for who in (CLERK, OTHER_CLERK):
        [seen] = records.by(who).get("/transfers")["items"]
        assert (seen["id"], seen["volunteer_name"]) == (transfer["id"], "张伟")
        assert records.by(who).get("/transfers?state=moved")["items"] == []
    assert records.by(FAR_CLERK).get("/transfers")["items"] == []
    assert records.by(FAR_CLERK).refused("GET", f"/cases/{transfer['case_id']}") == (404, "case_not_found")


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        (HEAD, "POST", "/transfers"),
        (OTHER_CLERK, "POST", "/transfers"),
        (NOBODY, "POST", "/transfers"),
        (OTHER_CLERK, "PUT", "/transfers/x/reason"),
        (VOLUNTEER, "GET", "/transfers"),
        (HEAD, "GET", "/transfers"),
    ],
)
def test_a_transfer_is_the_volunteers_to_ask_for(records: Served, who: Principal, method: str, path: str) -> None:
    body = WISH if method == "POST" else {"reason": "搬家到行唐县"} if method == "PUT" else None
    with records.unchanged():
        assert records.by(who).refused(method, path, body, If_Match='"1"') == (403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"consent": False}, "consent_missing", "/consent"),
        ({"consent": None}, "required", "/consent"),
        ({"to_region": OLD}, "already_there", "/to_region"),
        ({"to_region": "139999"}, "unknown_region", "/to_region"),
        ({"to_region": "130171"}, "region_not_reporting", "/to_region"),
        ({"to_region": "NEW"}, "wrong_form", "/to_region"),
        ({"reason": "搬"}, "wrong_length", "/reason"),
        ({"reason": "搬" * 501}, "wrong_length", "/reason"),
        ({"volunteer_number": LI}, "unknown_field", "/volunteer_number"),
    ],
)
def test_a_wrong_wish_is_refused_at_its_field(
    records: Served, changes: dict[str, object], code: str, pointer: str
) -> None:
    with records.unchanged():
        answer = records.by(VOLUNTEER).call("POST", "/transfers", {**WISH, **changes})
        refusal_in(answer, 422, code, pointer)


def test_who_is_not_known_yet_may_try_again(records: Served) -> None:
    newcomer = Principal(account_id="sun", name="孙丽", posts=VOLUNTEER.posts, volunteer_number="A0100000049")
    with records.unchanged():
        refusal_in(records.by(newcomer).call("POST", "/transfers", WISH), 503, "volunteer_not_known_yet")


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"state": "moved"},
        {"state": "rejected"},
        {"to_region": OLD},
    ],
)
def test_the_database_keeps_the_rules_too(records: Served, wrong: dict[str, str]) -> None:
    ask(records)
    with pytest.raises(IntegrityError), records.database.unit_of_work() as uow:
        uow.session.execute(update(Transfer).values(**wrong))
