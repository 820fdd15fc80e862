"""A message before it is addressed."""

from __future__ import annotations

from dataclasses import dataclass

HOME = "/"
"""Where a message leads that has no page of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A message before it is addressed: its kind, its words, and the portal path it leads to."""

    kind: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    link: str
