"""Only the approval kit writes its tables, each by its own writers, and only the core's moves change a case's state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import shared.approval.tables
import shared.approval.tables_beside  # noqa: F401  # both fill the metadata
from shared.approval.base import ApprovalBase

ROOT = Path(__file__).resolve().parents[2]
KIT = Path("shared/approval")
#: What a service may use of the kit: its door, what the door takes and answers, and the wiring.
DOOR = {
    "base",  # the metadata, for the wiring
    "blueprint",
    "core",
    "definitions",
    "drawing",
    "outcomes",
    "service",
    "views",
}
#: What the launcher may use besides: to read, to load a year of workdays, and to run the scheduler's jobs.
LAUNCHING = {"catalogue", "jobs", "reading", "verifying", "workday_file", "workdays"}
#: Which module writes which tables.
WRITERS = {
    "absences.py": {"AbsenceRow"},
    "answers.py": {"CommandRow"},
    "attempts.py": {"AttemptRow"},
    "catalogue.py": {"DefinitionRow"},
    "deadlines.py": {"CalendarAlarmRow"},
    "directory.py": {"HolderRow"},
    "drafting.py": {"DefinitionRow"},
    "phrases.py": {"PhraseRow"},
    "store.py": {"CaseRow", "StageRow", "TaskRow", "BarredRow", "RoundRow", "DecisionRow", "EventRow"},
    "timers.py": {"TimerRow"},
    "workdays.py": {"WorkdayRow", "WorkdayYearRow"},
}
#: Where a case gets a new state: the moves of the core. The store reads it back as it was written.
MOVERS = {"core/administering.py", "core/deciding.py", "core/engine.py", "core/moving.py", "core/two_nodes.py"}
MOVERS |= {"across/parts.py", "store.py"}
STATEMENTS = {"insert", "update", "delete", "upsert", "put_row"}
OF_A_SESSION = {"add", "add_all", "merge", "delete"}
TABLES = re.compile(r"\b(" + "|".join(sorted(ApprovalBase.metadata.tables)) + r")\b")

OUTSIDE = sorted(
    path.relative_to(ROOT)
    for folder in ("services", "shared", "deploy")
    for path in (ROOT / folder).rglob("*.py")
    if KIT not in path.relative_to(ROOT).parents and "migrations" not in path.parts
)
INSIDE = sorted(path.relative_to(ROOT / KIT) for path in (ROOT / KIT).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    """Answer the modules of the kit that a file imports, by the word after `shared.approval`."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "shared.approval":
            names = [f"shared.approval.{one.name}" for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        yield from (name.split(".")[2] for name in names if name.startswith("shared.approval."))


def texts(tree: ast.Module) -> Iterator[str]:
    """Answer the texts of a file, but for those that only explain."""
    explaining = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explaining:
            yield node.value


@pytest.mark.parametrize("path", OUTSIDE, ids=str)
def test_nothing_outside_the_kit_knows_its_tables(path: Path) -> None:
    tree = parsed(path)
    allowed = DOOR | LAUNCHING if Path("services/launcher") in path.parents else DOOR
    assert not set(imported(tree)) - allowed
    assert not [text for text in texts(tree) if TABLES.search(text)]


def test_each_table_of_the_kit_has_its_writers_and_no_others() -> None:
    found = {str(path) for path in INSIDE if _writes(parsed(KIT / path))}
    assert found == set(WRITERS)
    for name, rows in WRITERS.items():
        used = {node.id for node in ast.walk(parsed(KIT / name)) if isinstance(node, ast.Name)}
        assert rows <= used, name
    every = {mapper.class_.__name__ for mapper in ApprovalBase.registry.mappers}
    assert set().union(*WRITERS.values()) == every


def _writes(tree: ast.Module) -> bool:
    """Tell whether a file makes a statement that writes, or puts an object into a session."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            by_name = isinstance(node.func, ast.Name) and node.func.id in STATEMENTS
            if by_name or (isinstance(node.func, ast.Attribute) and _is_session_write(node.func)):
                return True
    return False


def _is_session_write(called: ast.Attribute) -> bool:
    held = called.value.id if isinstance(called.value, ast.Name) else getattr(called.value, "attr", "")
    return called.attr in OF_A_SESSION and held == "session"


def test_a_case_gets_a_new_state_by_the_moves_of_the_core_only() -> None:
    found = {str(path) for path in INSIDE if _gives_a_state(parsed(KIT / path))}
    assert found <= MOVERS
    assert found - {"store.py"}


def _gives_a_state(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "state":
            if any(isinstance(one, ast.Name) and one.id == "CaseState" for one in ast.walk(node.value)):
                return True
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Attribute) and one.attr == "state" for one in targets):
                return True
    return False
