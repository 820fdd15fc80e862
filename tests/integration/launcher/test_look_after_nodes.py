"""The page about looking after nodes, run from top to bottom: a province and a city, each with its worker and relay."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.launcher.cli import main
from tests.programs import ANYUAN, ROOT, Program
from tests.servers import RabbitServer
from tests.servers.reaper import Reaper
from tests.waiting import WaitedTooLong, wait_until

PAGE = ROOT / "docs/howto/look-after-nodes.md"
LIMIT = 90.0
NODES = """\
[nodes.hebei]
name = "河北省"
hosts = ["130000"]
number_blocks = ["01"]
broker = "{hebei}"

[nodes.tangshan]
name = "唐山市"
hosts = ["130200"]
upper = "hebei"
number_blocks = ["12"]
broker = "{tangshan}"
"""


@dataclass
class Operators:
    """Two people at two shells; each has a folder, and what runs there."""

    folder: Path
    settings: dict[str, dict[str, str]]
    rabbit: RabbitServer
    monkeypatch: pytest.MonkeyPatch
    programs: dict[str, list[Program]] = field(default_factory=dict)
    new: str = ""
    old: str = ""

    def do(self, line: str) -> None:
        """Do one line of the page."""
        node, _, command = line.partition("$ ")
        words = shlex.split(command.replace("NEW", self.new).replace("OLD", self.old))
        if words[0] == "scp":
            to, _, place = words[2].partition(":")
            shutil.copy(self.folder / node / words[1], self.folder / to / place)
            return
        assert words[0] == "anyuan", line
        done = self.run(node, *words[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
        made = re.search(r"(\S+)\.request$", done.output.strip())
        if made and "register" not in words:
            self.new = Path(made[1]).name

    def run(self, node: str, *words: str) -> Result:
        self.monkeypatch.chdir(self.folder / node)
        done = CliRunner().invoke(main, list(words), env=self.settings[node])
        self.monkeypatch.chdir(ROOT)
        return done

    def status(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(node, "node", "status", "--json").output)
        return found

    def link(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = self.status(node)["links"][0]
        return found

    def agree_on(self, version: int) -> bool:
        """Tell whether each side has heard from the other that it goes by this charter, and was answered."""
        links = [self.link(node) for node in self.settings]
        return all(link["charter_there"] == version and not link["unanswered"] for link in links)

    def wait(self, condition: Callable[[], bool], *, what: str) -> None:
        """Wait for a condition; in vain, with all that is known of why."""
        try:
            wait_until(condition, limit=LIMIT, what=what, every=0.2)
        except WaitedTooLong as error:
            for node, programs in self.programs.items():
                error.add_note(json.dumps(self.status(node), ensure_ascii=False, indent=1))
                for program in programs:
                    error.add_note(program.log_tail())
            error.add_note(json.dumps(self.rabbit.api("GET", "/shovels"), indent=1))
            error.add_note(self.rabbit.log())
            raise

    def start(self, node: str) -> None:
        for program in self.programs[node]:
            program.start()

    def stop(self, node: str) -> None:
        for program in self.programs[node]:
            program.stop()


@pytest.fixture
def operators(
    tmp_path: Path,
    rabbit: RabbitServer,
    new_vhost: Callable[[str], str],
    new_database: Callable[..., str],
    reaper: Reaper,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Operators]:
    made = Operators(tmp_path, {}, rabbit, monkeypatch)
    places = {}
    for node in ("hebei", "tangshan"):
        vhost = new_vhost(node).rpartition("/")[2]
        places[node] = rabbit.address_for_neighbours(vhost)
        (tmp_path / node / "links").mkdir(parents=True)
        made.settings[node] = {
            "ANYUAN_NODE": node,
            "ANYUAN_DATABASE_URL": new_database(f"links_{node}"),
            # By the address that its own shovel reaches it by, too.
            "ANYUAN_BROKER_URL": f"amqp://{rabbit.username}:{rabbit.password}@{places[node]}",
            "ANYUAN_BROKER_API_URL": rabbit.management_url,
            "ANYUAN_CHARTER_FILE": str(tmp_path / node / "charter"),
            "ANYUAN_ROOT_KEY_FILE": str(tmp_path / node / "keys/root.json"),
            "ANYUAN_NODE_KEYS_FILE": str(tmp_path / node / "keys/node-keys.json"),
            "ANYUAN_LINK_PASSWORDS": str(tmp_path / node / "links"),
            "ANYUAN_HEARTBEAT_FILE": str(tmp_path / node / "heartbeat"),
        }
        made.programs[node] = [
            Program(
                name=f"{node}-{role}",
                command=(*ANYUAN, role, "links"),
                settings=made.settings[node],
                log=tmp_path / f"{node}-{role}.log",
                reaper=reaper,
            )
            for role in ("worker", "relay")
        ]
    (tmp_path / "hebei/nodes.toml").write_text(NODES.format(**places))
    yield made
    for programs in made.programs.values():
        for program in programs:
            program.kill()


def sections() -> dict[str, list[str]]:
    """Answer the commands of the page, by heading."""
    found: dict[str, list[str]] = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found[heading] = [line for block in blocks for line in block.splitlines()]
    return found


def found_a_province(operators: Operators) -> None:
    """Do what was done when the province's own node was made."""
    operators.do("hebei$ anyuan node init keys --node hebei --root")
    operators.do("hebei$ anyuan node key register keys/NEW.request --map nodes.toml --book book.json --by 张三")
    operators.do("hebei$ anyuan node key approve NEW --book book.json --by 李四")
    operators.do(
        "hebei$ anyuan node publish charter --map nodes.toml --book book.json --root-key keys/root-private.json"
    )
    operators.do("hebei$ anyuan migrate links")


