"""Registration on a database of its own: one that a test may change, and one that refusals leave as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.identity import Role
from tests.integration.databases import Databases
from tests.integration.registration.world import appoint, fill, found, id_number, register
from tests.integration.serving import Served, serving


@pytest.fixture
def registration(databases: Databases) -> Iterator[Served]:
    with serving(databases, "registration", fill) as served:
        yield served


@pytest.fixture(scope="package")
def standing(databases: Databases) -> Iterator[Served]:
    with serving(databases, "registration", fill) as served:
        served.known["number"] = id_number()
        served.known["volunteer_case"] = register(served, "zhang", id_number=served.known["number"])["case_id"]
        organisation = found(served, "zhang", name="正定县志愿服务队")
        served.known |= {"organisation": organisation["id"], "organisation_case": organisation["case_id"]}
        yield served


@pytest.fixture
def office(registration: Served) -> Served:
    """Two more approvers sit in the office of the first county."""
    for name in ("lifang", "zhao"):
        appoint(registration, registration.known[name], Role.APPROVER, "130123")
    return registration
