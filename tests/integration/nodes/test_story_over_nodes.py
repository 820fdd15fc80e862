"""`anyuan story --nodes`, told over the web servers of a whole province with all its services, brokers and links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from services.launcher.embedded import Site
from services.launcher.parts import Keys, app_of
from services.launcher.story.over_nodes import CITY, HOME, PROVINCE, Heads, Nodes, tell_over_nodes
from services.launcher.story.run import Secrets
from services.launcher.wsgi import mounted
from services.registration.commands.posts import bootstrap
from shared.approval import reading
from shared.clock import SystemClock, business_date
from shared.errors import NotFound
from shared.identity import TokenKeys, TokenSigner, TokenVerifier
from shared.sealing import Sealer
from tests.province import Province, RealNode
from tests.province.people import hours_at, in_trouble


@contextmanager
def site_of(node: RealNode) -> Iterator[str]:
    """Let a node's services answer on a port, with keys of its own."""
    made = TokenKeys.generate()
    keys = Keys(
        verifier=TokenVerifier(made.public_set),
        signer=TokenSigner(made.private),
        sealer=Sealer(keys={1: bytes(range(32))}, active=1, index_key=bytes(32)),
    )
    site = Site(mounted({service: app_of(service, database, keys) for service, database in node.services.items()}))
    site.start()
    try:
        yield site.url
    finally:
        site.stop()


def test_the_story_is_told_over_three_nodes_and_their_databases_agree(whole: Province, tmp_path: Path) -> None:
    def first_administrators(name: str) -> Secrets:
        with whole[name].services["registration"].unit_of_work() as uow:
            return bootstrap(uow)

    def heads(name: str, service: str, case_id: str) -> Heads | None:
        with whole[name].services[service].reading() as session:
            try:
                case = reading.find_case(session, case_id)
            except NotFound:
                return None
            entries, _ = reading.load_trail(session, case)
            assert reading.problems_of(session, case, *reading.load_trail(session, case)) == ()
        return {
            "state": case.state.value,
            "chains": {one.place.origin: [one.seq, one.hash] for one in entries},
        }

    with ExitStack() as stack:
        sites = {name: stack.enter_context(site_of(whole[name])) for name in (HOME, CITY, PROVINCE)}
        nodes = Nodes(sites=sites, bootstrap=first_administrators, heads=heads)
        found = tell_over_nodes(
            nodes,
            folder=tmp_path / "story",
            today=business_date(SystemClock().now()),
            say=lambda *_: None,
        )

    assert found["report"] == "approved"
    assert found["path"] == ["county", "city", "province"]
    assert [one["stars"] for one in found["stars"]] == [1, 1]
    assert found["awards_granted"] == 1
    assert found["nodes"]["report"]["at"] == found["nodes"]["award"]["at"] == sorted((HOME, CITY, PROVINCE))
    assert set(found["nodes"]["report"]["chains"]) == {HOME, CITY, PROVINCE}
    # Every ledger is the county's, and the copies above say the same.
    whole.wait(lambda: hours_at(whole[PROVINCE]) == hours_at(whole[HOME]), "the copies in the province")
    whole.wait(lambda: hours_at(whole[CITY]) == hours_at(whole[HOME]), "the copies in the city")
    assert sum(hours_at(whole[HOME]).values()) >= found["hours_credited"] * 100
    assert {node.name: in_trouble(node) for node in whole.nodes.values()} == {name: [] for name in whole.nodes}
