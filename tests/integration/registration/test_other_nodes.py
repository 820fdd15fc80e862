"""Registration at one of several nodes: what is only heard of here, and what is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.hosting import at_node
from tests.integration.registration.world import ORGANISATION, VOLUNTEER, id_number, register, who
from tests.integration.serving import Served, refusal_in


@pytest.fixture
def county(registration: Served) -> Iterator[Served]:
    """正定县, whose city and neighbours are other nodes."""
    with at_node(registration.database, "zhengding"):
        yield registration


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
