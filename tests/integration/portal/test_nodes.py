"""The page about the links to other nodes: what an administrator sees of them, and the little that is done there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, update

from services.launcher.story.people import Person
from services.launcher.wsgi import Wsgi, mounted
from services.links.app import create_app as create_links
from services.links.schemas import StatusOut
from services.portal.app import create_app as create_portal
from shared.nodes.overview import overview
from shared.nodes.tables import link_watch, stream_in
from tests.integration.databases import Databases
from tests.integration.nodes.by_hand import Pair, made_pair, volunteers
from tests.integration.portal.browsing import Browser, Page
from tests.integration.portal.conftest import World
from tests.unit.nodes.making import MAP


@dataclass
class Province:
    """The site of the province, whose links are carried by hand."""

    pair: Pair
    wsgi: Wsgi
    world: World

    def browser(self, who: Person) -> Browser:
        browser = Browser(self.wsgi)
        assert browser.sign_in(who.username, who.password).status == 200
        return browser

    def page(self, who: Person | None = None) -> Page:
        return self.browser(who or self.world.admins.system).open("/nodes")

    def api(self, who: Person) -> httpx.Client:
        client = httpx.Client(transport=httpx.WSGITransport(app=self.wsgi), base_url="http://anyuan/api")
        session = client.post(
            "/registration/sessions", json={"username": who.username, "password": who.password}
        ).json()
        client.headers["Authorization"] = f"Bearer {session['access_token']}"
        return client

    def stop_the_city(self) -> None:
        """Let the stream of 唐山 be stopped by a letter that is none, behind three that are."""
        self.pair.city.say(*volunteers(3))
        self.pair.carry()
        self.pair.above.take([b"junk <script>alert(1)</script>"], by="tangshan")
        self.pair.carry()


@pytest.fixture
def province(world: World, tmp_path: Path) -> Iterator[Province]:
    with made_pair(tmp_path, Databases(tmp_path, postgres=None)) as pair:
        pair.clock.set(world.clock.now())
        pair.above.tick()
        links = create_links(office=pair.above.office, verifier=world.node.keys.verifier)
        apps = {**world.node.apps, "links": links}
        api = httpx.Client(transport=httpx.WSGITransport(app=mounted(apps)), base_url="http://anyuan/api")
        portal = create_portal(api=api, secret=b"s" * 32, secure_cookies=False, clock=world.clock, has_neighbours=True)
        yield Province(pair, mounted(apps, portal=portal), world)


def test_charter_keys_and_every_neighbour_are_there_in_both_languages(province: Province) -> None:
    province.pair.city.say(*volunteers(3))
    province.pair.carry()

    page = province.page()

    assert page.status == 200
    for said in (
        "本节点 hebei 与其他节点的往来",
        "一切正常",
        "第 1 版",
        "唐山市 tangshan",
        "纪元 1 第 3 封",
        "直接相连",
    ):
        assert said in page.text
    assert "签名用" in page.text
    browser = province.browser(province.world.admins.system)
    browser.open("/nodes")
    english = browser.open("/language/en?next=/nodes").text
    assert "Node hebei and the others" in english
    assert "epoch 1, letter 3" in english


def test_a_stopped_stream_says_why_and_what_to_do_and_goes_on_after_a_reason(province: Province) -> None:
    province.stop_the_city()
    browser = province.browser(province.world.admins.system)

    page = browser.open("/nodes")
    assert "已停止接收它的信件：not_a_letter" in page.text
    assert "anyuan node quarantine" in page.text
    assert "<script>alert" not in page.html
    silent = browser.submit("/nodes/tangshan/resume", **{"reason-tangshan": " "})
    assert (silent.status, "必填" in silent.text) == (422, True)
    form = browser.page.form("/nodes/tangshan/resume")
    for _ in range(2):
        assert "已恢复接收 tangshan" in browser.send(form, **{"reason-tangshan": "线路试验残片，已与对方核对"}).text
    province.pair.city.say(*volunteers(2, since=3))
    province.pair.carry()

    assert province.pair.above.state("tangshan").taken_in == 5
    trail = province.api(province.world.admins.audit).get("/links/status").json()["trail"]
    resumed = [entry for entry in trail if entry["what"] == "resumed"]
    assert len(resumed) == 1, "sent twice it is done once"
    assert "线路试验残片，已与对方核对" in resumed[0]["detail"]
    assert "系统管理员" in resumed[0]["detail"]
    again = browser.send(browser.open("/nodes").form("/compare"))
    assert "已向" in again.text


def test_a_revoked_keys_letters_are_released_on_the_server_alone(province: Province) -> None:
    province.stop_the_city()
    with province.pair.above.office.database.unit_of_work() as uow:
        uow.session.execute(update(stream_in).where(stream_in.c.origin == "tangshan").values(stopped="key_revoked"))

    page = province.page()
    assert "anyuan node resume tangshan --by … --reason … --release-to …" in page.text
    assert "/nodes/tangshan/resume" not in page.html
    answer = province.api(province.world.admins.system).post("/links/nodes/tangshan/resume", json={"reason": "查过"})
    assert (answer.status_code, answer.json()["code"]) == (409, "needs_release")
    assert "--release-to" in answer.json()["title"]


def test_an_auditor_reads_and_changes_nothing_and_others_see_nothing(province: Province) -> None:
    province.stop_the_city()
    admins, county = province.world.admins, province.world.people["county"]

    page = province.page(admins.audit)
    assert "已停止接收它的信件" in page.text
    assert "/resume" not in page.html
    assert "/compare" not in page.html
    for path, body in (("resume", {"reason": "查过"}), ("compare", {})):
        assert province.api(admins.audit).post(f"/links/nodes/tangshan/{path}", json=body).status_code == 403
    assert province.page(county).status == 403
    assert province.api(county).get("/links/status").status_code == 403
    assert 'href="/nodes"' not in province.browser(county).open("/").html
    assert 'href="/nodes"' in province.browser(admins.audit).open("/").html


def test_a_difference_a_late_queue_and_a_charter_that_ends_are_told(province: Province) -> None:
    pair = province.pair
    province.stop_the_city()
    with pair.above.office.database.unit_of_work() as uow:
        uow.session.execute(update(stream_in).values(stopped=None, differs="hashes_differ"))
        late = {"queued": 7, "oldest_queued_at": uow.now - timedelta(hours=3), "shovel": "running", "repairs": 2}
        uow.session.execute(insert(link_watch).values(node="tangshan", **late))

    page = province.page().text
    for said in (
        "对账不一致：hashes_differ",
        "7 封，最早的已等 3 小时",
        "shovel 已重建 2 次",
        "anyuan node link tangshan",
    ):
        assert said in page
    charter = pair.book.publish(MAP, root=pair.root, now=pair.clock.now(), valid_for=timedelta(days=3))
    pair.above.office.charter_file.write_bytes(charter)
    assert "即将到期" in province.page().text
    pair.above.office.charter_file.write_bytes(b"nonsense")
    refused = province.page()
    assert refused.status == 200
    assert "未采用" in refused.text
    answer = province.api(province.world.admins.system).post("/links/nodes/tangshan/compare", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_charter_in_force")


def test_the_endpoint_says_what_the_command_prints_and_no_secret(province: Province) -> None:
    province.stop_the_city()
    office = province.pair.above.office

    told = province.api(province.world.admins.security).get("/links/status").json()

    with office.database.reading() as session:
        printed = json.loads(json.dumps(StatusOut().dump(overview(session, office, office.database.clock.now()))))
    assert _without_times(told) == _without_times(printed)
    private = json.loads(office.keys_file.read_text())["keys"]
    assert private
    for key in private.values():
        assert key["d"] not in json.dumps(told)
    assert "junk" not in json.dumps([{**entry, "detail": ""} for entry in told["quarantined"]])


def test_a_node_without_links_says_so(world: World) -> None:
    page = world.browser("system").open("/nodes")

    assert page.status == 404
    assert 'href="/nodes"' not in page.html


def _without_times(told: dict[str, object]) -> str:
    return re.sub(r'"(at|[a-z_]*seconds)": [^,}]*', "", json.dumps(told))
