"""A volunteer moves between two nodes: the file goes ahead, both nodes move them once, and they claim their account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.registration.commands.accounts import digest_of
from services.registration.model import FileEntry, Move, Volunteer
from shared.contracts.base import Event
from shared.contracts.records import TransferVerified, VolunteerSought, VolunteerTransferred
from shared.contracts.registration import (
    Claim,
    FileHandedOver,
    FileLine,
    FilePerson,
    PostChanged,
    VolunteerIntroduced,
    VolunteerReceived,
    VolunteerUpdated,
)
from tests.integration.hosting import at_node
from tests.integration.registration.test_reactions import HOURS, NUMBER, STAR, file_of
from tests.integration.registration.world import decide, id_number, register, who
from tests.integration.serving import Served, refusal_in

DAY = date(2026, 9, 20)
MOVE: dict[str, Any] = {
    "transfer_id": "t-1",
    "volunteer_number": NUMBER,
    "from_region": "130123",
    "to_region": "130281",
}
GIVEN = VolunteerTransferred(**MOVE, transferred_on=DAY)
RECEIVED = VolunteerReceived(**MOVE, received_on=DAY)
GUEST = "A1200000017"
COMING: dict[str, Any] = {
    "transfer_id": "t-2",
    "volunteer_number": GUEST,
    "from_region": "130281",
    "to_region": "130123",
}
VERIFIED = TransferVerified(**COMING)
STARS = FileLine(source="star/n-1", kind="star", title="一星级志愿者", happened_on=date(2026, 9, 1), stars=1)
FILE = FileHandedOver(
    **COMING, person=FilePerson(name="唐静", category="student", specialties=("急救",)), lines=(STARS,)
)
SECRET = "the-secret-that-her-old-account-was-told"
CLAIMING = {
    "secret": SECRET,
    "username": "tang-jing",
    "password": "Correct-Horse-9",
    "mobile": "13800001234",
    "consents": ["privacy", "id_number"],
}


@pytest.fixture
def county(registration: Served) -> Iterator[Served]:
    """正定县, where 张伟 is a volunteer; 迁安 is another node's."""
    with at_node(registration.database, "zhengding"):
        decide(registration, "clerk", register(registration, "zhang")["case_id"], "approve")
        yield registration


def region_of(served: Served, number: str = NUMBER) -> str | None:
    with served.database.reading() as session:
        return session.scalar(select(Volunteer.region).where(Volunteer.number == number))


def handed(served: Served) -> list[list[str]]:
    return [[line.source for line in event.lines] for event in served.published(FileHandedOver)]


def test_the_old_home_hands_the_file_over_once_and_passes_on_what_comes_later(county: Served) -> None:
    county.listener.hear(HOURS)
    assert county.listener.hear_twice(GIVEN, lambda: handed(county)) == [["hours/entry-1"]]
    assert region_of(county) == "130123", "half a move is none"
    [told] = county.published(FileHandedOver)
    assert told.person == FilePerson(name="张伟", category="student", specialties=("急救",))
    both = [["hours/entry-1"], ["star/n-1"]]
    assert county.listener.hear_twice(STAR, lambda: handed(county)) == both


def test_the_old_home_lets_go_once_the_other_half_is_there(county: Served) -> None:
    county.listener.hear(GIVEN)

    def look() -> tuple[str | None, int, list[bool]]:
        posts = [post.active for post in county.published(PostChanged) if post.account_id == county.known["zhang"]]
        return region_of(county), len(county.published(VolunteerUpdated)), posts

    assert county.listener.hear_twice(RECEIVED, look) == ("130281", 1, [True, False])
    assert who(county, "zhang").posts == ()
    me = county.by(who(county, "zhang"))
    assert me.get("/volunteers/me")["moved_to"] == "130281"
    assert file_of(county)["entries"][0]["title"] == "由石家庄市正定县转入唐山市遵化市"


def test_only_who_has_moved_is_told_a_secret_and_only_its_digest_goes_to_the_new_home(county: Served) -> None:
    me = county.by(who(county, "zhang"))
    for event in (None, GIVEN):
        if event is not None:
            county.listener.hear(event)
        with county.unchanged():
            refusal_in(me.call("POST", "/volunteers/me/claim-secret"), 409, "not_moved")
        assert me.get("/volunteers/me")["moved_to"] is None
    county.listener.hear(RECEIVED)
    secret = me.call("POST", "/volunteers/me/claim-secret").get_json()["secret"]
    [*_, told] = county.published(FileHandedOver)
    assert (told.claim.digest, told.lines, told.person) == (digest_of(secret).hex(), (), None)
    assert secret not in str(county.contents())


def seen(county: Served) -> dict[str, Any]:
    with county.database.reading() as session:
        move = session.get(Move, "t-2")
        lines = session.scalars(select(FileEntry.source).where(FileEntry.volunteer_number == GUEST))
        return {
            "received": move is not None and move.received_at is not None,
            "lines": sorted(lines),
            "told": [len(county.published(kind)) for kind in (VolunteerUpdated, VolunteerReceived)],
        }


