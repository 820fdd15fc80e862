"""A small real node: gunicorn, one worker and one relay for all services, over the tests' PostgreSQL and RabbitMQ."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from services.launcher.keys import init_keys
from services.launcher.parts import LINKS, SERVICES
from services.launcher.story.run import Secrets
from tests.programs import ANYUAN, Program, run
from tests.servers import PostgresServer, RabbitServer
from tests.servers.process import free_port
from tests.servers.reaper import Reaper
from tests.waiting import wait_until

THREADS = 8
_numbers = itertools.count(1)


class Part(StrEnum):
    """The programs of a node."""

    WEB = "web"
    WORKER = "worker"
    RELAY = "relay"


class Databases:
    """One database per service, under one URL in which `{service}` stands for its name."""

    def __init__(self, postgres: PostgresServer, prefix: str, services: Sequence[str] = SERVICES) -> None:
        self._postgres = postgres
        self.services = services
        self._prefix = prefix
        self.url = postgres.url_of("x").removesuffix("x") + f"{prefix}_{{service}}"

    def create(self, *, copy_of: Databases | None = None) -> None:
        """Make them, empty or as copies of others that nobody is connected to."""
        for service in self.services:
            template = copy_of.name_of(service) if copy_of else None
            self._postgres.create_database(self.name_of(service), template=template)

    def drop(self) -> None:
        """Remove them."""
        for service in self.services:
            self._postgres.drop_database(self.name_of(service))

    def name_of(self, service: str) -> str:
        """Answer what the database of a service is called on its server."""
        return f"{self._prefix}_{service}"

    def urls(self) -> dict[str, str]:
        """Answer the URL of each service's database."""
        return {service: self.url.replace("{service}", service) for service in self.services}


def migrated(postgres: PostgresServer, *, with_links: bool = False, number_block: str = "01") -> Databases:
    """Make databases with all tables, by the command that an operator uses; copy them rather than making more."""
    made = Databases(postgres, f"template{next(_numbers)}", (*SERVICES, LINKS) if with_links else SERVICES)
    made.create()
    for what in ("all", LINKS) if with_links else ("all",):
        run([*ANYUAN, "migrate", what], {"ANYUAN_DATABASE_URL": made.url, "ANYUAN_NUMBER_BLOCK": number_block})
    return made


class RealNode:
    """A node of three programs. Everything it keeps is in `folder`, its databases and one virtual host."""

    def __init__(
        self,
        folder: Path,
        *,
        reaper: Reaper,
        postgres: PostgresServer,
        rabbit: RabbitServer,
        template: Databases,
        keys: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._postgres, self._rabbit = postgres, rabbit
        self._vhost = f"node{next(_numbers)}"
        self.databases = Databases(postgres, self._vhost, template.services)
        self.databases.create(copy_of=template)
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        given = self._settings(rabbit.create_vhost(self._vhost), keys or folder / "keys")
        self.settings = {**given, **(settings or {})}
        self.programs: Mapping[Part, Program] = {
            part: Program(part.value, command, self._settings_of(part), folder / f"{part.value}.log", reaper)
            for part, command in _commands(port).items()
        }

    def _settings(self, broker_url: str, keys: Path) -> dict[str, str]:
        files = init_keys(keys)
        return {
            "ANYUAN_PROFILE": "demo",
            "ANYUAN_DATABASE_URL": self.databases.url,
            "ANYUAN_BROKER_URL": broker_url,
            "ANYUAN_TOKEN_KEYS_FILE": str(files.token_keys),
            "ANYUAN_TOKEN_SIGNING_KEY_FILE": str(files.token_signing_key),
            "ANYUAN_DATA_KEY_FILE": str(files.data_key),
            "ANYUAN_WEB_THREADS": str(THREADS),
        }

    def _settings_of(self, part: Part) -> dict[str, str]:
        return {**self.settings, "ANYUAN_HEARTBEAT_FILE": str(self.folder / f"{part.value}.heartbeat")}

    def start(self, failpoints: Mapping[Part, str] | None = None) -> RealNode:
        """Start all three, with failpoints armed in some, and wait until the site answers."""
        for part, program in self.programs.items():
            program.start(failpoint=(failpoints or {}).get(part, ""))
        self.wait_until_it_answers()
        return self

    def restart(self, part: Part, *, failpoint: str = "") -> None:
        """Start a program again, killing it first when it still runs; a site is waited for until it answers."""
        self.programs[part].kill()
        self.programs[part].start(failpoint=failpoint)
        if part is Part.WEB:
            self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        """Wait until the site answers; a database that is away does not count."""
        with httpx.Client(base_url=self.base_url, timeout=5) as client:

            def look() -> bool:
                assert self.programs[Part.WEB].is_alive(), self.log_tails()
                return client.get("/api/registration/healthz").is_success

            wait_until(look, limit=90, what="the site to answer", every=0.1, tolerate=(httpx.TransportError,))

    def wait_until_it_listens(self) -> None:
        """Wait until every service has its queue and a worker at it."""

        def look() -> bool:
            queues = self._rabbit.api("GET", f"/queues/{self._vhost}")
            heard = sum(bool(one.get("consumers")) for one in queues if one["name"].endswith(".inbox"))
            return heard == len(self.databases.services)

        wait_until(look, limit=90, what="every service to listen", every=0.1)

    def queue(self, name: str) -> dict[str, Any]:
        """Answer what the broker says of a queue, such as `records.inbox`; its counts are up to a second old."""
        found: dict[str, Any] = self._rabbit.api("GET", f"/queues/{self._vhost}/anyuan.{name}")
        return found

    def bootstrap(self) -> Secrets:
        """Make the first administrators as an operator does; answers their one-use secrets."""
        made: Secrets = json.loads(run([*ANYUAN, "bootstrap", "--json"], self.settings).splitlines()[-1])
        return made

    def log_tails(self) -> str:
        """Answer what each program wrote last."""
        return "\n".join(program.log_tail() for program in self.programs.values())

    def close(self) -> None:
        """End the programs and remove what they kept in the servers."""
        for program in self.programs.values():
            program.kill()
        self._postgres.heal()
        self._rabbit.heal()
        self.databases.drop()
        self._rabbit.drop_vhost(self._vhost)


def _commands(port: int) -> dict[Part, list[str]]:
    site = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    return {
        Part.WEB: [*site, 'services.launcher.wsgi:create("all")'],
        Part.WORKER: [*ANYUAN, "worker", "all"],
        Part.RELAY: [*ANYUAN, "relay", "all"],
    }
