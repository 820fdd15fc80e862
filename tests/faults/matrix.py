"""The fault matrix: `python -m tests.faults.matrix` writes docs/reliability.md from the tests' own marks.

A test is marked `@pytest.mark.fault("MP2", "F-03", inject="…", holds="…")`; the page lists all of them, and a test of
the architecture finds the page stale. The marks are read from the source, so that nothing has to be imported for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.scale import SIZES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
TESTS = ROOT / "tests"

PROMISED = (
    *(f"MP{number}" for number in range(1, 13)),
    *(f"F-{number:02}" for number in range(1, 26)),
    *(f"S-X{number:02}" for number in range(1, 5)),
)
"""Every fault that some test must try: of messages, of the whole, and what a hostile neighbour does."""


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One marked test."""

    names: tuple[str, ...]
    inject: str
    holds: str
    path: str
    test: str
    is_full_only: bool


def faults() -> list[Fault]:
    """Answer every marked test, in the order of the faults."""
    found = [fault for file in sorted(TESTS.rglob("test_*.py")) for fault in _marked(file)]
    return sorted(found, key=lambda fault: (PROMISED.index(fault.names[0]), fault))


def _marked(file: Path) -> Iterator[Fault]:
    text = file.read_text()
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = {ast.unparse(each) for each in node.decorator_list}
        is_full_only = "pytest.mark.full" in marks or "\npytestmark = pytest.mark.full\n" in text
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.fault":
                names = tuple(ast.literal_eval(each) for each in call.args)
                words = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
                path = str(file.relative_to(ROOT))
                yield Fault(names, words["inject"], words["holds"], path, node.name, is_full_only)


def matrix() -> str:
    """Answer the table of the faults."""
    rows = [
        f"| {', '.join(fault.names)} | {fault.inject} | {fault.holds} | [`{fault.test}`](/{fault.path})"
        f"{' (full)' if fault.is_full_only else ''} |"
        for fault in faults()
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
