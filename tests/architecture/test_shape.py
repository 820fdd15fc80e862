"""Small pieces, one clock, one place that commits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

FOLDERS = ("services", "shared", "tests", "benchmarks", "deploy")
FILES = sorted(
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    # Revisions are as long as there are tables; a tool writes them.
    if "migrations" not in path.parts or "shared" in path.parts
)
DECIDING = sorted(
    path
    for path in FILES
    if path.parts[0] in ("services", "shared")
    and (path.stem in ("rules", "policy") or {"rules", "policy", "core", "contracts", "identifiers"} & set(path.parts))
)
HIDDEN_SOURCES = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic)|uuid\d|uuid\.uuid\d|urandom|secrets\.\w+|random\.\w+)\("
)
COMMITS = re.compile(r"\.commit\(")


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Answer the functions of a file, each with its lines; its docstring, its comments and blank lines are free."""
    text = (ROOT / path).read_text()
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            has_words = ast.get_docstring(node) is not None
            words = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1) if has_words else ()
            body = range(node.lineno, (node.end_lineno or 0) + 1)
            written = [lines[number - 1].strip() for number in body if number not in words]
            yield node.name, len([line for line in written if line and not line.startswith("#")])


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_and_functions_are_small(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_FILE, "make a package of the same name of it"
    too_long = {name: length for name, length in functions(path) if length > LONGEST_FUNCTION}
    assert too_long == {}, "give a step of it a name of its own"


def test_only_the_unit_of_work_commits() -> None:
    found = [
        str(path)
        for path in FILES
        if path.parts[0] in ("services", "shared") and COMMITS.search((ROOT / path).read_text())
    ]
    assert found == ["shared/storage/unit_of_work.py"]


@pytest.mark.parametrize("path", DECIDING, ids=str)
def test_what_decides_takes_time_and_ids_as_arguments(path: Path) -> None:
    assert HIDDEN_SOURCES.findall((ROOT / path).read_text()) == []


def test_every_service_has_deciding_code_to_look_at() -> None:
    assert len(DECIDING) > 20
