"""Every committed event reaches each of its listeners once, in the order of its thing, and nothing else arrives."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator

from tests.faults.checking.node import Emitted, Node, Service

_WITH_CASES = ("registration", "records", "reporting", "awards")
LISTENERS: dict[str, tuple[str, ...]] = {
    "calendar.missing": ("notifications",),
    "case.answer_refused": _WITH_CASES,
    "case.answered": _WITH_CASES,
    "case.closed": ("notifications",),
    "case.decided": ("notifications",),
    "case.followed": _WITH_CASES,
    "case.handed_over": _WITH_CASES,
    "case.handover_refused": _WITH_CASES,
    "case.held": ("notifications",),
    "case.returned": ("notifications",),
    "case.withdraw_refused": _WITH_CASES,
    "case.withdraw_requested": _WITH_CASES,
    "case.withdrawn": _WITH_CASES,
    "task.assigned": ("notifications",),
    "task.overdue": ("notifications",),
    "task.reminded": ("notifications",),
    "award.granted": ("registration", "notifications"),
    "nomination.decided": ("notifications",),
    "nomination.opened": ("notifications",),
    "standing.handed_over": ("awards",),
    "standing.taken_over": ("awards",),
    "star.granted": ("registration", "awards", "notifications"),
    "star.withdrawn": ("registration", "awards", "notifications"),
    "activity.held": ("reporting",),
    "hours.credited": ("registration", "records", "awards", "notifications"),
    "hours.voided": ("registration", "records", "awards"),
    "ledger.handed_over": ("records",),
    "ledger.taken_over": ("records", "awards"),
    "record.confirmed": ("records",),
    "record.credited": ("records",),
    "record.passed_on": ("records",),
    "record.voided": ("records", "notifications"),
    "transfer.verified": ("registration",),
    "file.handed_over": ("registration",),
    "organisation.approved": ("records", "reporting", "notifications"),
    "absence.changed": ("registration", "records", "reporting", "awards", "notifications"),
    "post.changed": ("registration", "records", "reporting", "awards", "notifications"),
    "registration.refused": ("notifications",),
    "volunteer.introduced": ("records", "notifications"),
    "volunteer.received": ("registration", "awards", "notifications"),
    "volunteer.registered": ("records", "awards", "notifications"),
    "volunteer.sought": ("registration",),
    "volunteer.transferred": ("registration", "notifications"),
    "volunteer.updated": ("records", "awards", "notifications"),
    "report.approved": ("records", "notifications"),
    "report.rejected": ("records", "notifications"),
    "report.returned": ("notifications",),
    "report.revoked": ("records",),
    "report.submitted": ("records",),
}
"""Who must hear of what, said once more than in the code: an event that gets or loses a listener changes this too."""


def is_drained(node: Node) -> Iterator[str]:
    """Find events that are still on their way, wait for another try or are dead."""
    for service in node:
        unsent = sum(not event.is_sent for event in service.events)
        if unsent:
            yield f"{service.name}: {unsent} events are not sent"
        for row in service.table("held_event"):
            if row["event_id"] not in service.passing_over:
                yield f"{service.name}: {row['type']} is {row['state']}: {row['reason']}"


def streams_are_whole(node: Node) -> Iterator[str]:
    """Find versions that are missing or doubled in a stream, and streams whose order is not that of the commits."""
    for service in node:
        streams: dict[tuple[str, str], list[int]] = defaultdict(list)
        for event in service.events:
            streams[event.thing].append(event.version)
        heads = {(row["aggregate_type"], row["aggregate_id"]): row["version"] for row in service.table("stream_head")}
        node.counted["events"] += len(service.events)
        for thing in heads.keys() | streams.keys():
            if streams[thing] != list(range(1, heads.get(thing, 0) + 1)):
                yield f"{service.name}: the stream of {thing} has {streams[thing]}, its head is {heads.get(thing)}"


def each_event_arrived_once(node: Node) -> Iterator[str]:
    """Find events that a listener lacks, has with another content, or has although nobody published them."""
    for listener in node:
        due = {event.event_id: event for event in _due(node, listener)}
        arrived = {row["event_id"]: bytes(row["content_sha256"]) for row in listener.table("inbox")}
        node.counted["deliveries"] += len(arrived)
        if len(arrived) != len(listener.table("inbox")):
            yield f"{listener.name}: an event is in the inbox twice"
        for event_id, event in due.items():
            if event_id not in arrived:
                yield f"{listener.name}: {event.publisher}'s {event.name} of {event.thing} did not arrive"
            elif arrived[event_id] != hashlib.sha256(event.payload).digest():
                yield f"{listener.name}: {event.publisher}'s {event.name} of {event.thing} arrived with other content"
        for event_id in arrived.keys() - due.keys() - listener.passing_over:
            yield f"{listener.name}: {event_id} arrived and nobody published it"


def versions_were_applied_in_order(node: Node) -> Iterator[str]:
    """Find things of which a listener has not applied the newest version, or took a later one before an earlier."""
    for listener in node:
        marks = {
            (row["source"], row["aggregate_type"], row["aggregate_id"]): row["version"]
            for row in listener.table("inbox_mark")
        }
        received = {row["event_id"]: str(row["received_at"]) for row in listener.table("inbox")}
        streams: dict[tuple[str, str, str], list[Emitted]] = defaultdict(list)
        for event in _due(node, listener):
            streams[event.source, *event.thing].append(event)
        for thing, events in streams.items():
            if marks.get(thing) != events[-1].version:
                yield f"{listener.name}: of {thing} version {marks.get(thing)} is applied, not {events[-1].version}"
            times = [received[event.event_id] for event in events if event.event_id in received]
            if times != sorted(times):
                yield f"{listener.name}: the events of {thing} were taken in out of order"


def _due(node: Node, listener: Service) -> list[Emitted]:
    own = (event for service in node for event in service.events)
    return [event for event in (*own, *node.foreign) if listener.name in LISTENERS[event.name]]
