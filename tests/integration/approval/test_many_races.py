"""Two batches with the same cases, sent at once and in opposite orders: each case is decided once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from shared.contracts.cases import CaseDecided
from shared.identity import Principal
from tests.integration.approval.office import BAO, BEN, Office, caller
from tests.integration.approval.test_many import rows

ROUNDS = 4


def test_batches_in_opposite_orders_never_wait_in_a_circle(office: Office, app: Flask) -> None:
    for number in range(ROUNDS):
        ids = [office.open(f"r{number}-{place}").id for place in range(6)]

        def send(who: Principal, case_ids: list[str]) -> list[tuple[str, int]]:
            body = {"verb": "approve", "rows": rows(*case_ids)}
            answer = caller(app, who).call("POST", "/decisions", body)
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            return [(one["case_id"], (one["problem"] or {}).get("status", 200)) for one in answer.json["results"]]

        with ThreadPoolExecutor(2) as threads:
            told = [*threads.map(send, (BEN, BAO), (ids, ids[::-1]))]
        statuses = {case_id: sorted(dict(answer)[case_id] for answer in told) for case_id in ids}
        assert set(map(tuple, statuses.values())) == {(200, 409)}
    assert len([one for one in office.events() if isinstance(one, CaseDecided)]) == 6 * ROUNDS
