"""The files of nodes: the map that people write, the keys of a node, and what the root published."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.errors import Fault, Invalid
from shared.nodes.core.keys import Charter, read_charter
from shared.nodes.core.letters import Signer
from shared.nodes.core.nodemap import MapWrong, NodeMap, node_from
from shared.regions import Regions


class NodeFileWrong(Invalid):
    """A file of keys cannot be read."""

    default_code = "node_file_wrong"
    default_zh = "节点密钥文件无法读取"
    default_en = "A file of node keys cannot be read"


def read_map(path: Path, *, regions: Regions | None = None) -> NodeMap:
    """Read a node map (TOML: a table `nodes.<id>` for each); `check` is the caller's.

    :raises MapWrong: when it is not TOML, or a value is of the wrong kind, naming its place.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong_map(f"{path}: {error}", "/") from error
    nodes = found.get("nodes")
    if not isinstance(nodes, dict) or set(found) != {"nodes"}:
        raise _wrong_map(f"{path}: [nodes.<id>]", "/nodes")
    for name, given in nodes.items():
        if not isinstance(given, dict) or not _is_name(name):
            raise _wrong_map(f"{path}: {name}", f"/nodes/{name}")
    return NodeMap([node_from(name, given) for name, given in nodes.items()], regions or Regions.load())


def _is_name(name: str) -> bool:
    """Tell whether this may be a node's name: it stands in names of queues, users and sources."""
    return 0 < len(name) <= 40 and name.isascii() and name.replace("-", "").isalnum() and name == name.lower()


def _wrong_map(what: str, pointer: str) -> MapWrong:
    zh, en = f"节点表无法读取：{what}", f"The node map cannot be read: {what}"
    return MapWrong.of([Fault(code="node_map_unreadable", zh=zh, en=en, pointer=pointer)])


def read_root_key(path: Path) -> Mapping[str, Any]:
    """Read the public key of the province's root."""
    found: Mapping[str, Any] = _read_json(path)
    return found


def read_published(path: Path, *, root_key: Mapping[str, Any], regions: Regions | None = None) -> Charter:
    """Read what the root published.

    :raises CharterRefused: when the root did not sign it.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise NodeFileWrong(zh=f"{path}：{error}", en=f"{path}: {error}") from error
    return read_charter(raw, root_key=root_key, regions=regions or Regions.load())


class OwnKeys:
    """The private keys of a node, in a file that only it reads."""

    def __init__(self, keys: Mapping[str, Mapping[str, Any]]) -> None:
        self._keys = dict(keys)

    @classmethod
    def read(cls, path: Path) -> OwnKeys:
        """Read the file; a missing one holds no keys."""
        return cls(_read_json(path)["keys"] if path.exists() else {})

    def add(self, private: Mapping[str, Any], path: Path) -> None:
        """Add a key and write the file."""
        self._keys[str(private["kid"])] = private
        write_whole(path, json.dumps({"keys": self._keys}, indent=1).encode(), mode=0o600)

    def get(self, kid: str) -> Signer:
        """Answer a key by its name.

        :raises NodeFileWrong: when the file does not hold it.
        """
        if kid not in self._keys:
            raise NodeFileWrong(zh=f"没有密钥 {kid}", en=f"There is no key {kid}")
        return Signer(self._keys[kid])

    def signer(self, charter: Charter, node: str, now: datetime) -> Signer:
        """Answer the newest of the keys that the charter lets this node sign with now.

        :raises NodeFileWrong: when there is none.
        """
        own = [key for key in charter.keys.values() if key.node_id == node and key.kid in self._keys]
        good = [key for key in own if key.status == "active" and key.was_good_at(now)]
        if not good:
            zh, en = f"节点 {node} 没有有效的签名密钥", f"Node {node} has no key to sign with that is in force"
            raise NodeFileWrong("no_key_in_force", zh=zh, en=en)
        return Signer(self._keys[max(good, key=lambda key: key.not_before).kid])


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NodeFileWrong(zh=f"{path} 无法读取：{error}", en=f"{path} cannot be read: {error}") from error


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
