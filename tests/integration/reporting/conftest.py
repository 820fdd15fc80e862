"""Reporting on a database of its own: one that a test may change, and one that refusals leave as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.databases import Databases
from tests.integration.reporting.world import fill
from tests.integration.serving import Served, serving


@pytest.fixture
def reporting(databases: Databases) -> Iterator[Served]:
    with serving(databases, "reporting", fill) as served:
        yield served


@pytest.fixture(scope="package")
def standing(databases: Databases) -> Iterator[Served]:
    with serving(databases, "reporting", fill) as served:
        yield served
