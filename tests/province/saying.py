"""What is said in the small province, and where its parts are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from shared.contracts.records import RecordConfirmed, RecordVoided
from shared.contracts.registration import OrganisationApproved, VolunteerRegistered

MAP = Path(__file__).parents[2] / "deploy/nodes/four.toml"
LIMIT = 60.0
PASSWORD = "the-password-of-a-shovel"
REGIONS = {"hebei": "130000", "shijiazhuang": "130100", "tangshan": "130200", "zhengding": "130123"}
BLOCKS = {"hebei": "01", "shijiazhuang": "11", "tangshan": "12", "zhengding": "13"}


def number(node: str, serial: int) -> str:
    """A volunteer's number from a node's block."""
    return f"A{BLOCKS[node]}{serial:07d}0"


def volunteer(node: str, serial: int, *, region: str = "") -> VolunteerRegistered:
    """A volunteer's registration."""
    return VolunteerRegistered(
        volunteer_number=number(node, serial), account_id="a", name="王五", region=region or REGIONS[node]
    )


def organisation(node: str) -> OrganisationApproved:
    """The approval of a node's own organisation."""
    return OrganisationApproved(
        organisation_id=f"org-{node}", name="志愿服务队", region=REGIONS[node], kind="county", head_account_id="a"
    )


def record(node: str, volunteer_number: str, serial: int, *, hours: int = 200) -> RecordConfirmed:
    """A confirmed record of a node's organisation."""
    return RecordConfirmed(
        record_id=f"{node}-{serial}",
        activity_id="act",
        activity_name="宣讲",
        region=REGIONS[node],
        organisation_id=f"org-{node}",
        report_id="rep",
        volunteer_number=volunteer_number,
        served_on=date(2026, 3, 5),
        hours_hundredths=hours,
        quality=4,
    )


def voided(node: str, volunteer_number: str, serial: int) -> RecordVoided:
    """That such a record does not count after all."""
    return RecordVoided(
        record_id=f"{node}-{serial}",
        activity_name="宣讲",
        region=REGIONS[node],
        volunteer_number=volunteer_number,
        served_on=date(2026, 3, 5),
        reason="rejected",
    )
