"""Documents do not rot: what is made from the code is current, and what they name exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from services.launcher.documents import documents
from services.launcher.event_map import event_map

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "deploy/README.md", ROOT / "benchmarks/README.md"]
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#]+?)(?:#[^)]*)?\)")
_NAME = re.compile(r"`([a-z]+(?:\.[a-z_]+)*\.[A-Za-z_][A-Za-z_.]*)`")


def test_documents_made_from_the_code_are_current() -> None:
    stale = [path.relative_to(ROOT) for path, text in documents() if not path.exists() or path.read_text() != text]

    assert not stale, "run `make documents`"


def test_every_event_has_a_listener() -> None:
    unheard = [name for name, listeners in event_map().items() if not listeners]

    assert not unheard


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if "://" not in link]

    missing = [link for link in links if not _target(page, link).exists()]

    assert not missing


def test_every_class_of_the_glossary_exists() -> None:
    rows = [row for row in (ROOT / "docs/glossary.md").read_text().splitlines() if row.startswith("| ")]
    names = [name for row in rows[1:] for name in _NAME.findall(row.split("|")[3])]

    assert len(names) > 30
    assert not [name for name in names if not _exists(name)]


def test_every_make_command_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        command
        for page in PAGES
        for command in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), flags=re.MULTILINE)
    }

    assert named
    assert not named - targets


def test_every_anyuan_command_of_the_documents_exists() -> None:
    texts = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"\banyuan ([a-z]+(?: [a-z]+)?)", " ".join(re.findall(r"`([^`]+)`", texts))))

    for command in sorted(named):
        assert _has_help(command.split()), command


def _target(page: Path, link: str) -> Path:
    return ROOT / link.removeprefix("/") if link.startswith("/") else page.parent / link


def _has_help(words: list[str]) -> bool:
    from click.testing import CliRunner

    from services.launcher.cli import main

    # The second word may be an argument, such as a service's name.
    return any(CliRunner().invoke(main, [*words[:length], "--help"]).exit_code == 0 for length in (2, 1))


def _exists(name: str) -> bool:
    words = name.split(".")
    for prefix in ("services.", "shared.", ""):
        for length in range(len(words), 0, -1):
            try:
                found: object = importlib.import_module(prefix + ".".join(words[:length]))
            except ModuleNotFoundError:
                continue
            for word in words[length:]:
                found = getattr(found, word, None) or getattr(found, "__annotations__", {}).get(word)
            if found is not None:
                return True
    return False
