"""Real RabbitMQ nodes for tests: what tests do with one, and the two ways to run one."""

import os
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx
from testcontainers.core.container import DockerContainer

from tests.servers.certificates import SECRETS, Secured
from tests.servers.process import ContainerProcess, DebianProcess, ServerProcess, free_port, make_folder
from tests.servers.reaper import Reaper
from tests.servers.server import Server
from tests.waiting import wait_until

IMAGE = "rabbitmq:4-management"
PROGRAMS = Path("/usr/lib/rabbitmq/bin")
SCRIPT = PROGRAMS / "rabbitmq-server"
OWNER = "rabbitmq"
PLUGINS = "[rabbitmq_management,rabbitmq_shovel,rabbitmq_shovel_management,rabbitmq_prometheus].\n"
# The statistics of the management API are at most a second old, so that tests can ask it for queue lengths.
MEMORY, DISK = "1GB", "200MB"
CONFIGURATION = f"""\
loopback_users = none
vm_memory_high_watermark.absolute = {MEMORY}
disk_free_limit.absolute = {DISK}
collect_statistics_interval = 1000
"""
SETTLED_AFTER = 1.5  # seconds
# Erlang's schedulers spin while idle; on a small machine that takes the time of what is tested.
ERLANG_ARGUMENTS = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"


# Made once: a client that makes its own reads the system's certificates each time, which takes 30 ms.
_CHECKS = ssl.create_default_context()

Resource = Literal["memory", "disk"]


class RabbitServer(Server):
    """One RabbitMQ node with the management API and shovels; `username` may do everything."""

    username = "anyuan"

    def __init__(
        self,
        process: ServerProcess,
        *,
        port: int,
        management_port: int,
        password: str,
        secured: Secured | None = None,
    ) -> None:
        super().__init__(process, port=port, password=password)
        self.management_port = management_port
        self.secured = secured
        self._alarmed: set[Resource] = set()

    @property
    def secured_folder(self) -> str:
        """Where the broker itself has the files of its certificate."""
        return str(self._process.folder) if isinstance(self._process, DebianProcess) else SECRETS

    @property
    def management_url(self) -> str:
        """The address of the management API, without `/api`."""
        return f"http://{self.host}:{self.management_port}"

    def url_of(self, vhost: str) -> str:
        """Return the AMQP URL of a virtual host."""
        return f"amqp://{self.username}:{self.password}@{self.host}:{self.port}/{quote(vhost, safe='')}"

    def address_for_neighbours(self, vhost: str) -> str:
        """Return where another broker (or this one itself) reaches a virtual host, as `host:port/vhost`."""
        return f"{self._process.neighbour_host()}:{self.port}/{quote(vhost, safe='')}"

    def create_vhost(self, name: str) -> str:
        """Make a virtual host anew, dropping an old one of that name, and return its AMQP URL."""
        self.drop_vhost(name)
        path = quote(name, safe="")
        self.api("PUT", f"/vhosts/{path}")
        self.api("PUT", f"/permissions/{path}/{self.username}", {"configure": ".*", "write": ".*", "read": ".*"})
        return self.url_of(name)

    def drop_vhost(self, name: str) -> None:
        """Remove a virtual host with all that is in it; nothing happens when there is none."""
        response = self._request("DELETE", f"/vhosts/{quote(name, safe='')}")
        if response.status_code != httpx.codes.NOT_FOUND:
            response.raise_for_status()

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the management API (`path` begins after `/api`) and return its answer, None when it is empty.

        :raises httpx.HTTPStatusError: when RabbitMQ says no.
        """
        response = self._request(method, path, body)
        response.raise_for_status()
        return response.json() if response.content else None

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would. Its data stays.

        Waits a moment first: RabbitMQ writes the name of a new quorum queue to disk only up to a second after it has
        confirmed the declaration (rabbitmq/ra pull request 443). Killed in between, it comes back with an empty
        queue that answers nobody. Queues that are older than that lose nothing, and those are what faults are about.
        """
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() - begun > SETTLED_AFTER, limit=2 * SETTLED_AFTER, what="names on disk")
        super().kill()

    def alarm(self, resource: Resource) -> None:
        """Let it find that it is short of memory or of disk, so that it takes no more messages from anybody."""
        self._alarmed.add(resource)
        self._limit(resource, "0.00001" if resource == "memory" else "1000000GB")

    def calm(self) -> None:
        """Let it have enough of everything again."""
        while self._alarmed:
            resource = self._alarmed.pop()
            self._limit(resource, MEMORY if resource == "memory" else DISK)

    def heal(self) -> None:
        """Bring it back to running and to rest, whatever a test did to it."""
        super().heal()
        self.calm()

    def _limit(self, resource: Resource, limit: str) -> None:
        words = {"memory": ["set_vm_memory_high_watermark"], "disk": ["set_disk_free_limit"]}[resource]
        if limit == MEMORY:
            words.append("absolute")
        self._process.run_beside("rabbitmqctl", *words, limit)

    def answers(self) -> bool:
        """Tell whether it greets an AMQP client and its API answers, right now."""
        try:
            self.api("GET", "/overview")
            with socket.create_connection((self.host, self.port), timeout=5) as client:
                client.sendall(b"AMQP\x00\x00\x09\x01")
                return client.recv(1) == b"\x01"
        except (httpx.HTTPError, OSError):
            return False

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.management_url}/api{path}",
            json=body,
            auth=(self.username, self.password),
            timeout=10,
            trust_env=False,
            verify=_CHECKS,
        )


