"""Our own turn at the job that the peers do, in a process like theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.approval.office import office_at
from benchmarks.turn import Work, main


@contextmanager
def ready(url: str) -> Iterator[Work]:
    """Make the tables and the people, and give how one case is approved."""
    with office_at(url) as office:
        yield office.approve_one


if __name__ == "__main__":
    main(ready)
