"""Wrong settings stop a process at its start, and the text says which and what to do."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from shared.settings import SETTINGS, Setting, Settings, SettingsError


def test_nothing_said_is_a_production_process_with_the_system_clock() -> None:
    settings = Settings.read({})
    assert (settings.node, settings.profile, settings.clock, settings.number_block) == (
        "hebei",
        "production",
        "system",
        "01",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANYUAN_PROFILE", "test"),
        ("ANYUAN_CLOCK", "sundial"),
        ("ANYUAN_NUMBER_BLOCK", "1"),
        ("ANYUAN_NUMBER_BLOCK", "001"),
        ("ANYUAN_NUMBER_BLOCK", "1a"),
        ("ANYUAN_NUMBER_BLOCK", "１２"),
        ("ANYUAN_NUMBER_BLOCK", "²³"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.read({name: value})


def test_a_clock_that_can_be_moved_is_refused_in_production() -> None:
    with pytest.raises(SettingsError, match="refused in production"):
        Settings.read({"ANYUAN_CLOCK": "adjustable"})
    assert Settings.read({"ANYUAN_CLOCK": "adjustable", "ANYUAN_PROFILE": "demo"}).clock == "adjustable"


def test_passwords_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/w:rd \n")
    settings = Settings.read(
        {
            "ANYUAN_DATABASE_URL": "postgresql+psycopg://reporting@postgres/reporting",
            "ANYUAN_DATABASE_PASSWORD_FILE": str(file),
            "ANYUAN_BROKER_URL": "amqp://reporting@rabbitmq:5672/%2F",
            "ANYUAN_BROKER_PASSWORD_FILE": str(file),
        }
    )
    for url in (settings.database_url, settings.broker_url):
        assert make_url(url).password == "p@ss/w:rd"
        assert make_url(url).username == "reporting"
    assert settings.broker_url.endswith("/%2F")


def test_a_password_file_that_is_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ANYUAN_DATABASE_PASSWORD_FILE"):
        Settings.read({"ANYUAN_DATABASE_URL": "sqlite://", "ANYUAN_DATABASE_PASSWORD_FILE": str(tmp_path / "none")})


def test_passwords_do_not_show() -> None:
    settings = Settings.read(
        {"ANYUAN_DATABASE_URL": "postgresql://u:geheim@h/d", "ANYUAN_BROKER_URL": "amqp://u:geheim@h"}
    )
    assert "geheim" not in repr(settings)


def test_a_setting_that_is_needed_and_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="ANYUAN_DATABASE_URL"):
        Settings.read({}).need("database_url")
    assert Settings.read({"ANYUAN_DATABASE_URL": "sqlite://"}).need("database_url") == "sqlite://"


def test_the_table_of_settings_is_whole() -> None:
    described = {setting.name for setting in SETTINGS}
    read = {f"ANYUAN_{field.name.upper()}" for field in fields(Settings)}
    apart = {"ANYUAN_DATABASE_PASSWORD_FILE", "ANYUAN_BROKER_PASSWORD_FILE", "ANYUAN_FAILPOINT"}
    assert described == read | apart
    assert all(setting.meaning for setting in SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_table_tells_the_true_default(setting: Setting) -> None:
    if setting.default:
        assert str(getattr(Settings.read({}), setting.name.removeprefix("ANYUAN_").lower())) == setting.default


SECURE = {"ANYUAN_BROKER_URL": "amqps://{service}@rabbitmq:5671/%2F?frame_max=0"}


def test_a_broker_over_tls_is_checked_against_an_authority_that_is_named() -> None:
    with pytest.raises(SettingsError, match="ANYUAN_BROKER_CA_FILE"):
        Settings.read(SECURE)

    settings = Settings.read(SECURE | {"ANYUAN_BROKER_CA_FILE": "/run/secrets/authority.pem"})

    assert settings.broker_url_of("records") == (
        "amqps://records@rabbitmq:5671/%2F?frame_max=0&cacertfile=%2Frun%2Fsecrets%2Fauthority.pem"
    )


def test_a_broker_without_tls_needs_no_authority() -> None:
    given = {"ANYUAN_BROKER_URL": "amqp://rabbitmq/%2F", "ANYUAN_BROKER_CA_FILE": "/run/secrets/authority.pem"}

    assert Settings.read(given).broker_url_of("records") == "amqp://rabbitmq/%2F"
