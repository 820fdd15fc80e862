"""People are told by the node where they are at home, and by no other that hears of the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from services.notifications.model import Message
from shared.contracts.base import Event
from shared.contracts.records import RecordVoided, VolunteerTransferred
from shared.contracts.registration import PostChanged, VolunteerIntroduced, VolunteerReceived, VolunteerUpdated
from shared.storage import Database
from tests.integration.hosting import at_node
from tests.integration.listening import Listener
from tests.integration.notifications.test_cases import overdue, post
from tests.integration.notifications.test_reactions import APPROVED, DAY, HOURS, REGISTERED, TO_THE_VOLUNTEER

Told = Callable[[], list[tuple[str, str, str]]]
MOVED = VolunteerTransferred(
    transfer_id="t-1",
    volunteer_number=REGISTERED.volunteer_number,
    volunteer_name="王明",
    from_region="130123",
    to_region="130281",
    transferred_on=DAY,
)
CLERK = PostChanged(
    post_id="post-1",
    account_id="clerk",
    name="李芳",
    role="clerk",
    region="130123",
    organisation_id=None,
    active=True,
)
GREETINGS: list[tuple[Event, str]] = [(REGISTERED, "wang"), (APPROVED, "head")]


@pytest.mark.parametrize(("event", "account"), GREETINGS)
def test_only_the_home_of_a_volunteer_or_an_organisation_greets(
    database: Database, listener: Listener, told: Told, event: Event, account: str
) -> None:
    for node in ("shijiazhuang", "hebei"):
        with at_node(database, node):
            assert listener.hear_twice(event, told) == []
    with at_node(database, "zhengding"):
        listener.hear(event)
        assert [to for to, _, _ in told()] == [account]


@pytest.mark.parametrize("case", TO_THE_VOLUNTEER, ids=lambda case: case[1])
def test_a_volunteer_is_told_where_they_are_at_home(
    database: Database, listener: Listener, told: Told, case: tuple[Event, str, str]
) -> None:
    event, kind, link = case
    with at_node(database, "shijiazhuang"):
        listener.hear(REGISTERED)
        publisher = event.event_name.publisher
        assert listener.hear_twice(event, told, publisher=publisher) == []
    with at_node(database, "zhengding"):
        listener.hear(event)
        assert told() == [("wang", kind, link)]


def test_an_initiator_is_told_at_home_that_a_stage_is_overdue_and_not_where_it_was_handed_to(
    database: Database, listener: Listener, told: Told
) -> None:
    listener.hear(post("zhao"))
    event = overdue(home_region="130123", initiator_account_id="head")
    with at_node(database, "shijiazhuang"):
        assert [to for to, _, _ in listener.hear_twice(event, told, publisher="reporting")] == ["zhao"]
    later = overdue(home_region="130123", initiator_account_id="head", case_id="case-2")
    with at_node(database, "zhengding"):
        seen = listener.hear_twice(later, told, publisher="reporting")
    assert [to for to, _, _ in seen] == ["zhao", "zhao", "head"]
    # As it was told before it said where its case is from.
    older = overdue(home_region="", case_id="case-3")
    assert [to for to, _, _ in listener.hear_twice(older, told, publisher="reporting")][-1] == "clerk"


def test_a_guest_whose_record_is_void_is_told_at_home(database: Database, listener: Listener, told: Told) -> None:
    guest = VolunteerIntroduced(**{**vars(REGISTERED), "region": "130281", "to_region": "130123"})
    voided = next(event for event, _, _ in TO_THE_VOLUNTEER if isinstance(event, RecordVoided))
    with at_node(database, "zhengding"):
        assert listener.hear_twice(guest, told) == []
        assert listener.hear_twice(voided, told) == []


def test_who_has_moved_to_another_node_is_told_there(database: Database, listener: Listener, told: Told) -> None:
    with at_node(database, "zhengding"):
        listener.hear(REGISTERED)
        before = told()
        listener.hear_twice(VolunteerUpdated(**{**vars(REGISTERED), "region": "130281"}), told)
        assert listener.hear_twice(HOURS, told) == before


def test_only_the_place_that_was_left_is_told_of_it(database: Database, listener: Listener, told: Told) -> None:
    with at_node(database, "tangshan"):
        assert listener.hear_twice(MOVED, told) == []
    with at_node(database, "zhengding"):
        listener.hear(CLERK)
        listener.hear(MOVED)
        assert [to for to, _, _ in told()] == ["clerk"]


def test_the_place_that_was_left_names_by_number_whose_name_was_not_told(
    database: Database, listener: Listener, told: Told
) -> None:
    with at_node(database, "zhengding"):
        listener.hear(CLERK)
        listener.hear(VolunteerTransferred(**{**vars(MOVED), "volunteer_name": ""}))
    with database.reading() as session:
        [message] = session.scalars(select(Message))
    assert message.title_zh == "志愿者转出：130000000001"
    assert message.body_zh.startswith("2026-09-20，130000000001已由唐山市遵化市接收")


def test_who_was_received_elsewhere_is_told_at_their_old_account_what_to_do(
    database: Database, listener: Listener, told: Told
) -> None:
    received = VolunteerReceived(
        transfer_id="t-1",
        volunteer_number=REGISTERED.volunteer_number,
        from_region="130123",
        to_region="130281",
        received_on=DAY,
    )
    for node in ("shijiazhuang", "tangshan"):
        with at_node(database, node):
            listener.hear(REGISTERED)
            assert listener.hear_twice(received, told) == []
    with at_node(database, "zhengding"):
        assert listener.hear_twice(received, told) == [("wang", "volunteer.received", "/transfers")]
