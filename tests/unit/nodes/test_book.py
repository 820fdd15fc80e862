"""The book of keys: two persons, proof of possession, rotation, revocation, and what only the root publishes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import Conflict, NotFound
from shared.nodes.book import Book, BookRefuses, new_request
from shared.nodes.core.keys import OVERLAP, CharterRefused, read_charter
from shared.nodes.core.letters import Letter, Signer
from shared.nodes.core.nodemap import MapWrong
from shared.nodes.files import NodeFileWrong, OwnKeys, read_map
from shared.regions import Regions
from tests.unit.nodes.making import MAP, NOW

ROOT = Signer(Signer.new_key("root"))


def entered(book: Book, node: str = "tangshan", **made: str) -> tuple[str, dict[str, object]]:
    private, request = new_request(node, now=NOW, **made)
    key = book.register(request, by="张三", map_=MAP, now=NOW)
    return key.kid, private


def test_a_key_counts_once_two_persons_have_let_it() -> None:
    book = Book()
    kid, _ = entered(book)
    assert (book.get(kid).status, book.get(kid).tier, book.get(kid).region) == ("registered", "city", "130200")

    with pytest.raises(BookRefuses, match="two_persons"):
        book.approve(kid, by=" 张三 ")
    assert book.approve(kid, by="李四").status == "active"
    with pytest.raises(Conflict):
        book.approve(kid, by="王五")


def test_a_key_is_registered_only_by_who_holds_it() -> None:
    private, request = new_request("tangshan", now=NOW)
    letter = Letter.parse(request)
    other = Signer(Signer.new_key(str(private["kid"])))

    for forged in (other.sign(letter.body, now=NOW), Letter(letter.signature, letter.body.replace(b"20", b"21"))):
        with pytest.raises(BookRefuses, match="not_its_own_key"):
            Book().register(bytes(forged), by="张三", map_=MAP, now=NOW)


def test_a_key_is_registered_once_and_for_a_node_of_the_map() -> None:
    book = Book()
    _, request = new_request("tangshan", now=NOW)
    book.register(request, by="张三", map_=MAP, now=NOW)

    with pytest.raises(BookRefuses, match="key_known"):
        book.register(request, by="张三", map_=MAP, now=NOW)
    with pytest.raises(Exception, match="unknown_node"):
        entered(book, "nobody")


def test_a_key_that_is_followed_stays_good_for_thirty_days() -> None:
    book = Book()
    old, _ = entered(book)
    book.approve(old, by="李四")
    new, _ = entered(book, replaces=old)
    assert book.get(old).not_after > NOW + OVERLAP, "nothing changes before the second person"

    book.approve(new, by="李四")

    assert book.get(old).not_after == NOW + OVERLAP
    assert book.get(old).was_good_at(NOW + timedelta(days=29))
    with pytest.raises(BookRefuses):
        entered(book, "hebei", replaces=old)


def test_revoking_and_beginning_anew_take_two_persons() -> None:
    book = Book()
    kid, _ = entered(book)
    book.approve(kid, by="李四")

    with pytest.raises(BookRefuses, match="two_persons"):
        book.revoke(kid, by="张三", approved_by="张三", compromised_at=NOW)
    with pytest.raises(BookRefuses, match="two_persons"):
        book.begin_anew("tangshan", by="张三", approved_by="张三")
    assert book.revoke(kid, by="张三", approved_by="李四", compromised_at=NOW).status == "revoked"
    assert [book.begin_anew("tangshan", by="张三", approved_by="李四") for _ in range(2)] == [2, 3]
    with pytest.raises(NotFound):
        book.get("nothing")


def test_the_book_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    book = Book()
    old, _ = entered(book)
    book.approve(old, by="李四")
    entered(book, replaces=old)
    book.begin_anew("tangshan", by="张三", approved_by="李四")
    book.publish(MAP, root=ROOT, now=NOW)

    book.write(tmp_path / "book.json")

    assert Book.read(tmp_path / "book.json") == book


def test_what_is_published_is_read_with_the_roots_key_alone() -> None:
    book = Book()
    kid, _ = entered(book)
    book.approve(kid, by="李四")
    waiting, _ = entered(book, "hebei")
    book.begin_anew("tangshan", by="张三", approved_by="李四")

    published = book.publish(MAP, root=ROOT, now=NOW, valid_for=timedelta(days=10))
    charter = read_charter(published, root_key=ROOT.public_key, regions=Regions.load())

    assert charter.keys == {kid: book.get(kid)}
    assert waiting not in charter.keys, "one person alone publishes nothing"
    assert [node.id for node in charter.map] == ["hebei", "shijiazhuang", "tangshan", "zhengding"]
    assert (charter.version, charter.epoch_of("tangshan"), charter.epoch_of("hebei")) == (1, 2, 1)
    assert charter.is_in_force(NOW + timedelta(days=9))
    assert not charter.is_in_force(NOW + timedelta(days=10))
    assert book.publish(MAP, root=ROOT, now=NOW) != published
    assert book.version == 2


def test_what_another_signed_is_no_charter() -> None:
    published = Book().publish(MAP, root=Signer(Signer.new_key("root")), now=NOW)

    for raw in (published, b"", b"a..b\n{}", published.replace(b"hebei", b"hubei")):
        with pytest.raises(CharterRefused):
            read_charter(raw, root_key=ROOT.public_key, regions=Regions.load())


def test_a_node_signs_with_its_newest_key_in_force(tmp_path: Path) -> None:
    book, keys = Book(), OwnKeys({})
    path = tmp_path / "node-keys.json"
    kids = []
    for later in (0, 1):
        private, request = new_request("tangshan", now=NOW + timedelta(days=later))
        keys.add(private, path)
        kids.append(book.register(request, by="张三", map_=MAP, now=NOW).kid)
        book.approve(kids[-1], by="李四")
    charter = read_charter(book.publish(MAP, root=ROOT, now=NOW), root_key=ROOT.public_key, regions=Regions.load())

    again = OwnKeys.read(path)
    assert again.signer(charter, "tangshan", NOW).kid == kids[0]
    assert again.signer(charter, "tangshan", NOW + timedelta(days=2)).kid == kids[1]
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(NodeFileWrong, match="no_key_in_force"):
        again.signer(charter, "hebei", NOW)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x =", "/"),
        ("[nodes]\nhebei = 1", "/nodes/hebei"),
        ("[nodes.'He bei']", "/nodes/He bei"),
        ("[nodes.hebei]\nhosts = '130000'", "/nodes/hebei/hosts"),
        ("[nodes.hebei]\nhosts = [130000]", "/nodes/hebei/hosts"),
        ("[nodes.hebei]\ncolour = 'red'", "/nodes/hebei/colour"),
        ("[other]", "/nodes"),
    ],
)
def test_a_map_that_cannot_be_read_says_where(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "nodes.toml"
    file.write_text(text)

    with pytest.raises(MapWrong) as refused:
        read_map(file)

    assert [fault.pointer for fault in refused.value.faults] == [place]


@pytest.mark.parametrize("name", ["single", "four"])
def test_the_maps_that_come_with_the_system_are_right(name: str) -> None:
    file = Path(__file__).parents[3] / f"deploy/nodes/{name}.toml"

    read_map(file).check(on=NOW.date())


def test_a_missing_or_broken_key_file_is_told_plainly(tmp_path: Path) -> None:
    broken = tmp_path / "node-keys.json"
    broken.write_text("{")

    with pytest.raises(NodeFileWrong):
        OwnKeys.read(broken)
    with pytest.raises(NodeFileWrong):
        OwnKeys.read(tmp_path / "none.json").get("kid")
    assert json.loads(json.dumps(ROOT.public_key))["kty"] == "OKP"
