"""The wire form of an event: what is written is read back the same, and hostile input is refused with a reason."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.messaging.envelope import MOST_BYTES, Undecodable, content_hash, decode, encode
from shared.messaging.schema import schema_of
from shared.messaging.writing import plain_of
from shared.trace import Trace
from tests.unit.messaging.events import Colour, Line, Sample

NOW = datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)
TRACE = Trace.start()

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
numbers = st.integers(-(2**63) + 1, 2**63 - 1)
lines = st.builds(Line, text=texts, hours=numbers)
samples = st.builds(
    Sample,
    sample_id=texts.filter(bool),
    count=numbers,
    ratio=st.decimals(-(10**20), 10**20, allow_nan=False, places=4),
    on=st.dates(),
    at=st.datetimes(timezones=st.timezones()).map(lambda at: at.astimezone(UTC) if 1 < at.year < 9999 else NOW),
    is_good=st.booleans(),
    colour=st.sampled_from(Colour),
    size=st.sampled_from(["small", "large"]),
    lines=st.lists(lines, max_size=4).map(tuple),
    names=st.lists(texts, max_size=4).map(tuple),
    remark=st.none() | texts,
    first=st.none() | lines,
)
SAMPLE = Sample(
    sample_id="s1",
    count=3,
    ratio=Decimal("1.25"),
    on=date(2026, 3, 1),
    at=NOW,
    is_good=True,
    colour=Colour.RED,
    size="small",
    lines=(Line("安全宣讲", 125),),
    names=("张三",),
)


def write(sample: Sample, *, event_id: str = "e1") -> bytes:
    return encode(
        sample, event_id=event_id, source="/hebei/workshop", publisher="workshop", version=7, now=NOW, trace=TRACE
    )


def changed(**changes: Any) -> bytes:
    """Write the sample with parts of its envelope replaced; `None` removes a part."""
    found = json.loads(write(SAMPLE)) | changes
    return json.dumps({name: value for name, value in found.items() if value is not None}).encode()


def with_data(**changes: Any) -> bytes:
    return changed(data=json.loads(write(SAMPLE))["data"] | changes)


@given(samples)
@example(SAMPLE)
def test_what_is_written_is_read_back_the_same(sample: Sample) -> None:
    envelope = decode(write(sample))
    assert envelope.event == sample
    assert (envelope.event_id, envelope.version, envelope.time) == ("e1", 7, NOW)
    assert (envelope.aggregate_type, envelope.aggregate_id) == ("sample", sample.sample_id)
    assert envelope.trace == TRACE


@given(samples)
@example(SAMPLE)
def test_what_is_written_is_what_its_schema_would_write(sample: Sample) -> None:
    schema: Any = schema_of(Sample)
    assert plain_of(Sample)(sample) == schema.dump(sample)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": True},
        {"count": 2**63},
        {"count": "3"},
        {"ratio": Decimal("NaN")},
        {"ratio": Decimal("1E+31")},
        {"ratio": 1.5},
        {"on": NOW},
        {"at": NOW.replace(tzinfo=None)},
        {"is_good": 1},
        {"colour": "red"},
        {"size": "huge"},
        {"lines": (Line("一\x00", 1),)},
        {"names": "张三"},
        {"names": (None,)},
        {"remark": "\ud800"},
        {"first": ("一", 1)},
    ],
    ids=str,
)
def test_what_no_listener_could_read_is_not_written(wrong: dict[str, Any]) -> None:
    (field,) = wrong
    with pytest.raises(Undecodable, match=field):
        write(replace(SAMPLE, **wrong))


def test_the_envelope_is_cloudevents_and_shows_chinese_as_it_is() -> None:
    body = write(SAMPLE)
    found = json.loads(body)
    assert found["specversion"] == "1.0"
    assert found["type"] == "workshop.sample.taken.v1"
    assert found["subject"] == "sample/s1"
    assert "安全宣讲".encode() in body


def test_a_newer_senders_extra_fields_are_ignored() -> None:
    assert decode(with_data(added_later=[1, 2])).event == SAMPLE


def test_a_missing_trace_starts_a_new_one() -> None:
    assert decode(changed(traceparent=None)).trace.trace_id != TRACE.trace_id
    assert decode(changed(traceparent="00-zz-1")).trace.trace_id != TRACE.trace_id


def test_two_messages_are_the_same_only_byte_by_byte() -> None:
    assert content_hash(write(SAMPLE)) == content_hash(write(SAMPLE))
    assert content_hash(write(SAMPLE)) != content_hash(write(SAMPLE) + b" ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"{", "not JSON", id="malformed"),
        pytest.param(b"\xff\xfe\xfd", "not JSON", id="not-text"),
        pytest.param(b'{"id": "\xc3\x28"}', "not JSON", id="bad-utf-8"),
        pytest.param(b"[]", "not a JSON object", id="list"),
        pytest.param(b"null", "not a JSON object", id="null"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, "not", id="nested-lists"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not", id="nested-objects"),
        pytest.param(b" " * 20_000_000, "at most", id="twenty-megabytes"),
        pytest.param(b'{"id": NaN}', "not JSON", id="nan"),
        pytest.param(b'{"id": -Infinity}', "not JSON", id="infinity"),
        pytest.param(b'{"id": ' + b"9" * 5_000 + b"}", "not JSON", id="huge-number"),
        pytest.param(b'{"id": "1", "id": "2"}', "stands twice", id="duplicate-key"),
        pytest.param(b"{}", "not an event", id="nothing-in-it"),
    ],
)
def test_what_is_no_event_is_refused_and_says_of_what_it_is_not(body: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason) as refused:
        decode(body)
    assert refused.value.address is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"id": "x" * 101},
        {"id": "a\x00b"},
        {"id": "\ud800"},
        {"id": 5},
        {"type": None},
        {"type": ["workshop"]},
        {"source": {"a": 1}},
        {"subject": "sample"},
        {"subject": "/s1"},
        {"subject": 3},
        {"subject": "sample/" + "x" * 101},
        {"aggregateversion": 0},
        {"aggregateversion": -1},
        {"aggregateversion": True},
        {"aggregateversion": 1.0},
        {"aggregateversion": "1"},
        {"aggregateversion": 2**31},
        {"aggregateversion": 10**400},
    ],
    ids=str,
)
def test_a_broken_address_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Undecodable, match="not an event") as refused:
        decode(changed(**changes))
    assert refused.value.address is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(changed(type="workshop.sample.taken.v2"), id="newer-version"),
        pytest.param(changed(type="workshop.sample.lost.v1"), id="unknown-type"),
        pytest.param(changed(type="forger.sample.taken.v1"), id="other-publisher"),
        pytest.param(changed(type="workshop.sample.taken.vX"), id="no-version"),
        pytest.param(changed(data=None), id="no-data"),
        pytest.param(changed(data=[]), id="list-for-data"),
        pytest.param(changed(time="yesterday"), id="no-time"),
        pytest.param(changed(time="2026-03-01T08:00:00"), id="time-without-offset"),
        pytest.param(with_data(count="3"), id="text-for-number"),
        pytest.param(with_data(count=3.5), id="fraction-for-number"),
        pytest.param(with_data(count=True), id="truth-for-number"),
        pytest.param(with_data(count=2**63), id="number-no-database-holds"),
        pytest.param(with_data(count=10**4_000), id="number-of-4000-digits"),
        pytest.param(with_data(ratio="NaN"), id="decimal-nan"),
        pytest.param(with_data(ratio="1E+999999"), id="decimal-that-fills-the-memory"),
        pytest.param(with_data(is_good="yes"), id="text-for-truth"),
        pytest.param(with_data(colour="green"), id="unknown-colour"),
        pytest.param(with_data(size="huge"), id="unknown-size"),
        pytest.param(with_data(lines=[{"text": "x"}]), id="line-without-hours"),
        pytest.param(with_data(lines={"text": "x"}), id="object-for-list"),
        pytest.param(with_data(names=[None]), id="null-in-list"),
        pytest.param(with_data(remark="a\x00b"), id="nul-in-text"),
        pytest.param(with_data(remark="\udfff"), id="lone-surrogate-in-text"),
        pytest.param(with_data(at="2026-03-01T08:00:00"), id="naive-instant"),
    ],
)
def test_an_unreadable_content_is_refused_but_tells_what_it_is_about(body: bytes) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(body)
    address = refused.value.address
    assert address is not None
    assert (address.event_id, address.aggregate_type, address.aggregate_id, address.version) == (
        "e1",
        "sample",
        "s1",
        7,
    )


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_at_all_are_refused_in_good_order(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["id", "type", "source", "subject", "time", "aggregateversion", "traceparent", "data"]), json_values
)
def test_any_value_in_any_place_is_read_or_refused_in_good_order(place: str, value: object) -> None:
    body = json.dumps(json.loads(write(SAMPLE)) | {place: value}).encode()
    with suppress(Undecodable):
        decode(body)


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        pytest.param({"sample_id": ""}, "1 to 100", id="empty-key"),
        pytest.param({"sample_id": "x" * 101}, "1 to 100", id="long-key"),
        pytest.param({"remark": "a\x00b"}, "schema", id="nul"),
        pytest.param({"remark": "\ud800"}, "schema", id="surrogate"),
        pytest.param({"at": datetime(2026, 3, 1)}, "schema", id="naive"),  # noqa: DTZ001  # that is what is refused
        pytest.param({"remark": "x" * MOST_BYTES}, "at most", id="large"),
    ],
)
def test_what_no_listener_could_read_is_not_even_written(sample: dict[str, Any], reason: str) -> None:
    fields = {name: getattr(SAMPLE, name) for name in SAMPLE.__dataclass_fields__}
    with pytest.raises(Undecodable, match=reason):
        write(Sample(**(fields | sample)))
