"""Records at one of several nodes: what is only heard of here, and what is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.databases import Databases
from tests.integration.hosting import at_node
from tests.integration.records.offices import WISH, ask, fill_offices, mine
from tests.integration.records.world import VOLUNTEER
from tests.integration.serving import Served, refusal_in, serving


@pytest.fixture
def county(databases: Databases) -> Iterator[Served]:
    """正定县, where 张伟 is at home."""
    with serving(databases, "records", fill_offices) as served, at_node(served.database, "zhengding"):
        yield served


@pytest.mark.parametrize("to_region", ["130125", "130200", "130000"])
def test_a_transfer_to_another_nodes_region_is_refused_and_says_what_to_do(county: Served, to_region: str) -> None:
    with county.unchanged():
        answer = county.by(VOLUNTEER).call("POST", "/transfers", {**WISH, "to_region": to_region})
        problem = refusal_in(answer, 422, "transfer_to_another_node", "/to_region")
    assert "出示志愿者编号" in problem["errors"][0]["detail"]
    assert "show your volunteer number" in problem["errors"][0]["detail_en"]
    assert mine(county) == []


def test_a_transfer_within_a_node_goes_as_ever(county: Served) -> None:
    with at_node(county.database, "shijiazhuang"):
        assert ask(county, to_region="130126")["state"] == "open"
