"""Links set up over the broker's HTTP API carry letters both ways, and siblings' through the node above."""

from __future__ import annotations

from functools import partial

import pytest

from shared.clock import SystemClock
from shared.nodes.tables import quarantine, stream_in_log, stream_log
from tests.province import PASSWORD, Province, RealNode, number, record, volunteer
from tests.unit.nodes.making import Sender, event, registered


def test_what_concerns_other_nodes_reaches_them_and_is_receipted(province: Province) -> None:
    county = province["zhengding"]
    for serial in range(20):
        county.say("registration", volunteer("zhengding", serial))

    expected = [number("zhengding", serial) for serial in range(20)]
    for above in ("shijiazhuang", "hebei"):
        province.wait(partial(_has_heard, province[above], expected), f"20 volunteers in {above}")
        province.wait(partial(_has_receipts, county, above, 20), f"the receipts of {above}")
    assert county.heard() == expected, "its own services hear it once, from itself"
    assert province["tangshan"].heard() == []


def test_a_record_goes_to_the_volunteers_home_by_way_of_the_province(province: Province) -> None:
    tangshan, county = province["tangshan"], province["zhengding"]
    tangshan.say("records", *(record("tangshan", number("zhengding", 1), serial) for serial in range(5)))

    expected = [f"tangshan-{serial}" for serial in range(5)]
    province.wait(lambda: county.heard("record") == expected, "the records at the volunteer's home")
    province.wait(partial(_has_receipts, tangshan, "zhengding", 5), "the receipts, which take the same way back")
    assert all(province[other].heard("record") == [] for other in ("hebei", "shijiazhuang"))
    # What came is the very letter that 唐山 signed.
    written, taken = tangshan.rows(stream_log), county.rows(stream_in_log)
    assert [bytes(row["letter"]) for row in taken] == [bytes(row["letter"]) for row in written]


@pytest.mark.fault(
    "S-X02",
    inject="have a city tell of another city's volunteer and of a province's award, signed with its own good key",
    holds="both are refused with their reason, and the stream goes on",
)
def test_what_a_node_may_not_say_is_refused_with_its_reason_and_the_stream_goes_on(province: Province) -> None:
    city, above = province["shijiazhuang"], province["hebei"]
    # Our own gateway would not send this; one whose checks were taken out would.
    forger = Sender("shijiazhuang", "hebei", signer=city.signer())
    now = SystemClock().now()
    own = event(
        "award.granted",
        {
            "award_id": "1",
            "nomination_id": "1",
            "volunteer_number": number("shijiazhuang", 1),
            "award": "省级表彰",
            "citation": "",
            "granted_on": "2026-07-01",
            "granting_region": "130000",
        },
        node="shijiazhuang",
        service="awards",
    )
    city.send_raw(
        "hebei",
        bytes(forger.letter(registered(1, region="130200"), at=now)),
        bytes(forger.letter(own, at=now)),
        bytes(forger.letter(registered(2), at=now)),
    )

    province.wait(lambda: above.heard() == ["A1100000020"], "the honest one behind them")
    # An award is said to no other node at all: it is given where its case has its home.
    assert [row["code"] for row in above.rows(quarantine)] == ["not_your_region", "no_rule"]
    assert [row["fate"] for row in above.rows(stream_in_log)] == ["refuse", "refuse", "apply"]
    assert above.state("shijiazhuang").stopped is None


@pytest.mark.fault(
    "S-X04",
    inject="have a rightful node tell of more hours than a day has",
    holds="it is refused, its sender learns of it, and no service hears of it",
)
def test_the_sender_learns_what_was_refused(province: Province) -> None:
    city = province["shijiazhuang"]
    # The record says more hours than a day has; the sender's own services should never have let it through.
    city.say("records", record("shijiazhuang", number("hebei", 1), 1, hours=2500))

    province.wait(lambda: city.state("hebei").refused == 1, "the negative receipt")
    assert [row["refused_code"] for row in city.rows(stream_log)] == ["impossible_hours"]
    assert province["hebei"].heard("record") == []


def test_a_link_set_up_again_is_the_same_link(province: Province) -> None:
    province.link("shijiazhuang", "hebei")
    province["hebei"].api.admit("shijiazhuang", PASSWORD)

    province["shijiazhuang"].say("registration", volunteer("shijiazhuang", 1))

    province.wait(lambda: province["hebei"].heard() == [number("shijiazhuang", 1)], "the volunteer")
    province.wait(lambda: province["shijiazhuang"].api.shovel_state("hebei") == "running", "its state")


@pytest.mark.parametrize("count", [1, 300])
def test_letters_written_while_there_is_no_link_arrive_when_it_is_there(province: Province, count: int) -> None:
    city = province["tangshan"]
    city.api.unlink("hebei")

    city.say("registration", *(volunteer("tangshan", serial) for serial in range(count)))
    province.wait(lambda: city.state("hebei").written == count, "the letters")
    assert province["hebei"].heard() == []
    province.link("tangshan", "hebei")

    province.wait(lambda: len(province["hebei"].heard()) == count, "all of them")
    province.wait(partial(_has_receipts, city, "hebei", count), "the receipts")


def _has_heard(node: RealNode, expected: list[str]) -> bool:
    return node.heard() == expected


def _has_receipts(node: RealNode, of: str, count: int) -> bool:
    state = node.state(of)
    return (state.receipted, state.waiting) == (count, 0)
