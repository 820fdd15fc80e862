"""The definitions that come with the system, one YAML file each; the file's name is the definition's key.

A published definition never changes: whoever edits a file raises its `version` too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import yaml

from shared.approval.core.definition import Definition
from shared.approval.core.mistakes import DefinitionError, Mistake, problem
from shared.approval.core.parsing import parse

FOLDER = Path(__file__).parent


@cache
def shipped() -> Mapping[str, Definition]:
    """Answer the definitions that come with the system, by key.

    :raises DefinitionError: when a file does not describe a definition, or one of another name.
    """
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def with_named(found: Mapping[str, Definition], keys: Iterable[str]) -> dict[str, Definition]:
    """Answer the definitions of these keys, each after those that it names: for its revocation and its sub-cases."""
    ordered: dict[str, Definition] = {}

    def add(key: str, way: tuple[str, ...]) -> None:
        if key in ordered or key in way:
            return
        definition = found[key]
        named = [node.subcase for node in definition.nodes if node.subcase]
        if definition.revocation is not None:
            named.append(definition.revocation.definition)
        for one in named:
            add(one, (*way, key))
        ordered[key] = definition

    for key in keys:
        add(key, ())
    return ordered


def _read(path: Path) -> Definition:
    definition = parse(yaml.safe_load(path.read_text(encoding="utf-8")))
    if definition.key != path.stem:
        raise DefinitionError([problem("key", Mistake.OTHER_KEY, key=definition.key, name=path.stem)])
    return definition
