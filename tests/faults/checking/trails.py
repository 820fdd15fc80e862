"""Approved reports were decided by the tiers of their reporting line, in order, by different people who may decide."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.faults.checking.node import Node, Row, Service

_TABLE = Path(__file__).resolve().parents[3] / "shared" / "regions" / "hebei.csv"
_TIERS = ("county", "city", "province")


def reports_were_decided_by_their_tiers(node: Node) -> Iterator[str]:
    """Find approved reports that lack a tier, have them out of order, or were decided by somebody who must not."""
    reporting = node["reporting"]
    barred = {(row["case_id"], row["account_id"]) for row in reporting.table("approval_barred")}
    posts = {
        (row["account_id"], row["region"]) for row in reporting.table("approval_post") if row["role"] == "approver"
    }
    stages = {(row["case_id"], row["number"]): row["region"] for row in reporting.table("approval_stage")}
    for case in reporting.table("approval_case"):
        if case["business_type"] != "activity_report" or case["state"] not in ("approved", "revoked"):
            continue
        approvals = _approvals_of_last_round(reporting, case)
        regions = [stages[case["id"], row["stage"]] for row in approvals]
        people = [row["actor_id"] for row in approvals]
        if regions != route_of(case["home_region"]):
            yield f"case {case['id']}: decided in {regions}, its line is {route_of(case['home_region'])}"
        if len(set(people)) != len(people):
            yield f"case {case['id']}: one person decided twice: {people}"
        for person, region in zip(people, regions, strict=True):
            if person == case["initiator_id"] or (case["id"], person) in barred:
                yield f"case {case['id']}: {person} decided and must not"
            if (person, region) not in posts:
                yield f"case {case['id']}: {person} decided for {region} and holds no post there"


def _approvals_of_last_round(service: Service, case: Row) -> list[Row]:
    found = [
        row
        for row in service.table("approval_decision")
        if row["case_id"] == case["id"] and row["round"] == case["round"] and row["verb"] == "approve"
    ]
    return sorted(found, key=lambda row: int(row["seq"]))


def chains_hold(node: Node) -> Iterator[str]:
    """Find trails with a gap, a broken link, an end that the case does not know, or a decision nobody tells of."""
    for service in node:
        if service.name not in ("registration", "records", "reporting", "awards"):
            continue
        entries: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(service.table("approval_event"), key=lambda row: int(row["seq"])):
            entries[row["case_id"]].append(row)
        told = {row["decision_hash"] for row in service.table("approval_event")}
        node.counted["trail_entries"] += len(service.table("approval_event"))
        for case in service.table("approval_case"):
            yield from _faults_of_chain(service, case, entries[case["id"]])
        for row in service.table("approval_decision"):
            if row["hash"] not in told:
                yield f"{service.name}: no trail tells of decision {row['seq']} of case {row['case_id']}"


def _faults_of_chain(service: Service, case: Row, entries: list[Row]) -> Iterator[str]:
    where = f"{service.name}: the trail of case {case['id']}"
    if [row["seq"] for row in entries] != list(range(1, case["trail_seq"] + 1)):
        yield f"{where} is not whole"
        return
    previous = "0" * 64
    for row in entries:
        if row["prev_hash"] != previous:
            yield f"{where} breaks at entry {row['seq']}"
        previous = row["hash"]
    if previous != case["trail_hash"]:
        yield f"{where} does not end where the case says"


def route_of(region: str) -> list[str]:
    """Answer the regions that decide a report, lowest first: each tier at the first region of its rank or above."""
    line = _line_of(region)
    route: list[str] = []
    for tier in range(len(_TIERS)):
        at = next(code for code, rank in line if rank >= tier)
        if at not in route:
            route.append(at)
    return route


def _line_of(region: str) -> list[tuple[str, int]]:
    """Answer the reporting line of a region upwards, itself first, each with its rank."""
    parents = _parents()
    line: list[tuple[str, int]] = []
    code = region
    while code:
        level, above = parents[code]
        line.append((code, _TIERS.index(level)))
        code = above
    return line


@cache
def _parents() -> dict[str, tuple[str, str]]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        # A row without an end is the one that holds today.
        return {row["code"]: (row["level"], row["parent"]) for row in csv.DictReader(file) if not row["valid_to"]}
