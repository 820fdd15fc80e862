"""All services at all nodes of a province: what is said of one person takes effect once, at their home."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select

from services.awards.model import StandingRow
from services.records.model import KnownOrganisation, KnownVolunteer
from shared.identity import Principal
from shared.nodes.tables import stream_log
from tests.province import Province, RealNode
from tests.province.people import (
    approve,
    at_records,
    credited,
    head_of_organisation,
    hours_at,
    in_trouble,
    lines_at,
    organisation_of,
    revoke,
    sent,
    serve,
    told,
    volunteer,
)


def standings(node: RealNode) -> dict[str, int]:
    with node.services["awards"].reading() as session:
        return {row.volunteer_number: row.total_hundredths for row in session.scalars(select(StandingRow))}


def at_rest(whole: Province) -> None:
    """Make sure that nowhere anything waits, is dead or was not believed."""
    assert {node.name: in_trouble(node) for node in whole.nodes.values()} == {name: [] for name in whole.nodes}


def test_who_serves_in_another_city_is_credited_once_at_home_and_everybody_sees_it(whole: Province) -> None:
    province, city, home = whole["hebei"], whole["shijiazhuang"], whole["tangshan"]
    head = head_of_organisation(city, "130125", "行唐县志愿服务队")
    guest = volunteer(home, "130281", "唐静")
    wish = {"organisation_id": organisation_of(head), "volunteer_number": guest, "name": "唐静"}
    whole.wait(lambda: _knows(city, [], head), "records to know the organisation")
    sent(at_records(city, head), "/guests", wish)
    whole.wait(lambda: at_records(city, head).get("/guests")[0]["known"], "the introduction of the guest")

    activity = serve(city, head, [guest], hours=3)
    approve(city, head, activity)

    whole.wait(lambda: credited(city, head, activity) == [True], "the organisation to see that it was credited")
    whole.wait(lambda: hours_at(province) == {guest: 300}, "the copy of the ledger in the province")
    whole.wait(lambda: standings(province) == {guest: 300}, "the standing in the province")
    assert hours_at(home) == {guest: 300}
    assert hours_at(city) == {}, "the node of the activity keeps no ledger of a guest"
    whole.wait(lambda: told(home) == ["hours.credited", "volunteer.registered"], "the volunteer to be told")
    whole.wait(lambda: told(city) == ["organisation.approved", "report.approved"], "the organisation to be told")
    assert told(province) == [], "who only hears of it tells nobody"

    # The very same letters once more, from the node of the activity and from the home.
    for node in (city, home):
        node.send_raw("hebei", *(bytes(row["letter"]) for row in node.rows(stream_log)))
    revoke(city, head, activity)
    for node in (home, province):
        whole.wait(partial(_has, lines_at, node, guest, wanted=[-300, 300]), "the hours to be taken back, once")
    whole.wait(lambda: credited(city, head, activity) == [False], "the organisation to see that")
    whole.wait(lambda: told(home).count("record.voided") == 1, "the volunteer to be told of it")
    assert (told(province), hours_at(city)) == ([], {})
    at_rest(whole)


def test_the_numbers_of_the_province_are_the_sums_of_its_nodes(whole: Province) -> None:
    places = {"hebei": "130682", "shijiazhuang": "130125", "tangshan": "130281", "zhengding": "130123"}
    heads = {name: head_of_organisation(whole[name], region, f"{region}服务队") for name, region in places.items()}
    people = {name: [volunteer(whole[name], region, "王芳") for _ in range(3)] for name, region in places.items()}
    for name, head in heads.items():
        whole.wait(partial(_knows, whole[name], people[name], head), "who may serve")
        for hours in (1, 2):
            approve(whole[name], head, serve(whole[name], head, people[name][:hours], hours=hours, starts=8 * hours))

    own = {name: {people[name][0]: 300, people[name][1]: 200} for name in places}
    of_the_city = own["shijiazhuang"] | own["zhengding"]
    everybody = own["hebei"] | own["tangshan"] | of_the_city
    for look in (hours_at, standings):
        whole.wait(partial(_has, look, whole["hebei"], wanted=everybody), "the province's numbers")
        whole.wait(partial(_has, look, whole["shijiazhuang"], wanted=of_the_city), "the city's, with its county's")
        assert look(whole["tangshan"]) == own["tangshan"]
        assert look(whole["zhengding"]) == own["zhengding"]
    assert sum(everybody.values()) == sum(sum(hours.values()) for hours in own.values()) == 4 * 500
    for name in places:
        kinds = told(whole[name])
        assert (kinds.count("volunteer.registered"), kinds.count("organisation.approved")) == (3, 1), name
        whole.wait(partial(_are_told_of_hours, whole[name], 3), f"the volunteers of {name}")
    at_rest(whole)


def _has(look: Callable[..., Any], *given: Any, wanted: Any) -> bool:
    return bool(look(*given) == wanted)


def _are_told_of_hours(node: RealNode, times: int) -> bool:
    return told(node).count("hours.credited") == times


def _knows(node: RealNode, numbers: list[str], head: Principal) -> bool:
    """Tell whether records has heard who may serve and who may organise."""
    with node.services["records"].reading() as session:
        people = set(session.scalars(select(KnownVolunteer.number)))
        return people.issuperset(numbers) and session.get(KnownOrganisation, organisation_of(head)) is not None
