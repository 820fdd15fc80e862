"""A definition as people write it: YAML (of which JSON is a part) to a body and back, with the line of every place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

import yaml

from services.portal.client import Json
from services.portal.words import Words

LONGEST_TEXT = 60_000
#: The names of a definition in the order in which one reads it; bodies come without an order of their own.
ORDER = (
    "key", "version", "node", "fork", "when", "default", "title", "max_rounds", "max_visits", "duplicates",
    "revocation", "zh", "en", "tier", "region", "mode", "vote", "veto", "subcase", "approvers", "role", "account",
    "weight", "denominator", "operator", "opinion", "signature", "due", "remind", "every", "most", "workdays", "hours",
    "days", "definition", "escalate", "if_initiator", "if_nobody", "returns", "to", "then", "fields", "write", "hidden",
    "all", "any", "not", "field", "is", "value", "branches", "route",
)  # fmt: skip
_RANK = {name: place for place, name in enumerate(ORDER)}
#: What the address says already, so that a text can be saved as the next version without being touched.
_OF_THE_ADDRESS = ("key", "version")
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}


@dataclass(frozen=True, slots=True)
class Slip:
    """Where a text is no YAML that could be JSON: the line, and the key of the word for what is wrong."""

    line: int
    word: str
    name: str = ""


class NotReadable(ValueError):
    """The text is no mapping in YAML or JSON; `slips` say where."""

    def __init__(self, slips: list[Slip]) -> None:
        super().__init__(f"{len(slips)} slips")
        self.slips = slips


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says: the body, and the line of each JSON pointer into it, from 1."""

    body: Json
    lines: Mapping[str, int]

    def line_of(self, pointer: str) -> int:
        """Answer the line of a place, or of the nearest one around it: what is missing has no line of its own."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


class _Loader(yaml.SafeLoader):
    """Reads what JSON could hold: a day is a text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own shape
        first: [(tag, pattern) for tag, pattern in found if tag in _PLAIN]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(text: str) -> Written:
    """Answer what a text says.

    :raises NotReadable: with every slip, or the first where the text cannot be read on.
    """
    if len(text) > LONGEST_TEXT:
        raise NotReadable([Slip(1, "too_long")])
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        reading = _Reading(loader)
        body = reading.value(root, "", 1) if root is not None else {}
    except yaml.MarkedYAMLError as error:
        raise NotReadable([Slip(error.problem_mark.line + 1 if error.problem_mark else 1, "not_yaml")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotReadable([Slip(1, "not_yaml")]) from error
    if not isinstance(body, dict) and not reading.slips:
        reading.slips.append(Slip(1, "not_a_mapping"))
    if reading.slips:
        raise NotReadable(reading.slips)
    return Written(body, reading.lines)


class _Reading:
    """One pass over the nodes of a text, which notes every slip and every line."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._met: set[int] = set()
        self.slips: list[Slip] = []
        self.lines: dict[str, int] = {}

    def value(self, node: yaml.Node, pointer: str, around: int) -> Any:
        """Answer the value of a node; `around` is the line of what it stands in."""
        if id(node) in self._met:
            # An alias is the node that it names, and may stand for more than anybody could store.
            self.slips.append(Slip(around, "alias"))
            return None
        self._met.add(id(node))
        line = node.start_mark.line + 1
        self.lines.setdefault(pointer, line)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return dict(self._pairs(node, pointer))
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(item, f"{pointer}/{place}", line) for place, item in enumerate(node.value)]
        return self._scalar(node, line)

    def _pairs(self, node: yaml.MappingNode, pointer: str) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key_node, value_node in node.value:
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                self.slips.append(Slip(line, "not_a_name"))
                continue
            if key in known:
                self.slips.append(Slip(line, "twice", key))
            known.add(key)
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            self.lines.setdefault(place, line)
            yield key, self.value(value_node, place, line)

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        if node.tag not in _PLAIN:
            self.slips.append(Slip(line, "not_plain"))
            return None
        found = self._loader.construct_object(node)
        if isinstance(found, float) and not math.isfinite(found):
            self.slips.append(Slip(line, "not_plain"))
            return None
        return found


def write(body: Mapping[str, Any]) -> str:
    """Answer a body as YAML to be edited, without its key and version."""
    kept = {name: value for name, value in body.items() if name not in _OF_THE_ADDRESS}
    return str(yaml.safe_dump(_ordered(kept), allow_unicode=True, sort_keys=False, width=110, default_flow_style=None))


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (_RANK.get(name, len(ORDER)), name))
        return {name: _ordered(value[name]) for name in names}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def differences(old: str, new: str) -> list[tuple[str, str]]:
    """Answer the lines that differ with some around them, each with `old`, `new` or `same`; none when nothing does."""
    signs = {"+": "new", "-": "old", " ": "same"}
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[3:]
    return [(signs[line[0]], line[1:]) if line[0] in signs else ("gap", "⋯") for line in lines]


def place_of(pointer: str, body: Any, words: Words) -> str:
    """Answer where a fault is, in words: 环节“县级审批” › due › workdays."""
    told: list[str] = []
    for part in filter(None, pointer.split("/")):
        body = _within(body, part)
        if isinstance(body, Mapping) and part.isdigit():
            told = [_item(body, part, words)] if "node" in body else [*told, _item(body, part, words)]
        elif part.isdigit():
            told.append(words("drafting.item", n=int(part) + 1))
        elif part not in ("route", "branches"):
            told.append(part)
    return " › ".join(told) or words("drafting.whole")


def _within(body: Any, part: str) -> Any:
    if isinstance(body, Mapping):
        return body.get(part)
    return body[int(part)] if isinstance(body, list) and part.isdigit() and int(part) < len(body) else None


def _item(body: Mapping[str, Any], part: str, words: Words) -> str:
    if "node" not in body:
        word = "drafting.fork" if "fork" in body else "drafting.branch" if "route" in body else "drafting.item"
        return words(word, n=int(part) + 1)
    title = body.get("title")
    both = [title.get(language) for language in ("zh", "en")] if isinstance(title, Mapping) else []
    named = words.pick(*map(str, both)) if all(both) and both else str(body["node"])
    return words("drafting.node", title=named)
