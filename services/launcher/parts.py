"""The services by name, and how each is made from settings."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from flask import Flask
from sqlalchemy import MetaData

from services.launcher.here import here_of
from shared.approval.service import Approvals
from shared.clock import AdjustableClock, Clock, SystemClock
from shared.identity import TokenSigner, TokenVerifier
from shared.messaging import Reactions, Snapshots, StoredOutbox
from shared.sealing import Sealer
from shared.settings import Settings
from shared.storage import Database
from shared.storage.database import make_engine
from shared.storage.unit_of_work import Hosting

SERVICES = ("registration", "records", "reporting", "awards", "notifications")
"""Every service with a database, in the order they are started."""

LINKS = "links"
"""What speaks to other nodes; it has a database like a service and runs only where there are neighbours."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys a process holds; only registration's signs and seals."""

    verifier: TokenVerifier
    signer: TokenSigner | None = None
    sealer: Sealer | None = None

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Read the key files that the settings name."""
        signing, data = settings.token_signing_key_file, settings.data_key_file
        return cls(
            verifier=TokenVerifier.from_file(settings.need("token_keys_file")),
            signer=TokenSigner.from_file(signing) if signing else None,
            sealer=Sealer.from_file(data) if data else None,
        )


def broker_url_of(service: str, settings: Settings) -> str:
    """Answer the broker a service talks to; `{service}` in the setting stands for its name."""
    return settings.broker_url_of(service)


def named(name: str) -> tuple[str, ...]:
    """Answer the services that a command names: one, or `all` of them in one process.

    :raises KeyError: for a name that is no service's.
    """
    if name == "all":
        return SERVICES
    wiring_of(name)
    return (name,)


def wiring_of(service: str) -> ModuleType:
    """Answer the module that wires a service."""
    if service not in (*SERVICES, LINKS):
        raise KeyError(f"{service} is none of {', '.join(SERVICES)}")
    return importlib.import_module(f"services.{service}.app")


def reactions_of(service: str) -> Reactions:
    """Answer what a service listens to."""
    found: Reactions = wiring_of(service).reactions
    return found


def snapshots_of(service: str) -> Snapshots:
    """Answer how a service tells anew how its things stand; of some services nothing can be told anew."""
    found: Snapshots = getattr(wiring_of(service), "snapshots", None) or Snapshots(service)
    return found


def approvals_of(service: str) -> Approvals | None:
    """Answer the door to a service's cases, or None for a service that has none."""
    found: Approvals | None = getattr(wiring_of(service), "approvals", None)
    return found


def metadata_of(service: str) -> Sequence[MetaData]:
    """Answer the tables of a service."""
    found: Sequence[MetaData] = wiring_of(service).METADATA
    return found


def clock_of(settings: Settings) -> Clock:
    """Answer the clock the settings ask for."""
    return AdjustableClock() if settings.clock == "adjustable" else SystemClock()


def database_of(
    service: str, settings: Settings, *, clock: Clock | None = None, here: Hosting | None = None
) -> Database:
    """Open a service's database; `{service}` in the setting stands for its name, where one process runs several.

    What the node hosts is read from its charter where `here` does not say it.
    """
    return Database(
        make_engine(settings.database_url_of(service)),
        clock=clock or clock_of(settings),
        outbox=StoredOutbox(service, settings.node),
        here=here or here_of(settings),
    )


def app_of(service: str, database: Database, keys: Keys) -> Flask:
    """Make a service's web application."""
    make = wiring_of(service).create_app
    if service == "registration":
        app: Flask = make(database=database, verifier=keys.verifier, signer=keys.signer, sealer=keys.sealer)
    else:
        app = make(database=database, verifier=keys.verifier)
    return app


def prepare(service: str, database: Database, *, number_block: str) -> None:
    """Lay down what a service's fresh database needs; again it changes nothing."""
    lay_down = getattr(wiring_of(service), "prepare", None)
    if lay_down is None:
        return
    with database.unit_of_work() as uow:
        if service == "registration":
            lay_down(uow, number_block=number_block)
        else:
            lay_down(uow)


def bring_up_to_date(service: str, settings: Settings) -> None:
    """Bring a service's database to the newest tables and lay down what it needs."""
    from shared.storage.migrations import upgrade

    database = database_of(service, settings)
    upgrade(service, settings.database_url_of(service))
    prepare(service, database, number_block=settings.number_block)
