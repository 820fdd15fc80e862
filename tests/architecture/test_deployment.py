"""The containers keep the rules of the house: locked down, limited, watched, and each with its own secrets only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.launcher.event_map import event_map
from services.launcher.parts import SERVICES

COMPOSE = yaml.safe_load((Path(__file__).resolve().parents[2] / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {name for name, container in CONTAINERS.items() if container["restart"] == "no"}
OURS = {name for name, container in CONTAINERS.items() if container["image"].startswith("anyuan:")}


def secrets_of(name: str) -> set[str]:
    mounted = {volume.partition(":")[0] for volume in CONTAINERS[name].get("volumes", ())}
    return {volume for volume in mounted if volume.endswith(("-secrets", "-owner"))}


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_container_is_limited_and_watched(name: str) -> None:
    container = CONTAINERS[name]
    assert container["mem_limit"]
    assert container["logging"]["options"]["max-size"]
    if name not in JOBS:
        assert container["restart"] == "unless-stopped"
        assert container["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(OURS | {"nginx"}))
def test_a_container_is_locked_down(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


def test_every_job_is_awaited() -> None:
    # Otherwise `docker compose up --wait` takes the end of a job for a failure.
    awaited = {
        job
        for container in CONTAINERS.values()
        for job, how in container.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert awaited == {job for job in JOBS if "profiles" not in CONTAINERS[job]}


def test_every_service_has_its_roles() -> None:
    publishers = {event.partition(".")[0] for event in event_map()}
    for service in SERVICES:
        assert {f"{service}-api", f"{service}-worker", f"{service}-migrations"} <= CONTAINERS.keys()
        assert (f"{service}-relay" in CONTAINERS) == (service in publishers)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_its_own_secrets_only(service: str) -> None:
    for role in ("api", "worker", "relay"):
        if f"{service}-{role}" in CONTAINERS:
            assert secrets_of(f"{service}-{role}") == {f"{service}-secrets"}
    assert secrets_of(f"{service}-migrations") == {f"{service}-owner"}


def test_only_jobs_of_the_operator_see_all_passwords() -> None:
    jobs = {"secrets", "databases", "queues", "operator"}
    assert {name for name in CONTAINERS if "operator-secrets" in secrets_of(name)} == jobs
    assert CONTAINERS["operator"]["profiles"] == ["operator"], "it is not started with the others"


def test_only_the_front_server_is_reached_from_outside() -> None:
    assert {name for name, container in CONTAINERS.items() if "ports" in container} == {"nginx"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "rabbitmq"):
        assert CONTAINERS[name]["networks"] == ["inside"]
