"""Cases over several nodes with all services, brokers and links: decided once, and the same everywhere."""

from __future__ import annotations

from functools import partial

from services.records.model import KnownOrganisation, KnownVolunteer
from shared.identity import Principal, Role
from shared.nodes.tables import stream_log
from tests.province import Province, RealNode
from tests.province.deciding import approvals_at, at, chains_at, official, state_at, try_verb
from tests.province.people import credited, head_of_organisation, hours_at, in_trouble, lines_at, serve, volunteer

COUNTY, CITY, PROVINCE = "zhengding", "shijiazhuang", "hebei"


class Line:
    """The reporting line of 正定县 with one approver on each node, and an organisation with a report to decide."""

    def __init__(self, whole: Province) -> None:
        self.whole = whole
        self.county, self.city, self.province = whole[COUNTY], whole[CITY], whole[PROVINCE]
        self.clerk = official(self.county, "郭静", "130123", Role.CLERK)
        self.ben = official(self.county, "何建民", "130123")
        self.cai = official(self.city, "梁卫东", "130100")
        self.dai = official(self.province, "宋文华", "130000")
        self.head = head_of_organisation(self.county, "130123", "正定县安全生产志愿服务队")
        self.wang = volunteer(self.county, "130123", "王晓明")

    def report(self, *, hours: int = 8, starts: int = 8) -> tuple[str, str]:
        """Hold an activity and submit its report; answers the activity and the case."""
        whole, [organisation] = self.whole, self.head.organisations
        whole.wait(lambda: self._is_known(organisation), "records to know whom it is about")
        activity = serve(self.county, self.head, [self.wang], hours=hours, starts=starts)
        reporting = at(self.county, "reporting", self.head)

        def draft() -> str | None:
            found = reporting.get(f"/reports?activity_id={activity}")["items"]
            return found[0]["id"] if found else None

        whole.wait(draft, "the draft of the report")
        report = draft()
        revision = reporting.get(f"/reports/{report}")["revision"]
        words = {"summary": "入户讲解用火用电用气安全，发放明白纸八百余份。", "problems": "部分软管老化"}
        answer = reporting.call(
            "PATCH", f"/reports/{report}", words, If_Match=f'"{revision}"', Idempotency_Key=f"e{report}"
        )
        assert answer.status_code == 200, answer.text
        answer = reporting.call("POST", f"/reports/{report}/submit", {}, Idempotency_Key=f"s{report}")
        assert answer.status_code in (200, 201), answer.text
        return activity, str(reporting.get(f"/reports/{report}")["case_id"])

    def _is_known(self, organisation: str) -> bool:
        with self.county.services["records"].reading() as session:
            volunteer_known = session.get(KnownVolunteer, self.wang) is not None
            return volunteer_known and session.get(KnownOrganisation, organisation) is not None

    def decide(
        self, node: RealNode, who: Principal, case: str, verb: str = "approve", service: str = "reporting"
    ) -> None:
        self.whole.wait(lambda: try_verb(node, service, who, case, verb), f"{verb} by {who.name} at {node.name}")

    def ends(
        self, case: str, state: str, *, service: str = "reporting", nodes: tuple[str, ...] = (COUNTY, CITY, PROVINCE)
    ) -> None:
        """Wait until every node shows the end of a case, and hold their histories against each other."""
        for name in nodes:
            self.whole.wait(partial(self._shows, name, service, case, state), f"{state} at {name}")
        self.whole.wait(lambda: self._agree(case, service, nodes), "the same history everywhere")

    def _shows(self, name: str, service: str, case: str, state: str) -> bool:
        return bool(state_at(self.whole[name], service, case) == state)

    def _agree(self, case: str, service: str, nodes: tuple[str, ...]) -> bool:
        found = {name: chains_at(self.whole[name], service, case) for name in nodes}
        for chains in found.values():
            for origin, chain in chains.items():
                assert chain == found[origin][origin][: len(chain)]
        # The home has all that any node wrote.
        return all(found[COUNTY].get(name) == found[name].get(name) for name in nodes)


def at_rest(whole: Province) -> None:
    assert {node.name: in_trouble(node) for node in whole.nodes.values()} == {name: [] for name in whole.nodes}


def test_a_report_is_decided_on_three_nodes_and_credited_once_at_home(whole: Province) -> None:
    line = Line(whole)
    activity, case = line.report()
    line.decide(line.county, line.ben, case)
    line.decide(line.city, line.cai, case)
    # The county is away while the city answers and the province waits.
    line.county.stop()
    line.county.start()
    line.decide(line.province, line.dai, case)
    line.ends(case, "approved")

    whole.wait(lambda: credited(line.county, line.head, activity) == [True], "the record to be credited")
    whole.wait(lambda: hours_at(line.province) == {line.wang: 800}, "the copy in the province")
    assert lines_at(line.county, line.wang) == [800]
    assert approvals_at(line.county, "reporting", case) == [
        (COUNTY, "何建民"),
        (CITY, "梁卫东"),
        (PROVINCE, "宋文华"),
    ]
    # Every letter of the case once more changes nothing.
    for node, to in ((line.county, CITY), (line.city, COUNTY), (line.province, CITY)):
        node.send_raw(to, *(bytes(row["letter"]) for row in node.rows(stream_log)))
    _, second = line.report(hours=2, starts=18)
    for node, who in ((line.county, line.ben), (line.city, line.cai), (line.province, line.dai)):
        line.decide(node, who, second)
    line.ends(second, "approved")
    whole.wait(lambda: lines_at(line.county, line.wang) == [200, 800], "the second activity, and the first only once")
    at_rest(whole)


def test_a_withdrawal_that_crosses_an_approval_ends_the_same_everywhere(whole: Province) -> None:
    line = Line(whole)
    _, first = line.report(hours=2, starts=8)
    line.decide(line.county, line.ben, first)
    line.decide(line.county, line.head, first, "withdraw")
    line.ends(first, "withdrawn", nodes=(COUNTY, CITY))

    _, second = line.report(hours=2, starts=11)
    line.decide(line.county, line.ben, second)
    whole.wait(lambda: state_at(line.city, "reporting", second) == "running", "the case at the city")
    # The city decides while the request is on its way: the county's letters stay where they are.
    line.county.stop()
    assert try_verb(line.county, "reporting", line.head, second, "withdraw")
    line.decide(line.city, line.cai, second)
    line.county.start()
    line.decide(line.province, line.dai, second)
    line.ends(second, "approved")
    whole.wait(lambda: lines_at(line.county, line.wang) == [200], "the hours of the second, and none of the first")
    at_rest(whole)
