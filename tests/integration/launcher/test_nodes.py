"""The commands about nodes: from the map to running shovels, and what is said when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from click.testing import CliRunner

from services.launcher.cli import main
from services.launcher.parts import database_of
from shared.nodes.broker import BrokerApi
from shared.settings import Settings
from tests.integration.launcher.node_commands import MAP, done, run
from tests.servers import RabbitServer
from tests.waiting import wait_until


def test_a_map_is_checked_and_says_what_each_node_hosts() -> None:
    told = done("map", "check", MAP)

    assert "tangshan" in told
    assert "上级 hebei" in told
    assert done("map", "check").startswith("hebei")


def test_a_wrong_map_is_told_in_both_languages_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "nodes.toml"
    wrong.write_text(MAP.read_text().replace('upper = "shijiazhuang"', 'upper = "tangshan"'))

    told = run("map", "check", wrong)

    assert told.exit_code == 1
    assert "/nodes/zhengding/upper" in told.output
    assert "不是其区划的上级" in told.output
    assert "does not host what its regions report to" in told.output


def test_what_is_there_already_stays(charter: Path) -> None:
    before = (charter / "hebei/node-keys.json").read_bytes()

    done("init", charter / "hebei", "--node", "hebei", "--root")

    assert (charter / "hebei/node-keys.json").read_bytes() == before


def test_a_node_is_linked_by_commands_and_tells_how_its_links_do(
    charter: Path, rabbit: RabbitServer, new_vhost: Callable[[str], str], new_database: Callable[..., str]
) -> None:
    environments = {}
    addresses = {node: new_vhost(node) for node in ("hebei", "tangshan")}
    book, drawn = charter / "book.json", charter / "nodes.toml"
    text = MAP.read_text()
    for node, url in addresses.items():
        text = text.replace(f"rabbitmq-{node}:5672", rabbit.address_for_neighbours(url.rpartition("/")[2]))
        environments[node] = {
            "ANYUAN_NODE": node,
            "ANYUAN_DATABASE_URL": new_database(f"links_{node}"),
            "ANYUAN_BROKER_URL": url,
            "ANYUAN_BROKER_API_URL": rabbit.management_url,
            "ANYUAN_CHARTER_FILE": str(charter / "charter"),
            "ANYUAN_ROOT_KEY_FILE": str(charter / "hebei/root.json"),
            "ANYUAN_NODE_KEYS_FILE": str(charter / node / "node-keys.json"),
            "ANYUAN_LINK_PASSWORDS": str(charter / "links"),
        }
    drawn.write_text(text)
    root = charter / "hebei/root-private.json"
    done("publish", charter / "charter", "--root-key", root, "--map", drawn, "--book", book)
    for environment in environments.values():
        assert CliRunner().invoke(main, ["migrate", "links"], env=environment).exit_code == 0

    assert "tangshan → hebei" in done("admit", "tangshan", env=environments["hebei"])
    assert "tangshan → hebei" in done("link", "hebei", env=environments["tangshan"])

    api = BrokerApi.beside(rabbit.management_url, addresses["tangshan"])
    # The shovel's own connection to its broker goes out by the address that the test has, which the broker may not.
    wait_until(lambda: api.shovel_state("hebei") != "absent", limit=30, what="the shovel")
    done("compare", env=environments["tangshan"])
    told = json.loads(done("status", "--json", env=environments["tangshan"]))
    assert [(link["node"], link["unanswered"]) for link in told["links"]] == [("hebei", 1)]
    assert (told["node"], told["charter"]["state"], told["charter"]["version"]) == ("tangshan", "in_force", 2)
    assert [key["signs"] for key in told["keys"]] == [True]
    _is_stopped_and_dismissed(environments, api)


def _is_stopped_and_dismissed(environments: Mapping[str, dict[str, str]], api: BrokerApi) -> None:
    done("restored", env=environments["tangshan"])
    held = run("status", env=environments["tangshan"])
    assert held.exit_code == 1
    assert "暂停发送" in held.output
    assert "恢复后等待对方答复" in held.output
    nobody = run("resume", "dingzhou", "--by", "赵六", "--reason", "x", env=environments["tangshan"])
    assert "没有来自节点 dingzhou 的信件流" in nobody.output
    assert "已断开" in done("dismiss", "hebei", env=environments["tangshan"])
    assert api.shovel_state("hebei") == "absent"


def test_a_node_without_a_charter_says_that_it_is_alone() -> None:
    told = run("status", env={"ANYUAN_CHARTER_FILE": ""})

    assert told.exit_code == 1
    assert "本节点没有其他节点" in told.output


def test_every_service_is_told_what_its_node_hosts(charter: Path) -> None:
    def at(node: str, **given: str) -> Settings:
        said = {"ANYUAN_NODE": node, "ANYUAN_DATABASE_URL": "sqlite:///never-opened.db"}
        return Settings.read(said | given)

    linked = {"ANYUAN_CHARTER_FILE": str(charter / "charter"), "ANYUAN_ROOT_KEY_FILE": str(charter / "hebei/root.json")}
    today = date(2026, 9, 20)

    city = database_of("records", at("tangshan", **linked)).here
    assert city.hosts("130281", on=today), "遵化 is 唐山's"
    assert not city.hosts("130123", on=today), "正定 is another node's"
    assert not city.hosts("130000", on=today)
    assert not city.hosts("999999", on=today), "what is nowhere is nobody's"
    alone = database_of("records", at("hebei")).here
    assert all(alone.hosts(region, on=today) for region in ("130281", "130123", "130000"))


def test_a_node_whose_charter_cannot_be_read_says_so_and_opens_nothing(charter: Path) -> None:
    environment = {
        "ANYUAN_DATABASE_URL": f"sqlite:///{charter}/database.db",
        "ANYUAN_CHARTER_FILE": str(charter / "nowhere"),
        "ANYUAN_ROOT_KEY_FILE": str(charter / "hebei/root.json"),
    }

    for words in (["migrate", "records"], ["bootstrap"], ["node", "status"]):
        told = CliRunner().invoke(main, words, env=environment)
        assert (told.exit_code, "ANYUAN_CHARTER_FILE" in told.output) == (1, True), told.output
    assert not (charter / "database.db").exists()
