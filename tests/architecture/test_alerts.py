"""Alerts speak of what is there: every metric they name is one of ours, every command one that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from services.launcher.cli import main
from services.launcher.parts import SERVICES
from shared.clock import SystemClock
from shared.http.operations import HTTP
from shared.messaging import StoredOutbox
from shared.messaging.metrics import MESSAGING, StateCollector
from shared.nodes.metrics import LinksCollector
from shared.storage import Database
from shared.storage.database import make_engine

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "anyuan.rules.yaml").read_text())["groups"] for rule in group["rules"]
]
_METRIC = re.compile(r"\banyuan_[a-z_]+")
_SUFFIX = re.compile(r"_(total|bucket|sum|count)$")


def metrics() -> set[str]:
    """Answer the name of everything that a process exposes."""
    unasked = Database(
        make_engine("sqlite:////nowhere/x.db"), clock=SystemClock(), outbox=StoredOutbox("links", "hebei")
    )
    collectors = (MESSAGING, HTTP, StateCollector({}), LinksCollector(unasked))
    return {metric.name for collector in collectors for metric in collector.collect()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_names_metrics_of_ours_and_says_what_to_do(rule: dict[str, Any]) -> None:
    named = _METRIC.findall(rule["expr"])
    assert named
    assert {_SUFFIX.sub("", name) for name in named} <= metrics()
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert re.search("[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])
    assert re.match("[A-Z]", rule["annotations"]["summary_en"].replace("{{ $labels.service }}", "Service"))
    commands = [line for line in rule["annotations"]["runbook"].split("; ") if line.startswith("anyuan ")]
    assert commands
    for command in commands:
        assert_runs(command.split()[1:])


def assert_runs(words: list[str]) -> None:
    """Make sure that there is such a command with such options."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_alerts_watch_outbox_inbox_and_dead_letters() -> None:
    named = {name for rule in RULES for name in _METRIC.findall(rule["expr"])}
    assert named >= {
        "anyuan_outbox_oldest_seconds",
        "anyuan_outbox_parked",
        "anyuan_relay_returned_total",
        "anyuan_inbox_lag_seconds",
        "anyuan_inbox_retries_total",
        "anyuan_events_dead_by_type",
    }


def test_prometheus_is_told_of_every_container_that_answers_it() -> None:
    compose = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text())["services"]
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {name for job in jobs for each in job["dns_sd_configs"] for name in each["names"]}
    roles = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker", "relay")}
    assert scraped == roles & compose.keys()
    port = {each["port"] for job in jobs if "worker" in job["job_name"] for each in job["dns_sd_configs"]}
    assert compose["records-worker"]["environment"]["ANYUAN_METRICS_ADDRESS"].endswith(f":{port.pop()}")
