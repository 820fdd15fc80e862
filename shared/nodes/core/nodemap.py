"""Which node hosts which regions, which node is above which, and the way a letter takes between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shared.errors import Fault, Invalid
from shared.regions import ROOT_REGION, Region, Regions, UnknownRegion

ALONE = "hebei"
"""The node of the default map."""


class MapWrong(Invalid):
    """The node map contradicts itself or the table of regions; every fault names its place."""

    default_code = "node_map_wrong"
    default_zh = "节点表有误"
    default_en = "The node map is wrong"


class UnknownNode(Invalid):
    """The node map has no node of this name."""

    default_code = "unknown_node"
    default_zh = "节点表中没有此节点"
    default_en = "The node map has no such node"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One deployment: `hosts` are the topmost regions it answers for, each with all below that no other node names."""

    id: str
    name: str
    hosts: tuple[str, ...]
    upper: str | None = None
    number_blocks: tuple[str, ...] = ()
    broker: str = ""
    """Where its RabbitMQ is reached from other nodes, `host:port/vhost`; empty where no link leads to it."""


class NodeMap:
    """The nodes of a province. Hosting follows the dated parent table, never the digits of a code."""

    def __init__(self, nodes: Iterable[Node], regions: Regions) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._regions = regions
        self._host_of = {code: node.id for node in self._nodes.values() for code in node.hosts}

    @classmethod
    def single(cls, regions: Regions, *, node: str = ALONE) -> NodeMap:
        """Answer the default map: one node hosts the whole province."""
        return cls([Node(id=node, name="河北省", hosts=(ROOT_REGION,), number_blocks=("01",))], regions)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    @property
    def is_single(self) -> bool:
        """Tell whether one node hosts everything."""
        return len(self._nodes) == 1

    def __contains__(self, node: str) -> bool:
        return node in self._nodes

    def get(self, node: str) -> Node:
        """Answer a node by its name.

        :raises UnknownNode: when there is none.
        """
        if node not in self._nodes:
            raise UnknownNode(zh=f"节点表中没有节点 {node}", en=f"The node map has no node {node}")
        return self._nodes[node]

    @property
    def regions(self) -> Regions:
        """Answer the table of regions that it goes by."""
        return self._regions

    def host_of(self, region: str, *, on: date) -> str:
        """Answer the node that hosts a region on a date: the one named for it, or for the nearest region above it.

        :raises UnknownRegion: when there is no such region then.
        :raises UnknownNode: when nobody hosts it.
        """
        for step in self._regions.chain(region, on=on):
            if step.code in self._host_of:
                return self._host_of[step.code]
        raise UnknownNode(zh=f"没有节点承载区划 {region}", en=f"No node hosts the region {region}")

    def hosts(self, node: str, region: str, *, on: date) -> bool:
        """Tell whether a node hosts a region on a date; nobody hosts an unknown one."""
        try:
            return self.host_of(region, on=on) == node
        except Invalid:
            return False

    def level_of(self, node: str, *, on: date) -> Region:
        """Answer the topmost region of a node."""
        return self._regions.get(self.get(node).hosts[0], on=on)

    def above(self, node: str) -> tuple[str, ...]:
        """Answer the nodes above a node, nearest first."""
        found: list[str] = []
        at = self.get(node).upper
        while at is not None and at not in found:
            found.append(at)
            at = self.get(at).upper
        return tuple(found)

    def below(self, node: str) -> tuple[str, ...]:
        """Answer all nodes below a node."""
        return tuple(each for each in self._nodes if node in self.above(each))

    def neighbours(self, node: str) -> tuple[str, ...]:
        """Answer the nodes that a node has links with: the one above it and those right below it."""
        own = self.get(node).upper
        return tuple(sorted(each.id for each in self if each.upper == node or each.id == own))

    def way(self, start: str, end: str) -> tuple[str, ...]:
        """Answer the way of a letter between two nodes, both included: up to the first common node and down again.

        :raises UnknownNode: when one is not in the map, or no way leads from one to the other.
        """
        up, down = (start, *self.above(start)), (end, *self.above(end))
        for place, node in enumerate(up):
            if node in down:
                return (*up[:place], *reversed(down[: down.index(node) + 1]))
        raise UnknownNode(zh=f"节点 {start} 与 {end} 之间没有通路", en=f"No way leads from node {start} to {end}")

    def next_hop(self, here: str, end: str) -> str:
        """Answer the neighbour to which a letter from here to another node goes next."""
        return self.way(here, end)[1]

    def comes_through(self, origin: str, here: str, end: str) -> str | None:
        """Answer the neighbour of `here` that brings a letter from origin to end, or None where it does not come by."""
        if origin not in self or end not in self:
            return None
        way = self.way(origin, end)
        place = way.index(here) if here in way else 0
        return way[place - 1] if place else None

    def node_of_number(self, volunteer_number: str) -> str | None:
        """Answer the node from whose block a volunteer's number is: the two digits behind its letter."""
        return next((node.id for node in self if volunteer_number[1:3] in node.number_blocks), None)

    def check(self, *, on: date) -> None:
        """Make sure that the map is one: each region has one host, and each node an upper one but for the topmost.

        :raises MapWrong: with every fault and its place.
        """
        faults = [*self._wrong_hosts(on), *self._wrong_uppers(on)]
        if faults:
            raise MapWrong.of(faults)

    def _wrong_hosts(self, on: date) -> Iterator[Fault]:
        seen: dict[str, str] = {}
        blocks: dict[str, str] = {}
        for node in self:
            place = f"/nodes/{node.id}/hosts"
            if not node.hosts:
                yield _fault(
                    "hosts_nothing", f"节点 {node.id} 不承载任何区划", f"Node {node.id} hosts no region", place
                )
            for code in node.hosts:
                if not self._reports(code, on):
                    yield _fault(
                        "unknown_region", f"区划 {code} 不存在或不报送", f"{code} is no reporting region", place
                    )
                if code in seen:
                    zh, en = f"区划 {code} 已由 {seen[code]} 承载", f"Region {code} is hosted by {seen[code]} already"
                    yield _fault("hosted_twice", zh, en, place)
                seen[code] = node.id
            for block in node.number_blocks:
                if block in blocks:
                    zh = f"编号段 {block} 已分给 {blocks[block]}"
                    where = f"/nodes/{node.id}/number_blocks"
                    yield _fault("block_twice", zh, f"Block {block} belongs to {blocks[block]}", where)
                blocks[block] = node.id
        unhosted = [row.code for row in self._regions.all(on=on) if self._nobody_hosts(row.code, on)]
        if unhosted:
            zh = f"没有节点承载：{'、'.join(unhosted[:5])}等{len(unhosted)}个区划"
            yield _fault(
                "not_hosted", zh, f"No node hosts {', '.join(unhosted[:5])} ({len(unhosted)} regions)", "/nodes"
            )

    def _wrong_uppers(self, on: date) -> Iterator[Fault]:
        tops = [node.id for node in self if node.upper is None]
        if len(tops) != 1:
            zh, en = f"应有且只有一个最上级节点，现有：{tops}", f"Exactly one node has no upper node, not {tops}"
            yield _fault("one_top", zh, en, "/nodes")
        for node in self:
            place = f"/nodes/{node.id}/upper"
            if node.upper is None:
                continue
            if node.upper not in self:
                yield _fault("unknown_node", f"没有节点 {node.upper}", f"There is no node {node.upper}", place)
            elif not self._leads_to_a_top(node.id):
                yield _fault("circle", f"节点 {node.id} 的上级成环", f"The nodes above {node.id} go in a circle", place)
            elif not all(self._stands_under(code, node.upper, on) for code in node.hosts):
                zh, en = f"{node.upper} 不是其区划的上级", f"{node.upper} does not host what its regions report to"
                yield _fault("not_above", zh, en, place)

    def _leads_to_a_top(self, node: str) -> bool:
        seen: set[str] = set()
        at: str | None = node
        while at is not None:
            if at in seen or at not in self:
                return False
            seen.add(at)
            at = self._nodes[at].upper
        return True

    def _stands_under(self, code: str, upper: str, on: date) -> bool:
        if not self._reports(code, on):
            return True
        parent = self._regions.get(code, on=on).parent
        return parent is not None and self.hosts(upper, parent, on=on)

    def _reports(self, code: str, on: date) -> bool:
        return self._regions.knows(code, on=on) and self._regions.get(code, on=on).reports

    def _nobody_hosts(self, code: str, on: date) -> bool:
        try:
            self.host_of(code, on=on)
        except (UnknownNode, UnknownRegion):
            return True
        return False