def test_the_page_is_done_from_top_to_bottom(operators: Operators) -> None:
    pages, version = sections(), 1
    assert all(pages.values()), "every section says what to do"
    found_a_province(operators)
    operators.start("hebei")
    for heading, lines in pages.items():
        if heading == "A node comes back from a backup":
            operators.stop("tangshan")
        if heading == "A region gets another node":
            drawn = operators.folder / "hebei/nodes.toml"
            drawn.write_text(drawn.read_text().replace('["130200"]', '["130200", "130300"]'))
        operators.old = operators.new
        for line in lines:
            operators.do(line)
            version += "node publish" in line
        if heading in ("A node joins", "A node comes back from a backup"):
            operators.start("tangshan")
        AFTER[heading](operators)
        operators.wait(partial(operators.agree_on, version), what=f"letters both ways after “{heading}”")
    for node in operators.settings:
        assert operators.status(node)["is_well"]


def _joined(operators: Operators) -> None:
    assert operators.link("tangshan")["is_neighbour"]


def _signs_with_the_new_key(operators: Operators) -> None:
    keys = {key["kid"]: key for key in operators.status("tangshan")["keys"]}
    assert keys[operators.new]["signs"]
    assert keys[operators.old]["status"] == "active"


def _revoked(operators: Operators) -> None:
    keys = {key["kid"]: key for key in operators.status("hebei")["links"][0]["keys"]}
    assert keys[operators.old]["status"] == "revoked"
    assert keys[operators.new]["signs"]


def _has_another_password(operators: Operators) -> None:
    ends = {(operators.folder / node / "links/tangshan-to-hebei").read_text() for node in operators.settings}
    assert len(ends) == 1
    for node in operators.settings:
        # Nothing is published here that either would tell the other: whether the links carry letters shows by asking.
        assert operators.run(node, "node", "compare").exit_code == 0


def _began_anew(operators: Operators) -> None:
    assert operators.status("tangshan")["charter"]["epoch"] == 2
    operators.wait(lambda: operators.link("tangshan")["held_because"] is None, what="the streams to go on")


def _hosts_more(operators: Operators) -> None:
    told = operators.run("hebei", "node", "map", "check", "nodes.toml").output
    assert re.search(r"tangshan +唐山市 +[2-9]\d 个区划", told), told


AFTER: dict[str, Callable[[Operators], None]] = {
    "A node joins": _joined,
    "A key is rotated": _signs_with_the_new_key,
    "A key is stolen": _revoked,
    "A password has leaked": _has_another_password,
    "A node comes back from a backup": _began_anew,
    "A region gets another node": _hosts_more,
}
