"""What the story came to, read back over HTTP: nothing here is remembered by the teller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.launcher.story.cast import Cast
from services.launcher.story.people import Person, StoryFailed, confirmed_records
from services.launcher.story.settling import settled
from services.launcher.story.telling import Story


def verdict(story: Story, *, seconds: float) -> dict[str, Any]:
    """Read what the story came to; answers the object that `anyuan demo --once --json` prints.

    :raises StoryFailed: when the site's answers do not agree with each other.
    """
    cast, told = story.cast, story.told
    report = cast.head.get(f"/reporting/reports/{told.report_id}")
    confirmed = [row for person in cast.volunteers for row in confirmed_records(person)]
    ledgers = [person.get("/records/ledger/mine") for person in cast.volunteers]
    credited = sum(ledger["total"] for ledger in ledgers)
    claimed = _claimed(report)
    if told.crossing_report_id:
        claimed += _claimed(cast.head.get(f"/reporting/reports/{told.crossing_report_id}"))
    if not credited == sum(row["hours"] for row in confirmed) == claimed:
        raise StoryFailed(f"{claimed} hours were approved and {credited} credited")
    state = settled(cast)
    return {
        "report": report["state"],
        "path": _path(cast, told.report_case),
        "records_confirmed": len(confirmed),
        "hours_credited": credited,
        "stars": [
            {"volunteer": file["number"], "stars": file["stars"]}
            for file in map(_file, cast.volunteers)
            if file["stars"]
        ],
        "awards_granted": sum(len(person.get("/awards/awards/mine")["items"]) for person in cast.volunteers),
        "messages": sum(person.get("/notifications/messages/counts")["total"] for person in _everybody(cast)),
        "events": sum(one["events_published"] for one in state.values()),
        "seconds": round(seconds, 2),
    }


def _claimed(report: Mapping[str, Any]) -> float:
    """Answer the hours that a report brought: none when it was not approved."""
    is_approved = report["state"] == "approved"
    return float(sum(line["hours"] for line in report["lines"] if line["counted"])) if is_approved else 0.0


def _file(person: Person) -> Any:
    return person.get("/registration/volunteers/me/file")


def _everybody(cast: Cast) -> list[Person]:
    return [cast.county_clerk, cast.county, cast.city, cast.province, cast.head, *cast.volunteers]


def _path(cast: Cast, case_id: str) -> list[str]:
    """Answer the levels of the regions that approved the report's last round, in order."""
    levels = {"130123": "county", "130100": "city", "130000": "province"}
    trail = cast.head.get(f"/reporting/cases/{case_id}/trail")
    if not trail["intact"]:
        raise StoryFailed("the trail of the report does not verify")
    last_round = max(entry["round"] for entry in trail["entries"])
    approvals = [one for one in trail["entries"] if one["round"] == last_round and one["verb"] == "approve"]
    if len({entry["who"] for entry in approvals}) != len(approvals):
        raise StoryFailed("one person approved twice")
    return [levels[entry["region"]] for entry in approvals]
