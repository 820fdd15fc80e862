"""An approval by county, city and province in DBOS.

A durable workflow waits for three messages, as DBOS's documentation does it with a human in the loop: `recv` writes
down what it received, and each decision is one `send`, which is one transaction. Nobody waits for the workflow to have
read a decision before the next is sent, which spares DBOS time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbos import DBOS, DBOSConfig

from benchmarks.turn import Work, main

OFFICES = ("county", "city", "province")


@DBOS.workflow()
def approval(title: str, hours: int) -> dict[str, Any]:
    """Wait for the decision of each office in turn."""
    decisions: dict[str, Any] = {"title": title, "hours": hours}
    for office in OFFICES:
        decisions[office] = DBOS.recv(office)
    return decisions


@contextmanager
def ready(url: str) -> Iterator[Work]:
    """Make the tables and start DBOS, and give how one case is approved."""
    config: DBOSConfig = {"name": "approval", "system_database_url": url, "log_level": "ERROR"}
    DBOS(config=config)
    DBOS.launch()
    yield _approve_one
    DBOS.destroy()


def _approve_one() -> None:
    handle = DBOS.start_workflow(approval, "安全生产月咨询日", 125)
    for office in OFFICES:
        decision = {"verb": "approve", "by": office, "opinion": "同意"}
        DBOS.send(handle.workflow_id, decision, office)
    found = handle.get_result()
    if any(found[office] is None or found[office]["by"] != office for office in OFFICES):
        raise RuntimeError(f"workflow {handle.workflow_id} ended with {found}")


if __name__ == "__main__":
    main(ready)
