"""Places in the code where a test may let a process die or fail, so that crash safety is tried and not assumed.

`ANYUAN_FAILPOINT=relay.after_confirm:kill` kills the process (SIGKILL) when it first passes that place,
`…:raise` raises there, and `…:kill:3` waits for the third pass. Refused outside the demo profile.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

PLACES = frozenset({"uow.before_commit", "uow.after_commit", "relay.after_confirm", "consumer.after_commit"})
_ACTIONS = frozenset({"kill", "raise"})


class FailpointReached(Exception):
    """A failpoint that was armed with `raise` was passed."""


@dataclass
class _Armed:
    place: str
    action: str
    passes_left: int


_lock = threading.Lock()
_armed: _Armed | None = None


def read(environment: Mapping[str, str]) -> _Armed | None:
    """Answer what the environment arms, if anything.

    :raises ValueError: for an unknown place or action, and in the production profile, which is the default one.
    """
    wanted = environment.get("ANYUAN_FAILPOINT")
    if not wanted:
        return None
    if environment.get("ANYUAN_PROFILE", "production") == "production":
        raise ValueError("ANYUAN_FAILPOINT is refused in the production profile")
    place, action, passes = (*wanted.split(":"), "1", "1")[:3]
    if place not in PLACES or action not in _ACTIONS or not passes.isdigit():
        raise ValueError(f"ANYUAN_FAILPOINT={wanted}: a place is one of {sorted(PLACES)}, an action kill or raise")
    return _Armed(place, action, int(passes))


def failpoint(place: str) -> None:
    """Do nothing, unless this place is armed."""
    if _armed is None or _armed.place != place:
        return
    with _lock:
        _armed.passes_left -= 1
        reached = _armed.passes_left == 0
    if not reached:
        return
    if _armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointReached(place)


@contextmanager
def armed(place: str, *, passes: int = 1) -> Iterator[None]:
    """Raise at this place for the length of a block, for tests in one process."""
    global _armed
    if place not in PLACES:
        raise ValueError(f"no failpoint is called {place}")
    _armed = _Armed(place, "raise", passes)
    try:
        yield
    finally:
        _armed = None


_armed = read(os.environ)
