"""A case's way through the door: opened, decided, returned, corrected, told and read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.approval.core.parsing import parse
from shared.approval.core.state import Party, Remark
from shared.approval.core.words import Verb
from shared.approval.definitions import shipped
from shared.contracts.cases import CaseClosed, CaseDecided, CaseHeld, CaseReturned, TaskAssigned
from shared.errors import Conflict, Forbidden, Invalid, KeyReused, NotFound, StaleRevision
from shared.identity import Principal
from tests.integration.approval.office import (
    ANN,
    BAO,
    BEN,
    BUSINESS,
    CAI,
    CITY,
    COUNTY,
    DAI,
    DINGZHOU,
    PROVINCE,
    START,
    Office,
    fresh_id,
    official,
)


def test_a_case_climbs_the_tiers_and_the_record_follows_in_the_same_transaction(office: Office) -> None:
    case = office.open("r1")
    assert [stage.region for stage in case.stages] == [COUNTY, CITY, PROVINCE]
    assert case.token_region_name == "石家庄市正定县"
    for who in (BEN, CAI):
        assert office.act(case, Verb.APPROVE, who).state == "running"
    done = office.act(case, Verb.APPROVE, DAI, opinion="同意上报")
    assert (done.state, done.last.name, done.last.region, done.last.opinion) == (
        "approved",
        "Dai",
        PROVINCE,
        "同意上报",
    )
    assert office.outcomes == [("r1", "approved", "同意上报")]
    assert office.trail_problems(case) == ()


def test_the_others_are_told_what_they_need_and_no_more(office: Office) -> None:
    case = office.open("r1", barred=frozenset({"hao"}))
    office.act(case, Verb.APPROVE, BEN)
    office.act(case, Verb.RETURN, CAI, opinion="请核对工时", remarks=(Remark("/hours", "偏多"),))
    events = office.events()
    assert [type(event) for event in events] == [TaskAssigned, CaseDecided, TaskAssigned, CaseDecided, CaseReturned]
    first, decided, second, _, returned = events
    assert isinstance(first, TaskAssigned)
    assert (first.region, first.role, first.assignee, first.excluded_account_ids) == (
        COUNTY,
        "approver",
        None,
        ("ann", "hao"),
    )
    assert isinstance(second, TaskAssigned)
    assert (second.region, second.excluded_account_ids) == (CITY, ("ann", "ben", "hao"))
    assert isinstance(decided, CaseDecided)
    assert (decided.verb, decided.decided_by, decided.region) == ("approve", "Ben", COUNTY)
    assert isinstance(returned, CaseReturned)
    assert (returned.decided_by, returned.opinion, returned.remarks, returned.region) == ("Cai", "请核对工时", 1, CITY)


def test_a_closed_case_is_told_with_its_outcome(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.WITHDRAW, ANN, opinion="重复")
    closed = office.events()[-1]
    assert isinstance(closed, CaseClosed)
    assert (closed.outcome, closed.decided_by, closed.opinion, closed.region) == ("withdrawn", "Ann", "重复", COUNTY)
    assert office.outcomes == [("r1", "withdrawn", "重复")]


def test_a_returned_case_comes_back_with_what_was_changed(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.RETURN, BEN, opinion="请核对")
    office.content = {"hours": 100}
    again = office.act(case, Verb.RESUBMIT, ANN, opinion="已更正")
    assert (again.state, again.round) == ("running", 2)
    office.act(case, Verb.RETURN, BEN, opinion="还是不对")
    office.act(case, Verb.RESUBMIT, ANN)
    detail = office.view(case)
    assert [one.content for one in detail.rounds] == [{"hours": 125}, {"hours": 100}, {"hours": 100}]
    first, second = detail.differences
    assert [(change.pointer, change.old, change.new) for change in first.changes] == [("/hours", 125, 100)]
    assert (second.nothing_changed, second.changes) == (True, ())
    assert [outcome for _, outcome, _ in office.outcomes] == ["returned", "resubmitted", "returned", "resubmitted"]


def test_the_trail_reads_as_a_timeline_over_both_rounds(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.RETURN, BEN, opinion="请核对", remarks=(Remark("/hours", "偏多"),))
    office.act(case, Verb.RESUBMIT, ANN, opinion="已更正")
    office.act(case, Verb.APPROVE, BAO, opinion="")
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case.id, principal=ANN, at=START)
    assert trail.intact
    assert [(line.round, line.verb, line.who, line.region_name, line.opinion) for line in trail.entries] == [
        (1, "submit", "Ann", "石家庄市正定县", ""),
        (1, "return", "Ben", "石家庄市正定县", "请核对"),
        (2, "resubmit", "Ann", "石家庄市正定县", "已更正"),
        (2, "approve", "Bao", "石家庄市正定县", ""),
    ]
    assert [remark.pointer for remark in trail.entries[1].remarks] == ["/hours"]


def test_the_same_command_again_gets_the_stored_answer_and_nothing_happens(office: Office) -> None:
    case = office.open("r1")
    first = office.act(case, Verb.APPROVE, BEN, command_id="once", expected_rev=1)
    again = office.act(case, Verb.APPROVE, BEN, command_id="once", expected_rev=1)
    assert again == first
    assert (office.decisions(case), len(office.events())) == (2, 3)
    # Also when the case has long moved on.
    office.act(case, Verb.APPROVE, CAI)
    assert office.act(case, Verb.APPROVE, BEN, command_id="once") == first


def test_the_same_command_id_with_another_body_or_person_is_refused(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.APPROVE, BEN, command_id="once", opinion="同意")
    for who, verb, opinion in ((BEN, Verb.APPROVE, "不同"), (BAO, Verb.APPROVE, "同意"), (BEN, Verb.REJECT, "同意")):
        with pytest.raises(KeyReused):
            office.act(case, verb, who, command_id="once", opinion=opinion)


def test_opening_twice_by_one_command_opens_one_case(office: Office) -> None:
    first = office.open("r1", command_id="open-once")
    assert office.open("r1", command_id="open-once") == first
    with pytest.raises(KeyReused):
        office.open("r2", command_id="open-once")


def test_a_business_object_has_one_open_case(office: Office) -> None:
    case = office.open("r1")
    with pytest.raises(Conflict) as refused:
        office.open("r1")
    assert (refused.value.code, refused.value.extra["case_id"]) == ("case_open", case.id)
    office.act(case, Verb.REJECT, BEN)
    assert office.open("r1").id != case.id


def test_the_loser_learns_the_winner_and_what_is_left_to_do(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.APPROVE, BEN, expected_rev=1)
    with pytest.raises(Conflict) as refused:
        office.act(case, Verb.REJECT, BAO, expected_rev=1)
    assert refused.value.code == "already_decided"
    assert refused.value.extra["winner"]["name"] == "Ben"
    assert refused.value.extra["allowed_actions"] == ["cc", "comment"]
    assert "Ben" in refused.value.zh
    entries = office.entries(case)
    assert office.view(case).case.rev == 2
    assert office.entries(case) == entries


def test_a_stale_page_is_told_to_read_again(office: Office) -> None:
    case = office.open("r1")
    office.act(case, Verb.RETURN, BEN, opinion="请核对")
    office.act(case, Verb.RESUBMIT, ANN)
    with pytest.raises(StaleRevision) as refused:
        office.act(case, Verb.APPROVE, BEN, expected_rev=1)
    assert refused.value.extra["revision"] == 3


def test_an_opinion_is_demanded_where_the_definition_says_so(office: Office) -> None:
    case = office.open("r1")
    with pytest.raises(Invalid) as refused:
        office.act(case, Verb.REJECT, BEN, opinion="")
    assert (refused.value.code, refused.value.pointer) == ("opinion_required", "/opinion")


def test_who_may_not_see_a_case_is_not_told_that_it_is_there(office: Office) -> None:
    case = office.open("r1")
    stranger = official("Eve", DINGZHOU)
    office.post(stranger)
    for verb in (Verb.APPROVE, Verb.WITHDRAW):
        with pytest.raises(NotFound):
            office.act(case, verb, stranger)
    with pytest.raises(NotFound):
        office.view(case, stranger)
    with pytest.raises(Forbidden):
        office.act(case, Verb.WITHDRAW, DAI)


def test_a_post_sees_its_region_and_all_below_by_the_parent_table(office: Office) -> None:
    county, dingzhou = office.open("r1"), office.open("r2", home_region=DINGZHOU)
    baoding = official("Bei", "130600")
    for who, sees in ((BEN, {"r1"}), (CAI, {"r1"}), (DAI, {"r1", "r2"}), (baoding, set()), (ANN, {"r1", "r2"})):
        seen = set()
        for case in (county, dingzhou):
            try:
                seen.add(office.view(case, who).case.business_id)
            except NotFound:
                continue
        assert seen == sees, who


def test_an_organisations_administrators_follow_its_cases(office: Office) -> None:
    case = office.open("r1", organisation_id="org-1")
    head = official("Hao", COUNTY)
    post = replace(head.posts[0], organisation_id="org-1")
    administrator = Principal(account_id="hao", name="Hao", posts=(replace(post, role=post.role.ORGANISATION_ADMIN),))
    assert office.view(case, administrator).case.allowed_actions == ()
    with pytest.raises(NotFound):
        office.view(office.open("r2", organisation_id="org-2"), administrator)


def test_the_directory_and_not_the_token_says_who_decides(office: Office) -> None:
    case = office.open("r1")
    office.post(BEN, active=False)
    with pytest.raises(Forbidden):
        office.act(case, Verb.APPROVE, BEN)
    newcomer = Principal(account_id="fan", name="Fan")
    office.post(official("Fan", COUNTY))
    assert office.act(case, Verb.APPROVE, Party(newcomer.account_id, newcomer.name)).stages[0].state == "passed"


def test_a_case_is_held_when_nobody_may_decide_and_goes_on_when_somebody_may(office: Office) -> None:
    case = office.open("r1", barred=frozenset({"ben", "bao"}))
    assert case.stages[0].state == "held"
    held = office.events()[-1]
    assert isinstance(held, CaseHeld)
    assert (held.region, held.roles) == (COUNTY, ("approver",))
    office.post(official("Fan", COUNTY))
    detail = office.view(case)
    assert (detail.case.stages[0].state, detail.case.rev) == ("open", 2)
    assert isinstance(office.events()[-1], TaskAssigned)
    office.post(official("Fan", COUNTY), active=False)
    assert office.view(case).case.stages[0].state == "held"
    assert office.trail_problems(case) == ()


def test_posts_that_decide_nothing_stay_out_of_the_directory(office: Office) -> None:
    case = office.open("r1", barred=frozenset({"ben", "bao"}))
    volunteer = official("Fan", COUNTY)
    office.post(replace(volunteer, posts=(replace(volunteer.posts[0], role=volunteer.posts[0].role.VOLUNTEER),)))
    assert office.view(case).case.stages[0].state == "held"


def test_a_service_opens_cases_by_itself_and_one_tier_decides(office: Office) -> None:
    case = office.open("star-1", definition="star_rating_low", home_region=DINGZHOU, initiator=Party.system("awards"))
    assert [stage.region for stage in case.stages] == [DINGZHOU]
    assert case.stages[0].state == "held"
    eve = official("Eve", DINGZHOU)
    office.post(eve)
    assert office.view(case, eve).case.allowed_actions[:3] == ("approve", "reject", "claim")
    assert office.act(case, Verb.APPROVE, eve).state == "approved"


def test_a_running_case_stays_on_its_version_and_a_retired_one_cannot_be_started(office: Office) -> None:
    """AP11, and the rounds: a resubmitted case takes the version that is active by then."""
    running, returned = office.open("r1"), office.open("r2")
    office.act(returned, Verb.RETURN, BEN, opinion="请核对")
    body = dict(shipped()["activity_report"].body) | {"version": 2}
    body["route"] = body["route"][1:]
    with office.database.unit_of_work() as uow:
        assert office.approvals.publish(uow, parse(body), by="ann")
    office.act(running, Verb.APPROVE, BEN)
    assert office.view(running).case.definition_version == 1
    assert [stage.region for stage in office.open("r3").stages] == [CITY, PROVINCE]
    again = office.act(returned, Verb.RESUBMIT, ANN)
    assert (again.definition_version, [stage.region for stage in again.stages]) == (2, [CITY, PROVINCE])
    with office.database.unit_of_work() as uow:
        office.approvals.retire(uow, "activity_report")
    with pytest.raises(Conflict) as refused:
        office.open("r4")
    assert refused.value.code == "definition_retired"
    assert office.act(running, Verb.APPROVE, CAI).state == "running"


def test_a_published_version_is_what_it_is(office: Office) -> None:
    with office.database.unit_of_work() as uow:
        assert office.approvals.publish_definitions(uow) == ()
    edited = parse(dict(shipped()["activity_report"].body) | {"max_rounds": 9})
    with pytest.raises(Conflict) as refused, office.database.unit_of_work() as uow:
        office.approvals.publish(uow, edited, by="ann")
    assert refused.value.code == "definition_changed"


def test_a_hook_that_fails_undoes_the_decision(office: Office) -> None:
    case = office.open("r1")
    office.approvals.outcomes.on(BUSINESS, "rejected")(_fail)  # type: ignore[arg-type]  # a StrEnum's word
    with pytest.raises(ZeroDivisionError):
        office.act(case, Verb.REJECT, BEN)
    assert office.view(case).case.state == "running"
    assert (office.decisions(case), len(office.events())) == (1, 1)
    office.act(case, Verb.APPROVE, BEN, command_id=fresh_id())


def _fail(_uow: object, _case: object) -> None:
    raise ZeroDivisionError
