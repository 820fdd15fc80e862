"""The containers keep the rules of the house: locked down, limited, watched, and each with its own secrets only."""

from __future__ import annotations

import tomllib
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


# --- several nodes on one machine ------------------------------------------------------------------------------------

_FOLDER = Path(__file__).resolve().parents[2] / "deploy/nodes"
NODES_COMPOSE = yaml.safe_load((_FOLDER / "compose.yml").read_text())
OFF = {name for name, container in NODES_COMPOSE["services"].items() if container.get("profiles") == ["one-node"]}
OF_NODES: dict[str, dict[str, Any]] = {
    name: container for name, container in NODES_COMPOSE["services"].items() if name not in OFF
}
NODES = sorted(tomllib.loads((_FOLDER / "four.toml").read_text())["nodes"])


def test_the_containers_of_the_one_node_stay_off() -> None:
    assert set(CONTAINERS) == OFF


@pytest.mark.parametrize("name", sorted(OF_NODES))
def test_a_container_of_a_node_is_limited_watched_and_locked_down(name: str) -> None:
    container = OF_NODES[name]
    assert container["mem_limit"]
    assert container["logging"]["options"]["max-size"]
    if container["restart"] != "no":
        assert container["healthcheck"]["test"]
    if container["image"].startswith("anyuan:"):
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]


def test_every_node_has_its_own_servers_and_one_process_of_each_role() -> None:
    roles = {"api", "worker", "relay", "databases", "tables", "links"}
    expected = {f"{node}-{role}" for node in NODES for role in roles}
    servers = {f"{server}-{node}" for node in NODES for server in ("postgres", "rabbitmq")}
    assert expected | servers | {"keys"} == set(OF_NODES)


@pytest.mark.parametrize("node", NODES)
def test_a_node_sees_its_own_secrets_and_meets_others_only_at_the_broker(node: str) -> None:
    own = {
        name: container for name, container in OF_NODES.items() if name.startswith(f"{node}-") or name.endswith(node)
    }
    for name, container in own.items():
        mounted = {volume.partition(":")[0] for volume in container["volumes"]}
        assert {volume for volume in mounted if volume.endswith("-secrets")} == {f"{node}-secrets"}
        others = set(container["networks"]) - {node}
        assert others <= ({"between"} if name.startswith("rabbitmq") else {"front"} if name.endswith("-api") else set())
    assert NODES_COMPOSE["networks"][node]["internal"] is True
