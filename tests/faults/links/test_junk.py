"""What is no letter of a neighbour's in the place of one: its stream stops, and no other does."""

from __future__ import annotations

import json

import pytest

from shared.clock import SystemClock
from shared.nodes.core.letters import Letter, Signer
from shared.nodes.reconcile import resume
from shared.nodes.tables import link_trail, quarantine
from tests.faults.links.putting import put
from tests.province import Province, number, volunteer
from tests.unit.nodes.making import Sender, registered

THIEF = Signer(Signer.new_key("tangshan-thief"))
KINDS = (
    "nothing",
    "noise",
    "unsigned",
    "5 MB",
    "10 MB of text",
    "written anew",
    "signed by a thief",
    "nested",
    "not UTF-8",
    "NUL",
    "unknown event",
)


def junk(province: Province) -> dict[str, bytes]:
    """What may come in the place of a letter."""
    signer = province["tangshan"].signer()
    now = SystemClock().now()
    honest = Sender("tangshan", "hebei", signer=signer).letter(
        registered(1, node="tangshan", region="130200", block="12"), at=now
    )
    again = json.dumps(json.loads(honest.body), ensure_ascii=False).encode()
    return {
        "nothing": b"",
        "noise": bytes(range(256)) * 10,
        "unsigned": honest.body,
        "5 MB": b"x" * 5_000_000,
        "10 MB of text": bytes(signer.sign(honest.body.replace("王五".encode(), b"x" * 10_000_000), now=now)),
        "written anew": bytes(Letter(honest.signature, again)),
        "signed by a thief": bytes(THIEF.sign(honest.body, now=now)),
        "nested": bytes(signer.sign(b'{"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}", now=now)),
        "not UTF-8": bytes(Letter(honest.signature, b"\xff\xfe")),
        "NUL": bytes(signer.sign(honest.body.replace(b"volunteer.registered", b"volunteer.\\u0000"), now=now)),
        "unknown event": bytes(
            Sender("tangshan", "hebei", signer=signer).letter(
                registered(1)
                .replace(b"volunteer.registered.v1", b"volunteer.registered.v99")
                .replace(b"shijiazhuang", b"tangshan"),
                at=now,
            )
        ),
    }


@pytest.mark.fault(
    "F-22",
    "S-X01",
    "S-X04",
    inject="put noise, 5 MB, a rightful 10 MB of text, unsigned, re-written, forged and nested letters in the place of"
    " a neighbour's",
    holds="its stream stops and no other does, and nothing is lost once somebody lets it go on",
)
@pytest.mark.parametrize("what", KINDS)
def test_junk_stops_its_own_stream_and_no_other_until_somebody_lets_it_go_on(
    lasting_province: Province, what: str
) -> None:
    province, above = lasting_province, lasting_province["hebei"]
    serials = range(3 * KINDS.index(what), 3 * KINDS.index(what) + 3)
    before, kept, told = len(above.heard()), len(above.rows(quarantine)), stops_told(province)
    put(province, "tangshan", junk(province)[what])
    province.wait(lambda: above.state("tangshan").stopped is not None, "the stop")

    for city in ("tangshan", "shijiazhuang"):
        province[city].say("registration", *(volunteer(city, serial) for serial in serials))
    others = [number("shijiazhuang", serial) for serial in serials]
    province.wait(lambda: above.heard()[before:] == others, "the other city")
    assert len(above.rows(quarantine)) == kept + 1
    assert [row["what"] for row in above.rows(link_trail) if row["node"] == "tangshan"][-1] == "stopped"
    province.wait(lambda: stops_told(province) > told, "the city's knowledge of it")

    with above.office.database.unit_of_work() as uow:
        resume(uow, above.office, "tangshan", by="赵六")

    # What came meanwhile is asked for again: nothing of it is lost.
    province.wait(lambda: len(above.heard()) == before + 6, "what the city had said")
    assert above.heard()[before + 3 :] == [number("tangshan", serial) for serial in serials]
    assert above.state("tangshan").stopped is None


def stops_told(province: Province) -> int:
    """How often the city has learnt that its stream stands still."""
    return sum(row["code"] == "stopped_there" for row in province["tangshan"].rows(link_trail))
