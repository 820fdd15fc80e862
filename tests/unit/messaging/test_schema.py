"""Deriving schemas from event classes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from marshmallow import fields

from shared.messaging.schema import schema_of
from tests.unit.messaging.events import Sample


def test_every_field_of_an_event_has_its_shape() -> None:
    shapes = {name: type(field).__bases__[0] for name, field in schema_of(Sample).fields.items()}
    assert set(shapes) == set(Sample.__dataclass_fields__)
    assert issubclass(shapes["count"], fields.Integer)
    assert isinstance(schema_of(Sample).fields["lines"], fields.List)
    assert isinstance(schema_of(Sample).fields["first"], fields.Nested)


def test_fields_without_a_default_are_required_and_the_others_may_be_absent() -> None:
    found = schema_of(Sample).fields
    assert {name for name, field in found.items() if not field.required} == {"remark", "first"}
    assert found["remark"].allow_none
    assert not found["count"].allow_none


def test_the_schema_of_a_class_is_made_once() -> None:
    assert schema_of(Sample) is schema_of(Sample)


@dataclass(frozen=True)
class _Floating:
    hours: float


@dataclass(frozen=True)
class _Either:
    key: int | str


@pytest.mark.parametrize("cls", [_Floating, _Either])
def test_a_field_that_has_no_one_form_on_the_wire_is_refused(cls: type[object]) -> None:
    with pytest.raises(TypeError, match="event field"):
        schema_of(cls)  # type: ignore[arg-type]  # mypy holds frozen dataclasses for unhashable classes
