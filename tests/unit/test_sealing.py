"""A sealed number opens only in its own place, unaltered, with its own key (S-E03)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealing import SealBroken, Sealer

NUMBER = "130123199001011234"
PLACE = "volunteer/id_number/v1"
SEALER = Sealer(keys={1: bytes(range(32))}, active=1, index_key=b"i" * 32)
SEALED = SEALER.seal(NUMBER, place=PLACE)


def test_what_was_sealed_opens_in_its_place() -> None:
    assert SEALER.open(SEALED, place=PLACE) == NUMBER
    assert SEALER.open(SEALER.seal("", place=PLACE), place=PLACE) == ""
    assert NUMBER.encode() not in SEALED


@pytest.mark.parametrize("place", ["volunteer/id_number/v2", "volunteer/mobile/v1", "", PLACE + " "])
def test_a_value_moved_to_another_row_or_column_is_refused(place: str) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(SEALED, place=place)


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    altered = bytearray(SEALED)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        SEALER.open(bytes(altered), place=PLACE)


@given(st.integers(0, len(SEALED) - 1))
def test_a_value_cut_short_is_refused(length: int) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(SEALED[:length], place=PLACE)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        replace(SEALER, keys={1: bytes(32)}).open(SEALED, place=PLACE)
    with pytest.raises(SealBroken):
        replace(SEALER, keys={2: bytes(range(32))}, active=2).open(SEALED, place=PLACE)


def test_old_rows_stay_readable_when_the_key_changes() -> None:
    both = Sealer(keys={1: bytes(range(32)), 2: bytes(32)}, active=2, index_key=b"i" * 32)
    assert both.open(SEALED, place=PLACE) == NUMBER
    newer = both.seal(NUMBER, place=PLACE)
    assert both.open(newer, place=PLACE) == NUMBER
    with pytest.raises(SealBroken):
        SEALER.open(newer, place=PLACE)


def test_equal_values_look_different_and_have_one_index() -> None:
    assert SEALER.seal(NUMBER, place=PLACE) != SEALED
    assert SEALER.index(NUMBER, purpose="volunteer") == SEALER.index(NUMBER, purpose="volunteer")


def test_the_index_depends_on_value_purpose_and_key() -> None:
    index = SEALER.index(NUMBER, purpose="volunteer")
    assert SEALER.index(NUMBER, purpose="other") != index
    assert SEALER.index(NUMBER[:-1] + "5", purpose="volunteer") != index
    assert replace(SEALER, index_key=b"j" * 32).index(NUMBER, purpose="volunteer") != index


def test_keys_come_from_a_file_and_never_show(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = Sealer.new_keys()
    file.write_text(json.dumps(keys))
    sealer = Sealer.from_file(file)
    assert sealer.open(sealer.seal(NUMBER, place=PLACE), place=PLACE) == NUMBER
    secrets = (str(keys["index"]), str(keys["keys"]))
    assert not any(secret in repr(sealer) for secret in secrets)
    assert "b'" not in repr(sealer)
