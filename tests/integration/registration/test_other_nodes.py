"""Registration at one of several nodes: what is only heard of here, and what is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from services.registration.commands import posts
from services.registration.policy import RESERVED_USERNAMES
from shared.contracts.base import Event
from shared.contracts.records import VolunteerSought, VolunteerTransferred
from shared.contracts.registration import PostChanged, VolunteerIntroduced, VolunteerUpdated
from shared.identity.people import ADMINISTRATORS
from tests.integration.databases import Databases
from tests.integration.hosting import at_node
from tests.integration.registration.test_reactions import AWARD, HOURS, NUMBER, STAR, TRANSFER, file_of
from tests.integration.registration.world import ORGANISATION, VOLUNTEER, decide, id_number, register, who
from tests.integration.serving import Served, refusal_in, serving


@pytest.fixture
def county(registration: Served) -> Iterator[Served]:
    """正定县, whose city and neighbours are other nodes."""
    with at_node(registration.database, "zhengding"):
        yield registration


@pytest.fixture
def empty(databases: Databases) -> Iterator[Served]:
    """A node at its first start."""
    with serving(databases, "registration") as served:
        yield served


@pytest.mark.parametrize("region", ["130125", "130100", "130000"])
def test_who_is_of_another_nodes_region_registers_there(county: Served, region: str) -> None:
    person = {**VOLUNTEER, "id_number": id_number(), "region": region}
    organisation = {**ORGANISATION, "name": "外地志愿服务队", "region": region}
    for path, body in (("/volunteers", person), ("/organisations", organisation)):
        with county.unchanged():
            answer = county.by(who(county, "lifang")).call("POST", path, body)
            refusal_in(answer, 422, "hosted_elsewhere", "/region")
    assert register(county, "lifang")["region"] == "130123"


def test_officials_are_appointed_where_their_region_is_decided(county: Served) -> None:
    body = {"account_id": county.known["zhao"], "role": "clerk", "region": "130100"}
    with county.unchanged():
        answer = county.by(who(county, "system-admin")).call("POST", "/posts", body)
        refusal_in(answer, 422, "hosted_elsewhere", "/region")
    own = county.by(who(county, "system-admin")).call("POST", "/posts", {**body, "region": "130123"})
    assert own.status_code == 201


def test_administrators_too_are_appointed_for_what_their_node_hosts(county: Served) -> None:
    """A post of the province at a county's node would look like power over the province."""
    body = {"account_id": county.known["zhao"], "role": "audit_admin", "region": "130000"}
    with county.unchanged():
        answer = county.by(who(county, "system-admin")).call("POST", "/posts", body)
        refusal_in(answer, 422, "hosted_elsewhere", "/region")
    own = county.by(who(county, "system-admin")).call("POST", "/posts", {**body, "region": "130123"})
    assert own.status_code == 201


@pytest.mark.parametrize(
    ("node", "region"),
    [("hebei", "130000"), ("shijiazhuang", "130100"), ("tangshan", "130200"), ("zhengding", "130123")],
)
def test_the_first_administrators_are_those_of_the_topmost_region_that_their_node_hosts(
    empty: Served, node: str, region: str
) -> None:
    with at_node(empty.database, node):
        with empty.database.unit_of_work() as uow:
            assert uow.hosts(region)
            made = posts.bootstrap(uow)
        told = empty.published(PostChanged)
    assert set(made) == {one.value for one in ADMINISTRATORS}
    assert {(one.role, one.region) for one in told} == {(role, region) for role in made}
    assert {post.region for name in RESERVED_USERNAMES for post in who(empty, name).posts} == {region}


@pytest.fixture
def home(county: Served) -> Served:
    """正定县, where 张伟 is a volunteer."""
    decide(county, "clerk", register(county, "zhang")["case_id"], "approve")
    return county


SOUGHT = VolunteerSought(volunteer_number=NUMBER, name="张伟", region="130281")


def test_a_volunteer_is_introduced_to_the_node_that_asks_by_number_and_name(home: Served) -> None:
    def introduced() -> list[VolunteerIntroduced]:
        return home.published(VolunteerIntroduced)

    [told] = home.listener.hear_twice(SOUGHT, introduced)
    account = who(home, "zhang").account_id
    assert told == VolunteerIntroduced(
        volunteer_number=NUMBER, account_id=account, name="张伟", region="130123", to_region="130281"
    )
    for changed in ({"name": "张三"}, {"volunteer_number": "A0100000099"}, {"region": "130123"}):
        asked = VolunteerSought(**{**vars(SOUGHT), **changed})
        assert home.listener.hear_twice(asked, introduced) == [told], changed
    with at_node(home.database, "tangshan"):
        assert home.listener.hear_twice(SOUGHT, introduced) == [told], "only the home introduces"


@pytest.mark.parametrize("event", [HOURS, STAR, AWARD], ids=lambda event: event.event_name.name)
def test_the_file_is_kept_at_home_and_nowhere_else(home: Served, event: Event) -> None:
    look = partial(file_of, home)
    for node in ("shijiazhuang", "hebei", "tangshan"):
        with at_node(home.database, node):
            assert home.listener.hear_twice(event, look)["entries"] == []
    home.listener.hear(event)
    assert len(look()["entries"]) == 1


def test_who_moves_elsewhere_and_was_never_registered_here_changes_nothing(county: Served) -> None:
    moved = VolunteerTransferred(**{**vars(TRANSFER), "volunteer_number": "A1200000017"})
    assert county.listener.hear_twice(moved, lambda: county.published(VolunteerUpdated)) == []
