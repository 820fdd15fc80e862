"""How a test server runs: as a container, or as a child process of Debian's packages. Both take the same five verbs."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import docker
import docker.errors
from docker.models.containers import Container
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.servers.reaper import Reaper, ended, family, signal_family
from tests.waiting import wait_until

# Our reaper does the work of testcontainers' own one, for processes as well, and needs no image.
testcontainers_config.ryuk_disabled = True


class ServerProcess(Protocol):
    """One server that can be started and disturbed. Its data and its ports stay the same from start to start."""

    host: str
    small_volume: str | None
    """A folder that is a small volume by itself, as the server sees it; processes of this machine have none."""

    def start(self) -> None:
        """Start it, the first time or again; does not wait until it answers."""

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, and no process of it is left when this returns."""

    def stop(self) -> None:
        """End it in good order."""

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""

    def resume(self) -> None:
        """Let it go on after `pause`."""

    def alive(self) -> bool:
        """Tell whether it runs."""

    def pid(self) -> int:
        """Return its first process, as this machine sees it."""

    def log(self) -> str:
        """Return the last lines that it wrote."""

    def neighbour_host(self) -> str:
        """Return the address by which other servers reach it."""

    def run_beside(self, *command: str) -> str:
        """Run a command where it runs, as its own user and with its settings, and return what it said.

        :raises RuntimeError: when the command fails.
        """


def free_port() -> int:
    """Return a port that nothing listens on, below the range from which clients get theirs.

    A port from that range could be taken by any client while the server is down, or even connect to itself.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ContainerProcess:
    """A server in a container of the local engine."""

    def __init__(
        self, container: DockerContainer, reaper: Reaper, *, owner: str, small_volume: str | None = None
    ) -> None:
        self.small_volume = small_volume
        self._container = container
        self._owner = owner
        self._reaper = reaper
        self._created = False
        self.host = ""

    def start(self) -> None:
        if self._created:
            self._inside().start()
            if self.small_volume:
                # The engine forgets at a restart that everybody may write there.
                self._inside().exec_run(["chmod", "0777", self.small_volume], user="root")
            return
        try:
            self._container.start()
        except BaseException:
            # A container that was created and could not start is not on the reaper's list yet.
            self._container.stop()
            raise
        self._created = True
        self._reaper.watch("container", self._container.get_container_id())
        host = self._container.get_container_host_ip()
        self.host = "127.0.0.1" if host == "localhost" else host

    def kill(self) -> None:
        self._inside().kill()
        self._inside().wait()

    def stop(self) -> None:
        self._inside().stop(timeout=30)

    def pause(self) -> None:
        self._inside().pause()

    def resume(self) -> None:
        self._inside().unpause()

    def alive(self) -> bool:
        container = self._inside()
        container.reload()
        return container.status in {"running", "paused"}

    def pid(self) -> int:
        container = self._inside()
        container.reload()
        return int(container.attrs["State"]["Pid"])

    def log(self) -> str:
        return self._inside().logs(tail=40).decode(errors="replace")

    def neighbour_host(self) -> str:
        # The engine's own address, by which one container reaches the published ports of another.
        container = self._inside()
        container.reload()
        networks: dict[str, dict[str, str]] = container.attrs["NetworkSettings"]["Networks"]
        return next(iter(networks.values()))["Gateway"]

    def run_beside(self, *command: str) -> str:
        code, output = self._inside().exec_run(list(command), user=self._owner)
        said = bytes(output).decode(errors="replace")  # type: ignore[arg-type]  # bytes, where no stream is asked for
        if code:
            raise RuntimeError(f"{command} failed:\n{said}")
        return said

    def _inside(self) -> Container:
        return self._container.get_wrapped_container()


def make_folder(reaper: Reaper, *, owner: str) -> Path:
    """Make a folder for one server that goes away with the session; `owner` gets it when root makes it."""
    folder = Path(tempfile.mkdtemp(prefix="anyuan-test-"))
    reaper.watch("folder", folder)
    if os.geteuid() == 0:
        shutil.chown(folder, owner, owner)
    return folder


def as_user(owner: str) -> list[str]:
    """Return the words before a command that make root run it as `owner`: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]


def run_as(owner: str, command: Sequence[object], *, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command to its end as `owner`, and return what it printed.

    :raises RuntimeError: when it fails, with what it said.
    """
    words = [*as_user(owner), *map(str, command)]
    done = subprocess.run(words, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{words} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class DebianProcess:
    """A server of Debian's packages as our own child, so that it can be killed and started again at once."""

    command: Sequence[str]
    owner: str
    folder: Path
    reaper: Reaper
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    host: str = "127.0.0.1"
    small_volume: str | None = None
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "output.log").open("ab") as output:
            self._child = subprocess.Popen(
                [*as_user(self.owner), *self.command],
                cwd=self.folder,
                env=self._whole_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.reaper.watch_child(self._child)

    def kill(self) -> None:
        self._end(signal.SIGKILL, whole_family=True)

    def stop(self) -> None:
        self._end(self.stop_signal, whole_family=False)

    def pause(self) -> None:
        signal_family(self._running().pid, signal.SIGSTOP)

    def resume(self) -> None:
        signal_family(self._running().pid, signal.SIGCONT)

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def pid(self) -> int:
        return self._running().pid

    def log(self) -> str:
        lines = (self.folder / "output.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-40:])

    def neighbour_host(self) -> str:
        return self.host

    def run_beside(self, *command: str) -> str:
        return run_as(self.owner, command, cwd=self.folder, environment=self._whole_environment())

    def _whole_environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.folder), **self.environment}

    def _end(self, number: signal.Signals, *, whole_family: bool) -> None:
        child = self._running()
        members = family(child.pid) if whole_family else [child.pid]
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, number)
        child.wait(timeout=60)
        # PostgreSQL refuses to start while an old process still holds its shared memory.
        wait_until(lambda: all(map(ended, members)), limit=30, what="the server's processes to end")
        self.reaper.forget_child(child)
        self._child = None

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._child is not None, "the server was not started"
        return self._child


def images_present(*names: str) -> bool:
    """Tell whether a container engine answers here and holds all these images."""
    try:
        client = docker.from_env(timeout=10)
    except docker.errors.DockerException:
        return False
    try:
        for name in names:
            client.images.get(name)
    except docker.errors.DockerException:
        return False
    finally:
        client.close()
    return True
