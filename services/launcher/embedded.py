"""Everything in one process on one port: SQLite files, the courier instead of a broker, one web server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from flask import Flask
from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from services.launcher.keys import init_keys
from services.launcher.parts import SERVICES, Keys, app_of, prepare, reactions_of
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

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


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
        self.wsgi = self._dispatcher(self.apps)

    def _open(self, service: str) -> Database:
        url = f"sqlite:///{self.folder / service}.db"
        upgrade(service, url)
        return Database(make_engine(url), clock=self.clock, outbox=StoredOutbox(service, NODE))

    def _dispatcher(self, apps: Mapping[str, Flask]) -> Wsgi:
        mounts = {f"/api/{service}": app for service, app in apps.items()}
        services = DispatcherMiddleware(_nothing_here, mounts)  # type: ignore[arg-type]  # Flask apps are WSGI
        # The portal speaks HTTP to the services without leaving the process: no socket, no second thread pool.
        api = httpx.Client(transport=httpx.WSGITransport(app=services), base_url="http://anyuan/api", timeout=30)  # type: ignore[arg-type]
        from services.portal.app import create_app as create_portal

        portal = create_portal(api=api, secret=self._portal_secret, secure_cookies=False)
        return DispatcherMiddleware(portal, mounts)  # type: ignore[return-value,arg-type]  # it is a WSGI app

    def start(self) -> None:
        """Begin to carry events between the services."""
        self.courier.start()

    def stop(self) -> None:
        """Stop carrying events and close the databases."""
        self.courier.stop()
        for database in self.databases.values():
            database.engine.dispose()


def _nothing_here(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"not found"]


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
        """Stop answering requests."""
        self._server.close()
        self._thread.join(timeout=5)

    def wait(self) -> None:
        """Go on until the process is told to stop."""
        self._thread.join()
