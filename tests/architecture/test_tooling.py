"""What the tools say about the project agrees with itself."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def normal(requirement: str) -> str:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == project()["project"]["version"]


def test_every_dependency_is_locked() -> None:
    declared = project()
    runtime = {normal(requirement) for requirement in declared["project"]["dependencies"]}
    tools = {normal(requirement) for requirement in declared["dependency-groups"]["dev"]}
    assert runtime <= locked("requirements.lock").keys(), "make lock"
    assert runtime | tools <= locked("requirements-dev.lock").keys(), "make lock"


def test_tests_run_the_versions_that_production_runs() -> None:
    tested = locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in locked("requirements.lock")} == locked("requirements.lock")


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json"])
def test_a_lock_names_no_place_to_fetch_from(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r'"resolved"|index-url|find-links|@ (https?|file):|^https?:', text, re.MULTILINE)


def test_contributing_lists_the_commands_of_the_makefile() -> None:
    commands = set(re.findall(r"^([a-z-]+):.*## (?!\(part)", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    listed = set(re.findall(r"^\| `make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert listed == commands


def test_make_test_runs_every_folder_of_tests() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\ntest:")[2].partition("\nfaults:")[0]
    folders = {f"tests/{file.relative_to(ROOT / 'tests').parts[0]}" for file in (ROOT / "tests").rglob("test_*.py")}
    assert set(re.findall(r"tests/\w+", recipe)) == folders


def test_requirements_are_in_order() -> None:
    requirements = [normal(requirement) for requirement in project()["project"]["dependencies"]]
    assert requirements == sorted(requirements)
