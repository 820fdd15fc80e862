"""Which node hosts which region, who is above whom, and what is wrong with a map."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shared.nodes.core.nodemap import Here, MapWrong, Node, NodeMap
from shared.regions import Regions
from tests.unit.nodes.making import MAP, NODES

TODAY = date(2026, 7, 1)


def test_the_default_map_has_one_node_that_hosts_everything() -> None:
    single = NodeMap.single(Regions.load())

    single.check(on=TODAY)
    assert {single.host_of(row.code, on=TODAY) for row in Regions.load().all(on=TODAY)} == {"hebei"}
    assert single.neighbours("hebei") == ()


@pytest.mark.parametrize(
    ("region", "node"),
    [
        ("130000", "hebei"),
        ("130100", "shijiazhuang"),
        ("130102", "shijiazhuang"),
        ("130123", "zhengding"),
        ("130202", "tangshan"),
        ("130600", "hebei"),
        # 辛集 is coded like a county of 石家庄 and answers to the province.
        ("130181", "hebei"),
        ("130682", "hebei"),
    ],
)
def test_a_region_is_hosted_by_the_nearest_node_on_its_reporting_line(region: str, node: str) -> None:
    assert MAP.host_of(region, on=TODAY) == node
    assert MAP.hosts(node, region, on=TODAY)
    assert not MAP.hosts("nobody", region, on=TODAY)


def test_a_service_asks_whether_a_region_is_hosted_here() -> None:
    city = Here("shijiazhuang", MAP)

    assert city.hosts("130102", on=TODAY)
    assert not city.hosts("130123", on=TODAY)
    alone = Here("x", NodeMap.single(Regions.load(), node="x"))
    assert alone.hosts("130682", on=TODAY)
    assert [alone.top_region, city.top_region, Here("zhengding", MAP).top_region] == ["130000", "130100", "130123"]


def test_nobody_hosts_a_region_that_does_not_exist() -> None:
    assert not any(MAP.hosts(node.id, "990000", on=TODAY) for node in NODES)


def test_ways_lead_up_to_the_common_node_and_down_again() -> None:
    assert MAP.above("zhengding") == ("shijiazhuang", "hebei")
    assert MAP.below("shijiazhuang") == ("zhengding",)
    assert MAP.neighbours("shijiazhuang") == ("hebei", "zhengding")
    assert MAP.way("zhengding", "tangshan") == ("zhengding", "shijiazhuang", "hebei", "tangshan")
    assert MAP.way("hebei", "zhengding") == ("hebei", "shijiazhuang", "zhengding")
    assert MAP.next_hop("tangshan", "zhengding") == "hebei"


def test_a_letter_is_brought_by_the_node_before_on_its_way() -> None:
    assert MAP.comes_through("zhengding", "tangshan", "tangshan") == "hebei"
    assert MAP.comes_through("zhengding", "hebei", "tangshan") == "shijiazhuang"
    assert MAP.comes_through("zhengding", "shijiazhuang", "hebei") == "zhengding"
    assert MAP.comes_through("zhengding", "tangshan", "hebei") is None
    assert MAP.comes_through("hebei", "hebei", "hebei") is None
    assert MAP.comes_through("nobody", "hebei", "hebei") is None


def test_a_node_is_known_by_the_block_of_its_numbers() -> None:
    assert MAP.node_of_number("A1300000017") == "zhengding"
    assert MAP.node_of_number("A9900000017") is None


def changed(id: str, **values: object) -> list[Node]:
    return [replace(node, **values) if node.id == id else node for node in NODES]  # type: ignore[arg-type]  # a test's own words


@pytest.mark.parametrize(
    ("nodes", "code", "place"),
    [
        (changed("tangshan", hosts=("130100",)), "hosted_twice", "/nodes/tangshan/hosts"),
        (changed("tangshan", hosts=("990000",)), "unknown_region", "/nodes/tangshan/hosts"),
        (changed("tangshan", hosts=()), "hosts_nothing", "/nodes/tangshan/hosts"),
        (changed("tangshan", upper="nobody"), "unknown_node", "/nodes/tangshan/upper"),
        (changed("tangshan", upper=None), "one_top", "/nodes"),
        (changed("zhengding", upper="tangshan"), "not_above", "/nodes/zhengding/upper"),
        # 辛集 reports to the province, whatever its digits say.
        (changed("zhengding", hosts=("130181",)), "not_above", "/nodes/zhengding/upper"),
        (changed("shijiazhuang", upper="zhengding"), "circle", "/nodes/shijiazhuang/upper"),
        (changed("hebei", hosts=("130300",)), "not_hosted", "/nodes"),
        (changed("tangshan", number_blocks=("11",)), "block_twice", "/nodes/tangshan/number_blocks"),
    ],
)
def test_a_wrong_map_is_refused_with_its_place(nodes: list[Node], code: str, place: str) -> None:
    with pytest.raises(MapWrong) as refused:
        NodeMap(nodes, Regions.load()).check(on=TODAY)

    assert (code, place) in [(fault.code, fault.pointer) for fault in refused.value.faults]
    assert all(fault.zh and fault.en for fault in refused.value.faults)
