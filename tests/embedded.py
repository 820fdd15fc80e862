"""The embedded node as a program of its own: everything in one process over SQLite files, with no world in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx

from services.launcher.parts import SERVICES
from services.launcher.story.run import Secrets
from tests.programs import ANYUAN, Program, run
from tests.servers.process import free_port
from tests.servers.reaper import Reaper
from tests.waiting import wait_until


class EmbeddedNode:
    """A node that lives in one folder; it can be killed and started again."""

    def __init__(self, folder: Path, *, reaper: Reaper) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tests.embedded", str(folder), str(port)]
        self.program = Program("embedded", command, {}, folder / "embedded.log", reaper)

    def start(self) -> EmbeddedNode:
        """Start it and wait until it answers."""
        self.program.start()

        def look() -> bool:
            assert self.program.is_alive(), self.log_tails()
            return httpx.get(f"{self.base_url}/api/registration/healthz", timeout=5).is_success

        wait_until(look, limit=90, what="the site to answer", every=0.1, tolerate=(httpx.TransportError,))
        return self

    def database_urls(self) -> dict[str, str]:
        """Answer the URL of each service's database."""
        return {service: f"sqlite:///{self.folder / service}.db" for service in SERVICES}

    def bootstrap(self) -> Secrets:
        """Make the first administrators, from another process, as the site runs."""
        settings = {"ANYUAN_DATABASE_URL": f"sqlite:///{self.folder}/{{service}}.db"}
        made: Secrets = json.loads(run([*ANYUAN, "bootstrap", "--json"], settings).splitlines()[-1])
        return made

    def log_tails(self) -> str:
        """Answer what it wrote last."""
        return self.program.log_tail()

    def close(self) -> None:
        """End it."""
        self.program.kill()


def main() -> None:
    """Serve a node until killed."""
    from services.launcher.embedded import Embedded, Site
    from shared.logs import set_up_logs

    set_up_logs(service="embedded", level="WARNING")
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    node = Embedded(folder)
    site = Site(node.wsgi, port=port)
    node.start()
    site.start()
    site.wait()


if __name__ == "__main__":
    main()