def in_container(
    reaper: Reaper, *, port: int, management_port: int, password: str, secured: Secured | None = None
) -> ServerProcess:
    """Describe a node in a container; it is created by the first start."""
    container = DockerContainer(IMAGE).with_bind_ports(5672, port).with_bind_ports(15672, management_port)
    container.with_env("RABBITMQ_DEFAULT_USER", RabbitServer.username).with_env("RABBITMQ_DEFAULT_PASS", password)
    container.with_env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG_ARGUMENTS)
    container.with_copy_into_container(PLUGINS.encode(), "/etc/rabbitmq/enabled_plugins")
    container.with_copy_into_container(CONFIGURATION.encode(), "/etc/rabbitmq/conf.d/90-tests.conf")
    if secured is not None:
        # Inside the same ports as outside, so that one address leads to it from either side.
        for each in (secured.port, secured.management_port):
            container.with_bind_ports(each, each)
        container.with_copy_into_container(secured.configuration().encode(), "/etc/rabbitmq/conf.d/30-tls.conf")
        for name, content in secured.files().items():
            container.with_copy_into_container(content, f"{SECRETS}/{name}")
    return ContainerProcess(container, reaper, owner=OWNER)


def from_debian(
    reaper: Reaper, *, port: int, management_port: int, password: str, secured: Secured | None = None
) -> ServerProcess:
    """Make a private node with Debian's programs, owned by the packages' own user."""
    folder = make_folder(reaper, owner=OWNER)
    epmd_port, distribution_port = free_port(), free_port()
    (folder / "enabled_plugins").write_text(PLUGINS)
    (folder / "rabbitmq.conf").write_text(
        f"{CONFIGURATION}default_user = {RabbitServer.username}\ndefault_pass = {password}\n"
        f"listeners.tcp.1 = 127.0.0.1:{port}\n"
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management_port}\n"
        f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {free_port()}\n"
    )
    if secured is not None:
        _add_tls(folder, secured)
    (folder / "none.conf").touch()
    own_epmd = {"ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
    # Erlang's name server, as our own child: left to itself it becomes a daemon that outlives the tests.
    DebianProcess(["epmd"], owner=OWNER, folder=folder, reaper=reaper, environment=own_epmd).start()
    environment = {
        **own_epmd,
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        # The script then becomes the server itself, so that our signals reach it.
        "RUNNING_UNDER_SYSTEMD": "true",
        "RABBITMQ_NODENAME": f"anyuan{port}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
        "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
        "RABBITMQ_LOG_BASE": f"{folder}/log",
        "RABBITMQ_PID_FILE": f"{folder}/pid",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
        "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
        "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/generated",
        "RABBITMQ_CONF_ENV_FILE": f"{folder}/none.conf",
        "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/none.config",
    }
    return DebianProcess([str(SCRIPT)], owner=OWNER, folder=folder, reaper=reaper, environment=environment)


def _add_tls(folder: Path, secured: Secured) -> None:
    for name, content in secured.files().items():
        (folder / name).write_bytes(content)
        # The server is not ours where root starts it.
        (folder / name).chmod(0o644)
    deployed = secured.configuration(str(folder)).replace("management.tcp.port = 15672\n", "")
    with (folder / "rabbitmq.conf").open("a") as written:
        written.write(deployed.replace("listeners.ssl.default = ", "listeners.ssl.1 = 127.0.0.1:"))
