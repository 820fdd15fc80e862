"""The story over the nodes of a province: each tier decides at its own site, and the databases of all of them agree.

What people do goes over each node's public door; what its database holds is asked of its operator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.launcher.story import acts
from services.launcher.story.acts import Served
from services.launcher.story.cast import Office, cast_of
from services.launcher.story.people import Person, Place, StoryFailed, wait_for
from services.launcher.story.run import Run, Say, Secrets, administrators
from services.launcher.story.telling import LONG_DAYS, Story, tell
from services.launcher.story.verdict import verdict

HOME, CITY, PROVINCE = "zhengding", "shijiazhuang", "hebei"
SITES = {HOME: "http://127.0.0.1:8084", CITY: "http://127.0.0.1:8082", PROVINCE: "http://127.0.0.1:8081"}
"""Where `deploy/nodes/compose.yml` has them."""

Heads = Mapping[str, Any]
"""What a node's database holds of a case: its `state`, and of each node's chain the last `[seq, hash]`, in `chains`."""


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The nodes as the story reaches them; `heads` asks a node's operator for a case of a service."""

    sites: Mapping[str, str]
    bootstrap: Callable[[str], Secrets]
    heads: Callable[[str, str, str], Heads | None]


def tell_over_nodes(nodes: Nodes, *, folder: Path, today: date, say: Say) -> dict[str, Any]:
    """Tell the story over the nodes' public doors and answer its verdict, with what the databases hold.

    :raises StoryFailed: with the step that failed, or where two nodes differ.
    """
    run = Run.load_or_begin(folder / "story.json", today=today)
    offices = {name: _office(nodes, name, run, folder) for name in (HOME, CITY, PROVINCE)}
    cast = cast_of(offices[HOME], city=offices[CITY], province=offices[PROVINCE])
    story = OverNodes(cast, first_day=date.fromisoformat(run.first_day))
    try:
        seconds = tell(story, say)
        found = verdict(story, seconds=seconds)
        cases = {
            "report": ("reporting", story.told.report_case),
            "award": ("awards", story.told.award_case),
            "crossing": ("reporting", story.crossing_case),
        }
        held = {name: compared(nodes, service, case) for name, (service, case) in cases.items()}
        return found | {"nodes": held}
    finally:
        for office in offices.values():
            office.place.client.close()


def _office(nodes: Nodes, name: str, run: Run, folder: Path) -> Office:
    place = Place(nodes.sites[name], run=run.run, seed=f"{run.seed}/{name}")
    return Office(place, administrators(place, folder / f"administrators-{name}.json", lambda: nodes.bootstrap(name)))


class OverNodes(Story):
    """The story with one more step: a withdrawal that meets an approval at another node."""

    crossing_case: str = ""

    def steps(self) -> tuple[tuple[str, Callable[[], str]], ...]:
        """Answer the steps in their order."""
        title = "撤回与市级审批相遇，两地结果一致 / A withdrawal meets the city's approval: both nodes end the same"
        return (*super().steps(), (title, self.cross))

    def cross(self) -> str:
        """Withdraw a report in the county while the city approves it; whoever was first has won at both nodes."""
        cast = self.cast
        report = acts.hold_activity(
            cast.head,
            organisation_id=self.told.organisation_id,
            name="夜间燃气巡查",
            first_day=self.first_day + timedelta(days=LONG_DAYS),
            served=[Served(person=cast.volunteers[4], days=1, hours=2)],
            place="石家庄市正定县正定镇",
        )
        self.told.crossing_report_id = report
        case = acts.submit_report(
            cast.head, report, summary="夜间巡查老旧小区燃气管线，登记隐患三处，已告知物业限期整改。", step="crossing"
        )
        self.crossing_case = case
        if _state(cast.head, case) in _OVER:
            return _OVER[_state(cast.head, case)]
        acts.decide(cast.county, "reporting", case, "approve", step="crossing/county", opinion="同意")
        wait_for(lambda: _allowed(cast.city, case, "approve"), what="the report at the city")
        with ThreadPoolExecutor(2) as pool:
            tried = [
                pool.submit(_try, cast.head, case, "withdraw"),
                pool.submit(_try, cast.city, case, "approve"),
            ]
        if not any(one.result() for one in tried):
            raise StoryFailed("neither the withdrawal nor the approval was taken")
        wait_for(lambda: _state(cast.head, case) in ("withdrawn", "running"), what="the answer to the withdrawal")
        if _state(cast.head, case) == "running":
            acts.decide(cast.province, "reporting", case, "approve", step="crossing/province", opinion="同意")
        end: str = wait_for(lambda: _OVER.get(_state(cast.head, case)), what="the end of the report")
        if end == _OVER["approved"]:
            self._wait_for_hours(cast.volunteers[4], 2.0, of=report)
        return end


_OVER = {"withdrawn": "撤回在先 / withdrawn", "approved": "审批在先 / approved"}


def compared(nodes: Nodes, service: str, case: str) -> dict[str, Any]:
    """Wait until every node's database holds the same of a case; answers its state and its chains.

    :raises StoryFailed: when two nodes go on differing.
    """

    def look() -> dict[str, Any] | None:
        found = {name: nodes.heads(name, service, case) for name in (HOME, CITY, PROVINCE)}
        known = {name: heads for name, heads in found.items() if heads is not None}
        home = known.get(HOME)
        if home is None or len(known) < len(home["chains"]):
            return None
        same = all(heads == home for heads in known.values())
        return {"state": home["state"], "chains": home["chains"], "at": sorted(known)} if same else None

    return wait_for(look, what=f"the databases to agree on case {case} of {service}")


def _allowed(person: Person, case: str, verb: str) -> bool:
    answer = person.request("GET", f"/reporting/cases/{case}")
    return answer.status_code == 200 and verb in answer.json()["allowed_actions"]


def _try(person: Person, case: str, verb: str) -> bool:
    """Use a verb whatever becomes of it; answers whether it was taken."""
    found = person.request("GET", f"/reporting/cases/{case}")
    headers = {"Idempotency-Key": person.place.key("cross", verb), "If-Match": f'"{found.json()["rev"]}"'}
    sent = {"opinion": "相遇"}
    return person.request("POST", f"/reporting/cases/{case}/{verb}", json=sent, headers=headers).status_code == 200


def _state(person: Person, case: str) -> str:
    return str(person.get(f"/reporting/cases/{case}")["state"])


def read_heads(printed: str) -> Heads | None:
    """Read what `anyuan trail heads` has printed; None where the node has no such case."""
    lines = printed.strip().splitlines()
    return json.loads(lines[-1]) if lines else None
