"""The site that stories are told at, in both ways of running."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.embedded import EmbeddedNode
from tests.journeys.site import Site
from tests.real import RealNode, migrated
from tests.servers.reaper import Reaper


@pytest.fixture(scope="package", params=["embedded", "real"])
def shared_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, reaper: Reaper
) -> Iterator[Site]:
    """Give one site per way of running for all stories: they do not meet."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        embedded = EmbeddedNode(folder, reaper=reaper)
        yield Site(embedded.start(), request.param, embedded.database_urls)
        embedded.close()
        return
    postgres, rabbit = request.getfixturevalue("postgres"), request.getfixturevalue("rabbit")
    template = migrated(postgres)
    real = RealNode(folder, reaper=reaper, postgres=postgres, rabbit=rabbit, template=template)
    yield Site(real.start(), request.param, real.databases.urls)
    real.close()
    template.drop()


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """Give the site; what its programs wrote is shown when a test fails."""
    yield shared_site
    sys.stdout.write(shared_site.node.log_tails())
