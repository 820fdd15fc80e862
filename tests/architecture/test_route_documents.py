"""The page about routes names every field there is, and what it shows can be parsed and is drawn as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.launcher.approval_documents import example
from shared.approval.core.condition import Comparison
from shared.approval.core.parsing import parse
from shared.approval.core.reader import Reader
from shared.approval.core.voting import Denominator
from shared.approval.core.words import After, Duplicates, ForkKind, Mode, Tier

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```yaml\n.*?^```", re.DOTALL | re.MULTILINE)
PAGE = (ROOT / "docs/howto/define-a-route.md").read_text()


def test_the_page_shows_and_explains_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    real = Reader.known

    def known(self: Reader, item: Mapping[str, Any], place: str, names: set[str]) -> None:
        asked.update(names)
        real(self, item, place, names)

    monkeypatch.setattr(Reader, "known", known)
    body = example(PAGE)
    parse(body)
    assert len(asked) > 40
    assert not asked - _used(body)
    prose = _BLOCK.sub("", PAGE)
    explained = {word for code in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"[a-z_]+", code)}
    assert not asked - explained


def test_the_page_explains_every_word() -> None:
    for words in (Tier, Mode, Duplicates, ForkKind, After, Denominator, Comparison):
        assert not [word for word in words if f"`{word.value}`" not in PAGE]


def _used(value: Any) -> set[str]:
    """Answer every name that stands anywhere in a body."""
    if isinstance(value, Mapping):
        return {str(name) for name in value} | {name for inner in value.values() for name in _used(inner)}
    return {name for inner in value for name in _used(inner)} if isinstance(value, list) else set()
