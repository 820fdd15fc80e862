"""How large the faults are: small enough for every run of the tests, or as large as they should be (`make faults`)."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """One measure of the faults, on an ordinary run and in full."""

    meaning: str
    ordinary: float
    full: float


SIZES = {
    "repeats": Size("how often each fault on a node is repeated, each time with another seed", 1, 5),
    "killed_tellings": Size("pairs of tellings of the story in which the embedded process is killed six times", 2, 5),
    "web_kills": Size("kills of a web process at random moments", 5, 30),
    "reloads": Size("reloads of a site under load", 1, 4),
    "broker_away": Size("seconds for which a killed broker stays away", 0, 10),
    "database_away": Size("seconds for which a listener's killed database stays away", 3, 15),
    "site_database_away": Size("seconds for which a site is without its database", 3, 300),
    "early_start": Size("seconds for which a node runs before its broker and its databases", 3, 60),
    "outage_events": Size("letters that wait while the line between two nodes is down", 200, 5000),
    "outage": Size("seconds for which the line between two nodes is down, with both at work", 0, 600),
    "alarm": Size("seconds for which a broker is out of memory or disk", 2, 300),
    "backlog": Size("events in front of a listener that does next to nothing", 1200, 100_000),
    "silence": Size("seconds for which a network carries nothing", 4, 40),
    "network_cuts": Size("connections to the broker that are cut in the middle of what they carry", 6, 60),
}


def is_full() -> bool:
    """Tell whether this run is the full one."""
    return os.environ.get("ANYUAN_FAULTS") == "full"


def scaled(name: str) -> float:
    """Answer the size for this run; ANYUAN_FAULTS=full asks for the full one.

    :raises KeyError: for a name that is none of `SIZES`.
    """
    size = SIZES[name]
    return size.full if is_full() else size.ordinary


def times(name: str) -> int:
    """Answer a size that counts something."""
    return int(scaled(name))
