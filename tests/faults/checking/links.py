"""The streams between nodes agree at both ends: what one wrote the other has taken in, once, unchanged and in order."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.checking.node import Emitted, Row, Service, emitted

Links = Mapping[str, Service]
"""The database of the links of each node, by the node's name."""

_BEGINNING = "0" * 64
_PLACE = ("epoch", "seq")


def letters_have_arrived(links: Links) -> Iterator[str]:
    """Find letters that are not sent, not taken in or not receipted yet, and streams that wait for something."""
    for name, service in links.items():
        unsent = sum(row["sent_at"] is None for row in service.table("outbox"))
        if unsent:
            yield f"{name}: {unsent} letters or events are not given to the broker"
        for row in service.table("parked_letter"):
            yield f"{name}: letter {row['epoch']}/{row['seq']} of {row['origin']} waits for an earlier one"
    for writer, reader in _pairs(links):
        taken = {_place(row) for row in _taken(links, writer, reader)}
        for row in _written(links, writer, reader):
            if _place(row) not in taken:
                yield f"{writer} → {reader}: letter {_place(row)} is not taken in"
            elif row["receipted_at"] is None:
                yield f"{writer} → {reader}: letter {_place(row)} is not receipted"


def streams_agree(links: Links) -> Iterator[str]:
    """Find streams with a gap or a broken chain, and letters that differ between those who wrote and who read them."""
    for writer, reader in _pairs(links):
        where = f"{writer} → {reader}"
        written, taken = _written(links, writer, reader), _taken(links, writer, reader)
        links[writer].counted["letters"] += len(written)
        yield from _faults_of_chain(where, written)
        letters = {_place(row): row for row in written}
        for row in taken:
            sent = letters.get(_place(row))
            if sent is None:
                yield f"{where}: letter {_place(row)} was taken in, and nobody wrote it"
            elif (bytes(row["letter"]), row["hash"]) != (bytes(sent["letter"]), sent["hash"]):
                yield f"{where}: letter {_place(row)} was taken in with other content"
        yield from _faults_of_heads(where, links[writer], links[reader], writer, reader, written, taken)


def nothing_was_refused(links: Links) -> Iterator[str]:
    """Find streams that stand still, and letters that were refused, not believed or given up."""
    for name, service in links.items():
        for row in service.table("stream_in"):
            if row["stopped"] is not None:
                yield f"{name}: the stream of {row['origin']} stands still: {row['stopped']}"
        for row in service.table("stream_out"):
            if row["held_because"] is not None:
                yield f"{name}: the stream to {row['audience']} is held: {row['held_because']}"
        for row in service.table("quarantine"):
            yield f"{name}: a letter of {row['origin']} is in quarantine: {row['code']}: {row['detail']}"
        for row in service.table("held_event"):
            yield f"{name}: {row['type']} is {row['state']}: {row['reason']}"
        for row in service.table("stream_log"):
            if row["refused_code"] is not None:
                yield f"{name}: {row['audience']} refused letter {_place(row)}: {row['refused_code']}"


def told_above(name: str, service: Service, events: Sequence[Emitted], above: Sequence[str]) -> Iterator[str]:
    """Find events that concern the nodes above and do not stand in the stream to each of them once."""
    written = Counter((row["audience"], row["event_id"]) for row in service.table("stream_log"))
    for event in events:
        if event.name in _TOLD_ABOVE:
            for node in above:
                if written[node, event.event_id] != 1:
                    yield f"{name}: {event.name} of {event.thing} was told {node} {written[node, event.event_id]} times"


_TOLD_ABOVE = ("volunteer.registered", "organisation.approved")
"""Said once more than in the code, like the listeners of events."""


def foreign_events(service: Service) -> list[Emitted]:
    """Answer what other nodes told the services of this one, in the order in which it was taken in."""
    found = []
    for row in sorted(service.table("stream_in_log"), key=lambda row: int(row["id"])):
        if row["fate"] == "apply":
            body = bytes(row["letter"]).partition(b"\n")[2]
            said = json.loads(body)
            kind, _, key = said["subject"].partition("/")
            event = {
                "id": row["id"],
                "event_id": row["event_id"],
                "type": said["type"],
                "aggregate_type": kind,
                "aggregate_id": key,
                "aggregate_version": said["aggregateversion"],
                "payload": body,
                "sent_at": row["taken_at"],
            }
            found.append(emitted(f"links of {row['origin']}", event))
    return found


def _faults_of_chain(where: str, written: Sequence[Row]) -> Iterator[str]:
    previous, place = _BEGINNING, (1, 0)
    for row in written:
        body = bytes(row["letter"]).partition(b"\n")[2]
        said = json.loads(body)
        follows = _place(row) in ((place[0], place[1] + 1), (place[0] + 1, 1))
        if not follows or _place(row) != (said["epoch"], said["seq"]):
            yield f"{where}: letter {_place(row)} stands behind {place}"
        if said["prevhash"] != previous or hashlib.sha256(body).hexdigest() != row["hash"]:
            yield f"{where}: the chain breaks at letter {_place(row)}"
        previous, place = row["hash"], _place(row)


def _faults_of_heads(
    where: str,
    writes: Service,
    reads: Service,
    writer: str,
    reader: str,
    written: Sequence[Row],
    taken: Sequence[Row],
) -> Iterator[str]:
    ends = (("writer", writes, "stream_out", "audience", reader, written),)
    for whose, service, table, key, other, rows in (*ends, ("reader", reads, "stream_in", "origin", writer, taken)):
        last = (*_place(rows[-1]), rows[-1]["hash"]) if rows else (1, 0, _BEGINNING)
        head = next((row for row in service.table(table) if row[key] == other), None)
        if head is not None and (*_place(head), head["hash"]) != last:
            yield f"{where}: the {whose} is at {_place(head)}, its last letter is {last[:2]}"


def _pairs(links: Links) -> Iterator[tuple[str, str]]:
    return ((writer, reader) for writer in links for reader in links if writer != reader)


def _written(links: Links, writer: str, reader: str) -> list[Row]:
    return sorted((row for row in links[writer].table("stream_log") if row["audience"] == reader), key=_place)


def _taken(links: Links, writer: str, reader: str) -> list[Row]:
    return sorted((row for row in links[reader].table("stream_in_log") if row["origin"] == writer), key=_place)


def _place(row: Row) -> tuple[int, int]:
    return row["epoch"], row["seq"]
