"""Approved reports count once and nothing else counts: records, ledger, sums, e-files, stars and awards."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checking.node import Node, Row


def approved_reports_count_once(node: Node) -> Iterator[str]:
    """Find approved reports that were not told of once, and lines without one record, one credit and one message."""
    told = Counter(event.data["report_id"] for event in node["reporting"].events_named("report.approved"))
    # What was revoked had been approved before.
    approved = {row["id"] for row in node["reporting"].table("report") if row["state"] in ("approved", "revoked")}
    node.counted["reports_approved"] = len(approved)
    for report_id in approved | told.keys():
        if told[report_id] != 1 or report_id not in approved:
            yield f"report {report_id}: told of {told[report_id]} times, approved: {report_id in approved}"
    records = {row["id"]: row for row in node["records"].table("service_record")}
    credited = Counter(row["record_id"] for row in _credits(node))
    confirmed = _count(node, "record.confirmed", "record_id")
    announced = _count(node, "hours.credited", "record_id")
    claimed = _claimed(node)
    node.counted["lines_approved"] = len(claimed)
    for record_id, line in claimed.items():
        record = records.get(record_id, {})
        if _facts(record) != _facts(line) or record.get("state") != "confirmed":
            yield f"record {record_id}: is {_facts(record)} {record.get('state')}, the report says {_facts(line)}"
        for what, count in (("credited", credited), ("confirmed", confirmed), ("announced", announced)):
            if count[record_id] != 1:
                yield f"record {record_id}: {what} {count[record_id]} times"


def revoked_reports_count_no_more(node: Node) -> Iterator[str]:
    """Find revoked reports that were not told of once, and lines of theirs that still count or lack their counter."""
    told = Counter(event.data["report_id"] for event in node["reporting"].events_named("report.revoked"))
    revoked = {row["id"] for row in node["reporting"].table("report") if row["state"] == "revoked"}
    for report_id in revoked | told.keys():
        if told[report_id] != 1 or report_id not in revoked:
            yield f"report {report_id}: told as revoked {told[report_id]} times, revoked: {report_id in revoked}"
    states = {row["id"]: row["state"] for row in node["records"].table("service_record")}
    entries = [row for row in node["records"].table("ledger_entry") if row["kind"] == "void"]
    taken_back = {row["record_id"]: row["hours_hundredths"] for row in entries}
    announced = _count(node, "hours.voided", "record_id")
    claimed = _claimed(node, "revoked")
    for record_id, line in claimed.items():
        seen = (states.get(record_id), taken_back.get(record_id), announced[record_id])
        if seen != ("void", -line["hours_hundredths"], 1):
            yield f"record {record_id}: its report is revoked, and state, counter entry and events are {seen}"
    for record_id in (taken_back.keys() | announced.keys()) - claimed.keys():
        yield f"record {record_id}: its hours were taken back, and no revoked report claims it"


def nothing_counts_without_an_approved_report(node: Node) -> Iterator[str]:
    """Find records and ledger entries that no approved report claims, and records that stay open after a decision."""
    claimed, was_claimed = _claimed(node), _claimed(node, "revoked")
    states = {row["id"]: row["state"] for row in node["reporting"].table("report")}
    for record in node["records"].table("service_record"):
        decided = states.get(record["report_id"]) in ("approved", "rejected", "revoked")
        if record["state"] == "confirmed" and record["id"] not in claimed:
            yield f"record {record['id']}: confirmed, and no approved report claims it"
        if record["state"] == "pending" and decided:
            yield f"record {record['id']}: pending, and its report is decided"
    for entry in _credits(node):
        line = claimed.get(entry["record_id"]) or was_claimed.get(entry["record_id"])
        if line is None or _facts(entry) != _facts(line):
            yield f"ledger entry {entry['id']}: {_facts(entry)}, and the report says {line and _facts(line)}"


def sums_agree(node: Node) -> Iterator[str]:
    """Find volunteers whose hours differ between approved reports, ledger, announcements and awards."""
    reported, entered = Counter[str](), Counter[str]()
    for line in _claimed(node).values():
        reported[line["volunteer_number"]] += line["hours_hundredths"]
    by_volunteer: dict[str, list[Row]] = defaultdict(list)
    for entry in node["records"].table("ledger_entry"):
        entered[entry["volunteer_number"]] += entry["hours_hundredths"]
        by_volunteer[entry["volunteer_number"]].append(entry)
    node.counted["hundredths_credited"] = sum(entered.values())
    totals: Counter[str] = Counter()
    for event in node["records"].events:
        if event.name not in ("hours.credited", "hours.voided"):
            continue
        number = event.data["volunteer_number"]
        totals[number] += event.data["hours_hundredths"] * (1 if event.name == "hours.credited" else -1)
        if event.data["total_hundredths"] != totals[number]:
            yield f"volunteer {number}: told a total of {event.data['total_hundredths']}, it was {totals[number]}"
    standing = {row["volunteer_number"]: row for row in node["awards"].table("standing")}
    for number in reported.keys() | entered.keys() | standing.keys():
        row = standing.get(number, {})
        sums = (reported[number], entered[number], totals[number], row.get("total_hundredths"))
        if len(set(sums)) != 1:
            yield f"volunteer {number}: reported, entered, announced, standing at awards: {sums}"
        signs = [(entry, 1 if entry["kind"] == "credit" else -1) for entry in by_volunteer[number]]
        quality = (sum(entry["quality"] * sign for entry, sign in signs), sum(sign for _, sign in signs))
        if (row.get("quality_sum"), row.get("quality_count")) != quality:
            yield f"volunteer {number}: evaluations at awards {row}, in the ledger {quality}"


def files_agree(node: Node) -> Iterator[str]:
    """Find facts that are missing in or foreign to the e-files, and credits that nobody was told of."""
    entries = node["records"].table("ledger_entry")
    expected = {f"hours/{entry['id']}": entry["hours_hundredths"] for entry in entries}
    expected |= {f"star/{row['nomination_id']}": None for row in node["awards"].table("star")}
    reviews = node["awards"].table("star_review")
    expected |= {f"star.withdrawn/{row['id']}": None for row in reviews if row["state"] == "taken"}
    expected |= {f"award/{row['id']}": None for row in node["awards"].table("award")}
    expected |= {f"transfer/{row['id']}": None for row in _taken_over(node)}
    found = {row["source"]: row["hours_hundredths"] for row in node["registration"].table("file_entry")}
    for source in expected.keys() ^ found.keys():
        yield f"e-file: {source} is {'missing' if source in expected else 'foreign'}"
    for source in expected.keys() & found.keys():
        if expected[source] != found[source]:
            yield f"e-file: {source} has {found[source]} hundredths, the ledger {expected[source]}"
    messages = Counter(row["dedupe"] for row in node["notifications"].table("message"))
    node.counted["messages"] = sum(messages.values())
    for entry in _credits(node):
        times = messages[f"hours:{entry['id']}"]
        if times != 1:
            yield f"ledger entry {entry['id']}: its volunteer was told {times} times"


def homes_agree(node: Node) -> Iterator[str]:
    """Find volunteers who are at home elsewhere by a copy or by their last transfer, and transfers told of wrongly."""
    volunteers = node["registration"].table("volunteer")
    homes = {row["number"]: row["region"] for row in volunteers if row["number"]}
    for copy in ("records", "awards"):
        for row in node[copy].table("known_volunteer"):
            if homes.get(row["number"]) != row["region"]:
                yield f"volunteer {row['number']}: at home in {homes.get(row['number'])}, at {copy} in {row['region']}"
    told = _count(node, "volunteer.transferred", "transfer_id")
    last: dict[str, str] = {}
    for row in sorted(_taken_over(node), key=lambda row: str(row["decided_at"])):
        last[row["volunteer_number"]] = row["to_region"]
        if (row["state"], told[row["id"]]) != ("moved", 1):
            yield f"transfer {row['id']}: is {row['state']} and was told of {told[row['id']]} times"
    for number, region in last.items():
        if homes.get(number) != region:
            yield f"volunteer {number}: was transferred to {region}, and is at home in {homes.get(number)}"


def _taken_over(node: Node) -> list[Row]:
    return [row for row in node["records"].table("transfer") if row["state"] in ("approved", "moved")]


def stars_and_awards_were_granted(node: Node) -> Iterator[str]:
    """Find stars and awards without their event or their decided case, and the other way round."""
    awards = node["awards"]
    decided = (row for row in awards.table("nomination") if row["state"] in ("granted", "revoked"))
    granted = {row["id"]: row["case_id"] for row in decided}
    cases = {row["id"]: row["state"] for row in awards.table("approval_case")}
    given = Counter(row["nomination_id"] for table in ("star", "award") for row in awards.table(table))
    told = Counter(
        event.data["nomination_id"] for name in ("star.granted", "award.granted") for event in awards.events_named(name)
    )
    node.counted["stars_and_awards"] = sum(given.values())
    for nomination in granted.keys() | given.keys() | told.keys():
        state = cases.get(granted.get(nomination) or "")
        if (given[nomination], told[nomination], state) != (1, 1, "approved"):
            yield f"nomination {nomination}: given {given[nomination]}, told {told[nomination]} times, case {state}"


def _claimed(node: Node, state: str = "approved") -> dict[str, dict[str, Any]]:
    """Answer the counted lines of the approved reports, or of the revoked ones, by record."""
    approved = {row["id"] for row in node["reporting"].table("report") if row["state"] == state}
    return {
        row["record_id"]: dict(row)
        for row in node["reporting"].table("report_line")
        if row["report_id"] in approved and row["counted"]
    }


def _credits(node: Node) -> list[Row]:
    return [row for row in node["records"].table("ledger_entry") if row["kind"] == "credit"]


def _count(node: Node, name: str, field: str) -> Counter[str]:
    return Counter(event.data[field] for event in node["records"].events_named(name))


def _facts(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("report_id", "volunteer_number", "hours_hundredths", "quality"))
