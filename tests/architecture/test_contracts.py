"""What is published stays readable: by others, who have the committed contract, and from what was stored before."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.launcher.documents import ROOT, asyncapi_of, write_documents
from services.launcher.event_map import Told, told
from services.launcher.parts import SERVICES
from shared.messaging.asyncapi import breaks
from shared.messaging.envelope import decode
from shared.messaging.schema import schema_of
from tests.architecture.golden_events import FOLDER, file_of, write_missing

Document = dict[str, Any]
GOLDEN = sorted(FOLDER.glob("*.json"))
TYPE = "records.activity.held.v1"


def committed(service: str) -> Document:
    found: Document = json.loads((ROOT / "docs" / "api" / f"{service}.asyncapi.json").read_text())
    return found


def schema(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_no_published_event_was_changed_so_that_others_cannot_read_it(service: str) -> None:
    assert breaks(committed(service), json.loads(asyncapi_of(service))) == [], "define a new version beside the old one"


def test_every_published_event_is_in_the_contract_of_its_publisher() -> None:
    for each in told():
        for publisher in each.publishers:
            assert f"send.{each.cls.event_name.routing_key(publisher)}" in committed(publisher)["operations"]


def remove_type(document: Document) -> None:
    del document["operations"][f"send.{TYPE}"]


def remove_field(document: Document) -> None:
    del schema(document, "ActivityHeld.v1")["properties"]["leader"]


def rename_field(document: Document) -> None:
    shape = schema(document, "ActivityHeld.v1")["properties"]
    shape["chief"] = shape.pop("leader")


def retype_field(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["properties"]["first_day"] = {"type": "string"}


def retype_inner_field(document: Document) -> None:
    schema(document, "ServedShift")["properties"]["quality"] = {"type": "string", "format": "decimal"}


def let_a_field_be_null(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["properties"]["leader"]["type"] = ["string", "null"]


def require_another_field(document: Document) -> None:
    shape = schema(document, "ActivityHeld.v1")
    shape["properties"]["weather"] = {"type": "string"}
    shape["required"] = [*shape["required"], "weather"]


def change_the_values(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["properties"]["leader"]["enum"] = ["a", "b"]


BREAKING = [
    (remove_type, f"{TYPE} is gone"),
    (remove_field, f"{TYPE}.leader is gone"),
    (rename_field, f"{TYPE}.leader is gone"),
    (retype_field, f"{TYPE}.first_day was"),
    (retype_inner_field, f"{TYPE}.shifts[].quality was"),
    (let_a_field_be_null, f"{TYPE}.leader was"),
    (require_another_field, f"{TYPE}.weather must be there now"),
    (change_the_values, f"{TYPE}.leader was"),
]


@pytest.mark.parametrize(("change", "complaint"), BREAKING, ids=lambda each: getattr(each, "__name__", ""))
def test_a_breaking_change_is_named_and_not_written(
    change: Callable[[Document], None], complaint: str, tmp_path: Path
) -> None:
    changed = copy.deepcopy(committed("records"))
    change(changed)
    assert [each for each in breaks(committed("records"), changed) if each.startswith(complaint)]

    file = tmp_path / "records.asyncapi.json"
    file.write_text(json.dumps(committed("records")))
    before = file.read_text()
    assert write_documents([(file, json.dumps(changed))])
    assert file.read_text() == before
    write_documents([(file, json.dumps(changed))], break_contracts=True)
    assert json.loads(file.read_text()) == changed


def add_an_optional_field(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["properties"]["weather"] = {"type": ["string", "null"]}


def add_a_type(document: Document) -> None:
    for part, name in (("messages", "{}"), ("operations", "send.{}")):
        place = document["components"]["messages"] if part == "messages" else document[part]
        place[name.format("records.activity.held.v2")] = copy.deepcopy(place[name.format(TYPE)])


def say_it_otherwise(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["description"] = "In other words."


def need_a_field_no_more(document: Document) -> None:
    schema(document, "ActivityHeld.v1")["required"].remove("leader")


@pytest.mark.parametrize("change", [add_an_optional_field, add_a_type, say_it_otherwise, need_a_field_no_more])
def test_an_addition_is_no_break_and_is_written(change: Callable[[Document], None], tmp_path: Path) -> None:
    changed = copy.deepcopy(committed("records"))
    change(changed)
    assert changed != committed("records")
    assert breaks(committed("records"), changed) == []
    file = tmp_path / "records.asyncapi.json"
    file.write_text(json.dumps(committed("records")))
    assert write_documents([(file, json.dumps(changed))]) == []
    assert json.loads(file.read_text()) == changed


@pytest.mark.parametrize("each", told(), ids=lambda each: each.type)
def test_every_published_event_has_its_golden_file(each: Told) -> None:
    assert file_of(each).exists(), "run `make documents`, which writes what is missing"


def of_old(read: Any, stored: Any) -> Any:
    """Answer what was read without the fields that came later than what was stored."""
    if isinstance(read, dict) and isinstance(stored, dict):
        return {name: of_old(read.get(name), value) for name, value in stored.items()}
    if isinstance(read, list) and isinstance(stored, list) and len(read) == len(stored):
        return [of_old(*pair) for pair in zip(read, stored, strict=True)]
    return read


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_events_as_they_were_stored_still_load_with_everything_in_them(file: Path) -> None:
    full, bare = json.loads(file.read_text(encoding="utf-8"))
    for stored in (full, bare):
        envelope = decode(json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode())
        assert envelope.event.event_name.name in stored["type"]
        shape: Any = schema_of(type(envelope.event))  # type: ignore[arg-type]  # a frozen dataclass is hashable
        read = shape.dump(envelope.event)
        assert of_old(read, stored["data"]) == stored["data"]
        assert (envelope.event_id, envelope.version) == (stored["id"], stored["aggregateversion"])


def test_a_golden_file_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    every = write_missing(tmp_path)
    assert len(every) == len(told())
    every[0].write_text("[]")
    every[1].unlink()
    assert write_missing(tmp_path) == [every[1]]
    assert every[0].read_text() == "[]"