@pytest.mark.parametrize("order", [(FILE, VERIFIED), (VERIFIED, FILE)])
def test_the_new_home_receives_a_volunteer_with_both_words_in_either_order(
    county: Served, order: tuple[FileHandedOver | TransferVerified, ...]
) -> None:
    first = county.listener.hear_twice(order[0], lambda: seen(county))
    assert (first["received"], first["told"]) == (False, [0, 0])
    second = county.listener.hear_twice(order[1], lambda: seen(county))
    assert second == {"received": True, "lines": ["star/n-1", "transfer/t-2"], "told": [1, 1]}
    [updated], [received] = county.published(VolunteerUpdated), county.published(VolunteerReceived)
    assert (updated.volunteer_number, updated.name, updated.region) == (GUEST, "唐静", "130123")
    assert (received.from_region, received.to_region) == ("130281", "130123")
    late = FileHandedOver(**COMING, lines=(STARS, FileLine(**{**vars(STARS), "source": "star/n-2"})))
    assert len(county.listener.hear_twice(late, lambda: seen(county)["lines"])) == 3
    asked = VolunteerSought(volunteer_number=GUEST, name="唐静", region="130100")
    assert len(county.listener.hear_twice(asked, lambda: county.published(VolunteerIntroduced))) == 1


def test_what_other_nodes_tell_each_other_of_changes_nothing(county: Served) -> None:
    told: tuple[Event, ...] = (FILE, VERIFIED, VolunteerReceived(**COMING, received_on=DAY))
    for event in told:
        with at_node(county.database, "hebei"):
            before = county.contents()["move"]
            county.listener.hear(event)
            assert county.contents()["move"] == before


def test_a_transfer_of_another_volunteer_brings_nobody(county: Served) -> None:
    county.listener.hear(FILE)
    other = TransferVerified(**{**COMING, "volunteer_number": "A1200000025"})
    assert county.listener.hear_twice(other, lambda: seen(county))["received"] is False


@pytest.fixture
def arrived(county: Served) -> Served:
    """唐静 was received here, and her old account has asked for the secret."""
    for event in (FILE, VERIFIED):
        county.listener.hear(event)
    claim = Claim(digest=digest_of(SECRET).hex(), expires_at=county.now.replace(year=2027))
    county.listener.hear(FileHandedOver(**COMING, claim=claim))
    return county


def claim(served: Served, **changes: Any) -> Any:
    nobody = served.by(who(served, "lifang"))
    return nobody.call("POST", "/volunteers/claim", {**CLAIMING, "id_number": id_number(), **changes})


def test_the_person_claims_the_account_with_the_secret_and_the_id_number_once(arrived: Served) -> None:
    taken = claim(arrived)
    assert taken.status_code == 201, taken.text
    assert taken.get_json()["username"] == "tang-jing"
    with arrived.database.reading() as session:
        person = session.scalars(select(Volunteer).where(Volunteer.number == GUEST)).one()
        assert (person.state, person.region, person.name, person.case_id) == ("approved", "130123", "唐静", None)
    credentials = {"username": "tang-jing", "password": "Correct-Horse-9"}
    assert arrived.by(who(arrived, "lifang")).call("POST", "/sessions", credentials).status_code == 200
    with arrived.unchanged():
        refusal_in(claim(arrived, username="another"), 422, "secret_invalid", "/secret")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"secret": "another"}, 422, "secret_invalid"),
        ({"id_number": "110101199001011234"}, 422, None),
        ({"consents": ["privacy"]}, 422, "consent_missing"),
        ({"password": "weak"}, 422, "password_too_weak"),
        ({"username": "zhang"}, 409, "username_taken"),
    ],
)
def test_a_claim_that_lacks_something_changes_nothing(
    arrived: Served, changes: dict[str, Any], status: int, code: str | None
) -> None:
    with arrived.unchanged():
        answer = claim(arrived, **changes)
        assert answer.status_code == status, answer.text
        assert code is None or answer.get_json()["code"] == code or code in answer.text
    assert claim(arrived).status_code == 201, "the secret is good until it is used"


def test_the_secret_of_a_claim_opens_no_account_without_an_id_number(arrived: Served) -> None:
    body = {"secret": SECRET, "password": "Correct-Horse-9"}
    with arrived.unchanged():
        answer = arrived.by(who(arrived, "lifang")).call("POST", "/accounts/activate", body)
        refusal_in(answer, 422, "secret_invalid", "/secret")


def test_who_comes_back_has_their_account_and_post_again(county: Served) -> None:
    for event in (GIVEN, RECEIVED):
        county.listener.hear(event)
    back = {**MOVE, "transfer_id": "t-3", "from_region": "130281", "to_region": "130123"}
    county.pass_time(timedelta(days=1))
    county.listener.hear(TransferVerified(**back))
    county.listener.hear(FileHandedOver(**back, person=FILE.person))
    assert region_of(county) == "130123"
    assert [post.region for post in who(county, "zhang").posts] == ["130123"]
    assert county.by(who(county, "zhang")).get("/volunteers/me")["moved_to"] is None
