"""Everything in one process on one port: SQLite files, the courier instead of a broker, one web server."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
from flask import Flask
from waitress.server import create_server

from services.launcher.jobs import Scheduler
from services.launcher.keys import init_keys
from services.launcher.parts import SERVICES, Keys, app_of, prepare, reactions_of
from services.launcher.wsgi import Wsgi, mounted
from shared.clock import Clock, SystemClock
from shared.identity import TokenSigner, TokenVerifier
from shared.messaging import StoredOutbox
from shared.messaging.embedded import Courier
from shared.sealing import Sealer
from shared.storage import Database
from shared.storage.database import make_engine
from shared.storage.migrations import upgrade

NODE = "hebei"
NUMBER_BLOCK = "01"
_THREADS = 8


class Embedded:
    """A whole node in this process, kept in one folder."""

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock = clock or SystemClock()
        folder.mkdir(parents=True, exist_ok=True)
        files = init_keys(folder / "keys")
        self._portal_secret = files.portal_secret.read_bytes()
        keys = Keys(
            verifier=TokenVerifier.from_file(files.token_keys),
            signer=TokenSigner.from_file(files.token_signing_key),
            sealer=Sealer.from_file(files.data_key),
        )
        self.databases = {service: self._open(service) for service in SERVICES}
        for service, database in self.databases.items():
            prepare(service, database, number_block=NUMBER_BLOCK)
        self.keys = keys
        self.apps = {service: app_of(service, self.databases[service], keys) for service in SERVICES}
        self.courier = Courier(self.databases, {service: reactions_of(service) for service in SERVICES})
        self.scheduler = Scheduler(self.databases)
        self.wsgi = mounted(self.apps, portal=self._portal())

    def _open(self, service: str) -> Database:
        url = f"sqlite:///{self.folder / service}.db"
        upgrade(service, url)
        return Database(make_engine(url), clock=self.clock, outbox=StoredOutbox(service, NODE))

    def _portal(self) -> Flask:
        """Make the portal, which speaks HTTP to the services without leaving the process."""
        from services.portal.app import create_app as create_portal

        transport = httpx.WSGITransport(app=mounted(self.apps))
        api = httpx.Client(transport=transport, base_url="http://anyuan/api", timeout=30)
        return create_portal(api=api, secret=self._portal_secret, secure_cookies=False, clock=self.clock)

    def start(self) -> None:
        """Begin to carry events between the services, and to do their periodic jobs."""
        self.courier.start()
        self.scheduler.start()

    def stop(self) -> None:
        """Stop the jobs and the carrying of events, and close the databases."""
        self.scheduler.stop()
        self.courier.stop()
        for database in self.databases.values():
            database.engine.dispose()


class Site:
    """The web server of an embedded node, on a thread of its own."""

    def __init__(self, wsgi: Wsgi, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = create_server(wsgi, host=host, port=port, threads=_THREADS, ident=None)
        self.url = f"http://{host}:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        """Begin to answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests at hand and stop answering."""
        # The workers go first: one that ends after the server is closed has nothing left to wake.
        self._server.task_dispatcher.shutdown()
        self._server.close()
        self._thread.join(timeout=5)

    def wait(self) -> None:
        """Go on until the process is told to stop."""
        self._thread.join()
