"""What another node says of people and cases is shown as words, whatever is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from services.launcher.story.people import wait_for
from services.records.model import KnownVolunteer
from shared.contracts.registration import VolunteerIntroduced
from tests.integration.portal.conftest import COUNTY, World, living

HOSTILE = "王<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"


def introduce(world: World, handle: str, name: str) -> None:
    """Let another node introduce a volunteer by this name, as its letters do once they are believed."""
    who = world.people[handle]
    with world.node.databases["registration"].unit_of_work() as uow:
        uow.publish(
            VolunteerIntroduced(
                volunteer_number=who.volunteer_number,
                account_id=who.account_id,
                name=name,
                region=COUNTY,
                to_region=COUNTY,
            )
        )

    def is_known() -> bool:
        with world.node.databases["records"].reading() as session:
            return name in session.scalars(select(KnownVolunteer.name)).all()

    wait_for(is_known, what="the name at records")


@pytest.mark.fault(
    "S-X04",
    inject="have another node tell a name that holds HTML, a script and a template's signs",
    holds="every page shows it as the text that it is",
)
def test_html_in_a_name_from_another_node_is_shown_as_text(tmp_path: Path) -> None:
    with living(tmp_path) as world:
        introduce(world, "wang", HOSTILE)
        report_id = world.draft("外来姓名")
        draft = world.browser("head").open(f"/reports/{report_id}")
        assert HOSTILE in draft.text
        assert "<script>alert" not in draft.html
        assert "<img src=x" not in draft.html
        assert "{{ 7*7 }}" in draft.text