def _fault(code: str, zh: str, en: str, pointer: str) -> Fault:
    return Fault(code=code, zh=zh, en=en, pointer=pointer)


@dataclass(frozen=True)
class Here:
    """The node that this code runs on, among the others: what a service asks, and never which tier it is."""

    node: str
    map: NodeMap

    @property
    def top_region(self) -> str:
        """Answer the topmost region hosted here, the first that the map names: the node is looked after from there."""
        return self.map.get(self.node).hosts[0]

    def hosts(self, region: str, *, on: date) -> bool:
        """Tell whether a region is hosted here on a date."""
        return self.map.hosts(self.node, region, on=on)

    def others(self, regions: Iterable[str], *, on: date) -> dict[str, str]:
        """Answer which of these regions other nodes host on a date, each with its node; of unknown ones nobody does."""
        if self.map.is_single:
            return {}
        hosts = ((region, self._host_of(region, on)) for region in set(regions))
        return {region: host for region, host in hosts if host is not None and host != self.node}

    def _host_of(self, region: str, on: date) -> str | None:
        try:
            return self.map.host_of(region, on=on)
        except Invalid:
            return None


def node_from(id: str, given: Mapping[str, object]) -> Node:
    """Read one node as the file of the map gives it.

    :raises MapWrong: when a value is missing, unknown or of the wrong kind, naming its place.
    """
    kinds = {"name": str, "upper": str, "broker": str, "hosts": list, "number_blocks": list}
    for key, value in given.items():
        wrong = key not in kinds or not isinstance(value, kinds[key])
        if wrong or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
            zh, en = f"节点 {id} 的 {key} 写法有误", f"{key} of node {id} is unknown or of the wrong kind"
            raise MapWrong.of([_fault("wrong_value", zh, en, f"/nodes/{id}/{key}")])
    hosts, blocks = given.get("hosts", []), given.get("number_blocks", [])
    assert isinstance(hosts, list)
    assert isinstance(blocks, list)
    upper = given.get("upper")
    return Node(
        id=id,
        name=str(given.get("name", id)),
        hosts=tuple(hosts),
        upper=str(upper) if upper is not None else None,
        number_blocks=tuple(blocks),
        broker=str(given.get("broker", "")),
    )
