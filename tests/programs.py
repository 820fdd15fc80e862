"""Programs of the project as child processes: started, killed and started again, each with a log to look at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.reaper import Reaper, ended, family, signal_family
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
ANYUAN = (sys.executable, "-m", "services.launcher.cli")
"""The command `anyuan`, with the code that these tests lie beside, wherever the environment was installed from."""
_TAIL = 60  # lines


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Answer a bare environment with these settings in it: nothing of this shell's own gets in."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **settings}


def run(command: Sequence[str], settings: Mapping[str, str], *, limit: float = 120.0) -> str:
    """Run a program to its end and answer what it printed.

    :raises RuntimeError: when it fails, with all that it said.
    """
    done = subprocess.run(
        list(command),
        cwd=ROOT,
        env=environment_of(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=limit,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{list(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Program:
    """One long-running program. It ends with the session at the latest (`reaper`)."""

    name: str
    command: Sequence[str]
    settings: Mapping[str, str]
    log: Path
    reaper: Reaper
    _child: subprocess.Popen[bytes] | None = None
    _members: list[int] = field(default_factory=list)

    def start(self, *, failpoint: str = "") -> None:
        """Start it, the first time or again; does not wait until it answers."""
        assert not self.is_alive(), f"{self.name} runs already"
        extra = {"ANYUAN_FAILPOINT": failpoint} if failpoint else {}
        with self.log.open("ab") as output:
            output.write(f"--- {self.name} starts {failpoint}\n".encode())
            output.flush()
            self._child = subprocess.Popen(
                list(self.command),
                cwd=ROOT,
                env=environment_of({**self.settings, **extra}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.reaper.watch_child(self._child)

    def kill(self) -> None:
        """End it and all its children with SIGKILL, as the kernel would for want of memory."""
        if self._child is None:
            return
        members = family(self._child.pid)
        signal_family(self._child.pid, signal.SIGKILL)
        self._gone(members)

    def stop(self, *, limit: float = 15.0) -> int:
        """Ask it to end in good order (SIGTERM); answers its exit code."""
        if self._child is None:
            return 0
        members = family(self._child.pid)
        self._child.terminate()
        try:
            code = self._child.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL
        self._gone(members)
        return code

    @property
    def pid(self) -> int:
        """The number of its first process."""
        assert self._child is not None, f"{self.name} does not run"
        return self._child.pid

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self._child is not None and self._child.poll() is None

    def wait_ended(self, *, limit: float = 60.0) -> int:
        """Wait until it has ended by itself; answers its exit code, -9 after SIGKILL."""
        assert self._child is not None
        child = self._child
        wait_until(lambda: child.poll() is not None, limit=limit, what=f"{self.name} to end", every=0.02)
        code = child.returncode
        self._gone([])
        return code

    def cpu_seconds(self) -> float:
        """Answer the processor time that it and its children have used so far."""
        if self._child is None:
            return 0.0
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in family(self._child.pid)]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")

    def log_tail(self) -> str:
        """Answer the last lines that it wrote."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"===== {self.name}: {self.log}", *lines[-_TAIL:]])

    def _gone(self, members: Sequence[int]) -> None:
        assert self._child is not None
        self._child.wait(timeout=30)
        wait_until(lambda: all(map(ended, members)), limit=30, what=f"the processes of {self.name} to end")
        self.reaper.forget_child(self._child)
        self._child = None
