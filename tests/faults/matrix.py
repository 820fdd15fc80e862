"""The fault matrix: `python -m tests.faults.matrix` writes docs/reliability.md from the tests' own marks.

A test is marked `@pytest.mark.fault("MP2", inject="…", holds="…")`; the page lists all of them, and a test of the
architecture finds the page stale. The marks are read from the source, so that nothing has to be imported for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.scale import SIZES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
FOLDERS = ("tests/faults", "tests/integration/messaging", "tests/journeys")


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One marked test."""

    number: int
    name: str
    inject: str
    holds: str
    path: str
    test: str


def faults() -> list[Fault]:
    """Answer every marked test, in the order of the faults."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("test_*.py"))]
    return sorted(fault for file in files for fault in _marked(file))


def _marked(file: Path) -> Iterator[Fault]:
    for node in ast.parse(file.read_text()).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.fault":
                name = ast.literal_eval(call.args[0])
                words = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
                number = int(re.sub(r"\D", "", name))
                yield Fault(number, name, words["inject"], words["holds"], str(file.relative_to(ROOT)), node.name)


def matrix() -> str:
    """Answer the table of the faults."""
    rows = [
        f"| {fault.name} | {fault.inject} | {fault.holds} | [`{fault.test}`](/{fault.path}) |" for fault in faults()
    ]
    return "\n".join(["| | what is done | what must hold | tried by |", "|---|---|---|---|", *rows])


def sizes() -> str:
    """Answer the table of the sizes."""
    rows = [f"| {size.meaning} | {size.ordinary:g} | {size.full:g} |" for size in SIZES.values()]
    return "\n".join(["| | `make test` | `make faults` |", "|---|---|---|", *rows])


def page() -> str:
    """Answer the page as it must be."""
    text = PAGE.read_text()
    for mark, made in (("faults", matrix()), ("sizes", sizes())):
        begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
        head, rest = text.split(begin)
        text = f"{head}{begin}\n{made}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
