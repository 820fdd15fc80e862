"""What a process is told by its environment: read once at the start, and wrong settings stop it there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shared.tls import believing, is_secure


class SettingsError(Exception):
    """A setting is missing or wrong; the text says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One line of the settings table: its name, what it says, and its default where it has one."""

    name: str
    meaning: str
    default: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting(name="ANYUAN_NODE", meaning="The node this deployment is, as the node map names it", default="hebei"),
    Setting(
        name="ANYUAN_PROFILE",
        meaning="`production`, or `demo`, which allows a clock that can be moved",
        default="production",
    ),
    Setting(name="ANYUAN_CLOCK", meaning="`system`, or `adjustable` (refused in production)", default="system"),
    Setting(
        name="ANYUAN_DATABASE_URL", meaning="The service's own database, as an SQLAlchemy URL without the password"
    ),
    Setting(name="ANYUAN_DATABASE_PASSWORD_FILE", meaning="The file that holds the database password"),
    Setting(name="ANYUAN_BROKER_URL", meaning="RabbitMQ, as an amqp:// or amqps:// URL without the password"),
    Setting(name="ANYUAN_BROKER_PASSWORD_FILE", meaning="The file that holds the broker password"),
    Setting(
        name="ANYUAN_BROKER_CA_FILE",
        meaning="The certificates (PEM) of the authority that the broker's own must be from; needed with amqps://",
    ),
    Setting(name="ANYUAN_TOKEN_KEYS_FILE", meaning="The public keys (JWKS) that access tokens are checked with"),
    Setting(
        name="ANYUAN_TOKEN_SIGNING_KEY_FILE", meaning="The private key that signs access tokens; only `registration`"
    ),
    Setting(name="ANYUAN_DATA_KEY_FILE", meaning="The keys that encrypt ID numbers; only `registration`"),
    Setting(name="ANYUAN_PORTAL_SECRET_FILE", meaning="The secret that signs the site's cookies; only the portal"),
    Setting(name="ANYUAN_API_URL", meaning="Where the portal reaches the services: service X is at {url}/X"),
    Setting(name="ANYUAN_NUMBER_BLOCK", meaning="This node's block of volunteer numbers, two digits", default="01"),
    Setting(
        name="ANYUAN_CHARTER_FILE",
        meaning="Map and keys of all nodes as the province's root published them; without it this node is alone",
    ),
    Setting(name="ANYUAN_ROOT_KEY_FILE", meaning="The public key of the province's root, which signs the charter"),
    Setting(name="ANYUAN_NODE_KEYS_FILE", meaning="The private keys that this node signs with; only `links`"),
    Setting(
        name="ANYUAN_BROKER_API_URL",
        meaning="RabbitMQ's HTTP API, to set links up and repair them; its user is that of the broker's URL",
    ),
    Setting(
        name="ANYUAN_LINK_PASSWORDS",
        meaning="A folder with the file `a-to-b` for each link: the password of node a's shovel at b's broker",
    ),
    Setting(
        name="ANYUAN_LINK_CA_FILE",
        meaning="The same for shovels, as a path where the broker runs; needed where either end is reached by amqps://",
    ),
    Setting(
        name="ANYUAN_HEARTBEAT_FILE",
        meaning="A file that relay and worker touch while they live",
        default="/tmp/anyuan-heartbeat",  # noqa: S108  # a touch file
    ),
    Setting(
        name="ANYUAN_METRICS_ADDRESS",
        meaning="Where a relay or worker answers Prometheus, as `host:port`; without it, nowhere",
    ),
    Setting(
        name="ANYUAN_FAILPOINT",
        meaning="Tests only, refused in production: where the process kills itself (`relay.after_confirm:kill`)",
    ),
)
"""Every setting there is; the table in the documents is made from this."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process."""

    node: str
    profile: str
    clock: str
    database_url: str = field(repr=False)
    database_password_file: Path | None
    broker_url: str = field(repr=False)
    broker_password_file: Path | None
    broker_ca_file: Path | None
    token_keys_file: Path | None
    token_signing_key_file: Path | None
    data_key_file: Path | None
    portal_secret_file: Path | None
    api_url: str
    number_block: str
    charter_file: Path | None
    root_key_file: Path | None
    node_keys_file: Path | None
    broker_api_url: str
    link_passwords: Path | None
    link_ca_file: Path | None
    heartbeat_file: Path
    metrics_address: str

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment (or from this mapping).

        :raises SettingsError: naming the setting that is wrong.
        """
        given = _Given(os.environ if environment is None else environment)
        settings = cls(
            node=given.text("NODE"),
            profile=given.text("PROFILE"),
            clock=given.text("CLOCK"),
            database_url=given.url("DATABASE"),
            database_password_file=given.path("DATABASE_PASSWORD_FILE"),
            broker_url=given.url("BROKER"),
            broker_password_file=given.path("BROKER_PASSWORD_FILE"),
            broker_ca_file=given.path("BROKER_CA_FILE"),
            token_keys_file=given.path("TOKEN_KEYS_FILE"),
            token_signing_key_file=given.path("TOKEN_SIGNING_KEY_FILE"),
            data_key_file=given.path("DATA_KEY_FILE"),
            portal_secret_file=given.path("PORTAL_SECRET_FILE"),
            api_url=given.text("API_URL").rstrip("/"),
            number_block=given.text("NUMBER_BLOCK"),
            charter_file=given.path("CHARTER_FILE"),
            root_key_file=given.path("ROOT_KEY_FILE"),
            node_keys_file=given.path("NODE_KEYS_FILE"),
            broker_api_url=given.text("BROKER_API_URL").rstrip("/"),
            link_passwords=given.path("LINK_PASSWORDS"),
            link_ca_file=given.path("LINK_CA_FILE"),
            heartbeat_file=Path(given.text("HEARTBEAT_FILE")),
            metrics_address=given.text("METRICS_ADDRESS"),
        )
        settings._check()
        return settings

    def _check(self) -> None:
        if self.profile not in ("production", "demo"):
            raise SettingsError("ANYUAN_PROFILE must be production or demo")
        if self.clock not in ("system", "adjustable"):
            raise SettingsError("ANYUAN_CLOCK must be system or adjustable")
        if self.clock == "adjustable" and self.profile == "production":
            raise SettingsError("ANYUAN_CLOCK=adjustable is refused in production; set ANYUAN_PROFILE=demo to try it")
        if is_secure(self.broker_url) and self.broker_ca_file is None:
            raise SettingsError("ANYUAN_BROKER_URL is amqps://, and ANYUAN_BROKER_CA_FILE does not say whom to believe")
        if not re.fullmatch(r"[0-9]{2}", self.number_block):
            raise SettingsError("ANYUAN_NUMBER_BLOCK must be two digits")
        if self.metrics_address and not re.fullmatch(r"[^\s:]+:[0-9]{1,5}", self.metrics_address):
            raise SettingsError("ANYUAN_METRICS_ADDRESS must be host:port, such as 127.0.0.1:9464")

    def need(self, name: str) -> Any:
        """Answer a setting that this process cannot do without.

        :raises SettingsError: when it is not set.
        """
        value = getattr(self, name)
        if not value:
            raise SettingsError(f"ANYUAN_{name.upper()} is not set; see the settings table in deploy/README.md")
        return value

    def database_url_of(self, service: str) -> str:
        """Answer where the database of a service is; `{service}` in the settings stands for its name.

        :raises SettingsError: when it is not set, or its password cannot be read.
        """
        return self._url_of("database", service)

    def broker_url_of(self, service: str) -> str:
        """Answer the broker that a service talks to; `{service}` in the settings stands for its name.

        :raises SettingsError: when it is not set, or its password cannot be read.
        """
        return believing(self._url_of("broker", service), str(self.broker_ca_file or ""))

    def _url_of(self, name: str, service: str) -> str:
        url = str(self.need(f"{name}_url")).replace(_SERVICE, service)
        file = str(getattr(self, f"{name}_password_file") or "")
        if _SERVICE not in file:
            return url
        return _with_password(url, Path(file.replace(_SERVICE, service)), name=name.upper())


_SERVICE = "{service}"
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


@dataclass(frozen=True)
class _Given:
    """The environment, read with the defaults of the settings table."""

    environment: Mapping[str, str]

    def text(self, name: str) -> str:
        full = f"ANYUAN_{name}"
        return self.environment.get(full) or _DEFAULTS[full]

    def path(self, name: str) -> Path | None:
        found = self.text(name)
        return Path(found) if found else None

    def url(self, name: str) -> str:
        """Answer a URL with the password from its file put in."""
        url, file = self.text(f"{name}_URL"), self.path(f"{name}_PASSWORD_FILE")
        # Where there is a file for each service, it is read when it is known which one is meant.
        return url if not url or file is None or _SERVICE in str(file) else _with_password(url, file, name=name)


def _with_password(url: str, file: Path, *, name: str) -> str:
    try:
        password = file.read_text().strip()
    except OSError as error:
        raise SettingsError(f"ANYUAN_{name}_PASSWORD_FILE cannot be read: {error}") from error
    user, at, place = url.partition("@")
    if not at:
        raise SettingsError(f"ANYUAN_{name}_URL names no user, but ANYUAN_{name}_PASSWORD_FILE is set")
    return f"{user}:{quote(password, safe='')}@{place}"
