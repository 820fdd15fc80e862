"""Two commands on one case at once: one wins, the other is told so, and nothing is done twice.

On PostgreSQL the two meet at a barrier inside their transactions, just before the lock of the case. SQLite lets one
transaction write at a time, so there they meet just before they begin.
"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select

from shared.approval.core.words import Verb
from shared.approval.tables import CaseRow
from shared.errors import Conflict, Forbidden
from shared.identity import Principal
from tests.integration.approval.office import ANN, BAO, BEN, COUNTY, Office, fresh_id, official
from tests.integration.approval.racing import Track, quietly

ROUNDS = 5
PAIRS = [
    ((Verb.APPROVE, BEN), (Verb.APPROVE, BAO)),
    ((Verb.APPROVE, BEN), (Verb.REJECT, BAO)),
    ((Verb.APPROVE, BEN), (Verb.RETURN, BAO)),
    ((Verb.REJECT, BEN), (Verb.RETURN, BAO)),
    ((Verb.REJECT, BEN), (Verb.REJECT, BAO)),
    ((Verb.RETURN, BEN), (Verb.RETURN, BAO)),
    ((Verb.REJECT, BEN), (Verb.WITHDRAW, ANN)),
    ((Verb.WITHDRAW, ANN), (Verb.WITHDRAW, ANN)),
    ((Verb.APPROVE, BEN), (Verb.APPROVE, BEN)),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(f"{verb}.{who.name}" for verb, who in pair))
def test_of_two_verbs_at_once_one_wins_and_the_other_is_told_who(
    office: Office, track: Track, pair: tuple[tuple[Verb, Principal], tuple[Verb, Principal]]
) -> None:
    for _ in range(ROUNDS):
        case = quietly(track, office.open)
        won, lost = track.run(*(partial(office.act, case, verb, who, expected_rev=1) for verb, who in pair))
        assert (len(won), len(lost)) == (1, 1)
        assert isinstance(lost[0], Conflict)
        assert lost[0].extra["winner"]["name"] == won[0].last.name
        assert lost[0].extra["winner"]["verb"] == won[0].last.verb
        assert office.decisions(case) == 2
        assert office.trail_problems(case) == ()


def test_approving_and_withdrawing_at_once_ends_in_one_order_or_the_other(office: Office, track: Track) -> None:
    """The initiator may still withdraw after the first stage; then both are accepted, one after the other."""
    for _ in range(ROUNDS):
        case = quietly(track, office.open)
        approve, withdraw = partial(office.act, case, Verb.APPROVE, BEN), partial(office.act, case, Verb.WITHDRAW, ANN)
        won, lost = track.run(approve, withdraw)
        assert office.view(case).case.state == "withdrawn"
        assert office.decisions(case) == 1 + len(won)
        assert [error.code for error in lost] in ([], ["not_legal_now"])


def test_one_command_sent_twice_at_once_is_done_once_and_answered_twice(office: Office, track: Track) -> None:
    for _ in range(ROUNDS):
        case, before = quietly(track, office.open), len(office.events())
        approve = partial(office.act, case, Verb.APPROVE, BEN, command_id=fresh_id(), expected_rev=1)
        won, lost = track.run(approve, approve)
        assert lost == []
        assert won[0] == won[1]
        assert office.decisions(case) == 2
        assert len(office.events()) == before + 2


def test_of_two_cases_about_one_thing_opened_at_once_one_is_opened(office: Office, track: Track) -> None:
    for number in range(ROUNDS):
        won, lost = track.run(*[partial(office.open, f"race-{number}")] * 2)
        assert (len(won), [error.code for error in lost]) == (1, ["case_open"])
        assert lost[0].extra["case_id"] == won[0].id


def test_opening_sent_twice_at_once_opens_one_case_and_answers_twice(office: Office, track: Track) -> None:
    for number in range(ROUNDS):
        won, lost = track.run(*[partial(office.open, f"twice-{number}", command_id=fresh_id())] * 2)
        assert lost == []
        assert won[0] == won[1]
    with office.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaseRow)) == ROUNDS


def test_a_post_that_ends_while_its_holder_decides_ends_before_or_after(office: Office, track: Track) -> None:
    fan = official("Fan", COUNTY)
    for _ in range(ROUNDS):
        quietly(track, partial(office.post, fan))
        case = quietly(track, office.open)
        _, lost = track.run(
            partial(office.act, case, Verb.APPROVE, fan), partial(post, track, office, fan, active=False)
        )
        stage = office.view(case).case.stages[0]
        assert [type(error) for error in lost] in ([], [Forbidden])
        assert (stage.state, stage.decided_by_name) == (("open", None) if lost else ("passed", "Fan"))


def test_no_case_waits_for_somebody_whose_post_begins_at_that_moment(office: Office, track: Track) -> None:
    barred = {"ben", "bao"}
    for number in range(ROUNDS):
        begin = partial(post, track, office, official(f"Fan{number}", COUNTY), active=True)
        (case,), _ = track.run(partial(office.open, barred=frozenset(barred)), begin)
        assert office.view(case).case.stages[0].state == "open"
        barred.add(f"fan{number}")


def post(track: Track, office: Office, who: Principal, *, active: bool) -> None:
    """Let a post begin or end at once with something else; a change of posts locks before it reads."""
    if track.inside:
        track.wait()
    office.post(who, active=active)
