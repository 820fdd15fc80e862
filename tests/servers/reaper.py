"""Ends what a test session started, whatever happens to the session itself.

`main` runs as a process of its own and reads lines `process PID`, `container ID` and `folder PATH`; `forget …` takes
one back. When the session says `end`, or when its end of the pipe closes because it was killed, everything still on the
list is ended: a session that died with SIGKILL leaves nothing behind either.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it, itself first, as /proc tells now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may hold spaces, so the parent is the second field after the last one.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found.extend(children.get(member, []))
    return found


def ended(pid: int) -> bool:
    """Tell whether a process is gone, or is only waiting for its parent to take note."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


def signal_family(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and all its descendants; those that are gone already are passed over."""
    for member in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, number)


def end(kind: str, name: str) -> None:
    """End one entry of the list for good: no process, container, volume or file of it stays."""
    if kind == "process":
        signal_family(int(name), signal.SIGKILL)
    elif kind == "container":
        import docker
        import docker.errors

        with contextlib.suppress(docker.errors.APIError):
            docker.from_env().containers.get(name).remove(force=True, v=True)
    elif kind == "folder":
        shutil.rmtree(name, ignore_errors=True)


def main() -> None:
    """Keep the list that comes in on standard input and end what is on it when the input ends."""
    wanted: list[tuple[str, str]] = []
    for line in sys.stdin:
        if line.strip() == "end":
            break
        if line.startswith("forget "):
            _, kind, name = line.split(maxsplit=2)
            wanted.remove((kind, name.strip()))
        else:
            kind, name = line.split(maxsplit=1)
            wanted.append((kind, name.strip()))
    # Folders were announced before the processes that use them, so they go last.
    for kind, name in reversed(wanted):
        end(kind, name)


class Reaper:
    """The session's side: starts the reaper and tells it what to end."""

    def __init__(self) -> None:
        self._children: list[subprocess.Popen[bytes]] = []
        # A session of its own, so that Ctrl-C in the terminal does not end the reaper before its work.
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.servers.reaper import main; main()"],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def watch(self, kind: str, name: object) -> None:
        """Put a process, container or folder on the list."""
        self._say(f"{kind} {name}")

    def watch_child(self, child: subprocess.Popen[bytes]) -> None:
        """Put a process of the session itself on the list."""
        self._children.append(child)
        self.watch("process", child.pid)

    def forget_child(self, child: subprocess.Popen[bytes]) -> None:
        """Take a child back that has ended already, because its number may soon be another's."""
        self._children.remove(child)
        self._say(f"forget process {child.pid}")

    def close(self) -> None:
        """End everything on the list and wait until that is done."""
        self._say("end")
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        for child in self._children:
            child.wait(timeout=60)

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
