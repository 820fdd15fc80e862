"""The main job: reported by a county's organisation, decided in three tiers, credited, starred and commended."""

from __future__ import annotations

from pathlib import Path

from tests.faults.settling import settled
from tests.journeys.site import Site


def test_the_main_story_comes_to_the_same_end_when_it_is_told_again(site: Site, tmp_path: Path) -> None:
    found = site.tell(tmp_path)

    assert found["report"] == "approved"
    assert found["path"] == ["county", "city", "province"]
    # Three people of 13 days (the first day of one corrected to 7.5 hours) and seven of half a day.
    assert found["records_confirmed"] == 46
    assert found["hours_credited"] == 3 * 13 * 8 - 0.5 + 7 * 4
    assert [star["stars"] for star in found["stars"]] == [1, 1]
    assert found["awards_granted"] == 1
    assert found["messages"] > 0

    again = site.tell(tmp_path)
    assert again | {"seconds": 0} == found | {"seconds": 0}
    assert settled(site.database_urls()).faults == []
