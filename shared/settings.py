"""What a process is told by its environment: read once at the start, and wrong settings stop it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env
from marshmallow import ValidationError
from sqlalchemy.engine import make_url


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
    Setting(name="ANYUAN_BROKER_URL", meaning="RabbitMQ, as an amqp:// URL without the password"),
    Setting(name="ANYUAN_BROKER_PASSWORD_FILE", meaning="The file that holds the broker password"),
    Setting(name="ANYUAN_TOKEN_KEYS_FILE", meaning="The public keys (JWKS) that access tokens are checked with"),
    Setting(
        name="ANYUAN_TOKEN_SIGNING_KEY_FILE", meaning="The private key that signs access tokens; only `registration`"
    ),
    Setting(name="ANYUAN_DATA_KEY_FILE", meaning="The keys that encrypt ID numbers; only `registration`"),
    Setting(name="ANYUAN_PORTAL_SECRET_FILE", meaning="The secret that signs the site's cookies; only the portal"),
    Setting(name="ANYUAN_API_URL", meaning="Where the portal reaches the services: service X is at {url}/X"),
    Setting(name="ANYUAN_NUMBER_BLOCK", meaning="This node's block of volunteer numbers, two digits", default="01"),
    Setting(
        name="ANYUAN_HEARTBEAT_FILE",
        meaning="A file that relay and worker touch while they live",
        default="/tmp/anyuan-heartbeat",  # noqa: S108  # a touch file
    ),
)
"""Every setting there is; the table in the documents is made from this."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process."""

    node: str
    profile: str
    clock: str
    database_url: str
    broker_url: str
    token_keys_file: Path | None
    token_signing_key_file: Path | None
    data_key_file: Path | None
    portal_secret_file: Path | None
    api_url: str
    number_block: str
    heartbeat_file: Path

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment (or from this mapping).

        :raises SettingsError: naming the setting that is wrong.
        """
        env = Env(prefix="ANYUAN_")
        if environment is not None:
            env = _MappingEnv(environment)
        try:
            settings = cls(
                node=env.str("NODE", "hebei"),
                profile=env.str("PROFILE", "production"),
                clock=env.str("CLOCK", "system"),
                database_url=_with_password(env, "DATABASE"),
                broker_url=_with_password(env, "BROKER"),
                token_keys_file=_path(env, "TOKEN_KEYS_FILE"),
                token_signing_key_file=_path(env, "TOKEN_SIGNING_KEY_FILE"),
                data_key_file=_path(env, "DATA_KEY_FILE"),
                portal_secret_file=_path(env, "PORTAL_SECRET_FILE"),
                api_url=env.str("API_URL", "").rstrip("/"),
                number_block=env.str("NUMBER_BLOCK", "01"),
                heartbeat_file=Path(env.str("HEARTBEAT_FILE", "/tmp/anyuan-heartbeat")),  # noqa: S108  # a touch file
            )
        except ValidationError as error:
            raise SettingsError(str(error)) from error
        settings._check()
        return settings

    def _check(self) -> None:
        if self.profile not in ("production", "demo"):
            raise SettingsError("ANYUAN_PROFILE must be production or demo")
        if self.clock not in ("system", "adjustable"):
            raise SettingsError("ANYUAN_CLOCK must be system or adjustable")
        if self.clock == "adjustable" and self.profile == "production":
            raise SettingsError("ANYUAN_CLOCK=adjustable is refused in production; set ANYUAN_PROFILE=demo to try it")
        if not (len(self.number_block) == 2 and self.number_block.isdigit()):
            raise SettingsError("ANYUAN_NUMBER_BLOCK must be two digits")

    def need(self, name: str) -> Any:
        """Answer a setting that this process cannot do without.

        :raises SettingsError: when it is not set.
        """
        value = getattr(self, name)
        if not value:
            raise SettingsError(f"ANYUAN_{name.upper()} is not set; see the settings table in deploy/README.md")
        return value


class _MappingEnv(Env):
    """An environment taken from a mapping, so that tests and the demo leave the real one alone."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(prefix="ANYUAN_")
        self._given = environment

    def str(self, name: str, default: Any = None, **_: Any) -> Any:
        return self._given.get(f"ANYUAN_{name}", default)


def _path(env: Env, name: str) -> Path | None:
    found = env.str(name, "")
    return Path(found) if found else None


def _with_password(env: Env, name: str) -> str:
    url = env.str(f"{name}_URL", "")
    file = _path(env, f"{name}_PASSWORD_FILE")
    if not url or file is None:
        return str(url)
    try:
        password = file.read_text().strip()
    except OSError as error:
        raise SettingsError(f"ANYUAN_{name}_PASSWORD_FILE cannot be read: {error}") from error
    return make_url(url).set(password=password).render_as_string(hide_password=False)
