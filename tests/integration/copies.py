"""Databases that begin as copies of a prepared one: to prepare one takes longer than most tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ENGINES = ("sqlite", "postgresql")


class Copies:
    """A database that is prepared once for each engine, when a test first asks for it, and then copied."""

    def __init__(self, name: str, prepare: Callable[[str], None], request: pytest.FixtureRequest) -> None:
        self._name = name
        self._prepare = prepare
        self._folder: Path = request.getfixturevalue("tmp_path_factory").mktemp(name)
        self._is_on_postgresql = False

    def make(self, request: pytest.FixtureRequest, name: str | None = None) -> str:
        """Answer the URL of a copy that lives as long as the test, on the engine that is the request's parameter."""
        engine: str = request.param
        url = self._on_sqlite if engine == "sqlite" else self._on_postgresql
        return url(request, name or self._name)

    def _on_sqlite(self, request: pytest.FixtureRequest, name: str) -> str:
        template = self._folder / "template.sqlite"
        if not template.exists():
            self._prepare(f"sqlite:///{template}")
        return f"sqlite:///{shutil.copy(template, request.getfixturevalue('tmp_path') / f'{name}.sqlite')}"

    def _on_postgresql(self, request: pytest.FixtureRequest, name: str) -> str:
        template = f"{self._name}_template"
        if not self._is_on_postgresql:
            self._prepare(request.getfixturevalue("postgres").create_database(template))
            self._is_on_postgresql = True
        url: str = request.getfixturevalue("new_database")(name, template=template)
        return url
