"""Every word that a page shows, in Chinese and in English side by side, so that neither language can lag behind.

The words lie in the YAML files of this folder: `key: ["中文", "English"]`, called `file.key` in pages. A text may hold
`{name}` for a value; an English text may hold "one|many", chosen by the value `n`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml


class Language(StrEnum):
    """The languages of the pages; the values are what `lang` attributes say."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Answer every text by its key, as Chinese and English."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(Path(__file__).parent.glob("*.yaml")):
        for key, (chinese, english) in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            found[f"{file.stem}.{key}"] = (chinese, english)
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language."""

    language: Language

    @property
    def is_chinese(self) -> bool:
        """Tell whether the page is in Chinese."""
        return self.language is Language.CHINESE

    def __call__(self, key: str, /, **values: object) -> str:
        """Answer a text with its values filled in.

        :raises KeyError: for a key or a value that is not there: a page never shows a key.
        """
        text = self.pick(*catalogue()[key])
        if "|" in text and "n" in values:
            one, _, many = text.partition("|")
            text = one if str(values["n"]) == "1" else many
        return text.format(**values) if values else text

    def of(self, group: str, value: object) -> str:
        """Answer the word for a value that a service sent, such as a state; one that is new is shown as it came."""
        key = f"{group}.{value}"
        return self(key) if key in catalogue() else str(value)

    def choices(self, group: str) -> list[tuple[str, str]]:
        """Answer every value of a group with its word, in the order of its file."""
        prefix = f"{group}."
        return [(key.removeprefix(prefix), self(key)) for key in catalogue() if key.startswith(prefix)]

    def pick(self, chinese: str, english: str) -> str:
        """Answer the text of this language out of two."""
        return chinese if self.is_chinese else english
