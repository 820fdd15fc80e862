"""Documents made from the code: `python -m services.launcher.documents` writes them, a test finds the stale ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from services.launcher.approval_documents import route_pictures, verbs_table
from services.launcher.event_map import event_map
from services.launcher.parts import SERVICES, Keys, app_of
from shared.clock import SystemClock
from shared.identity import TokenKeys, TokenSigner, TokenVerifier
from shared.messaging import StoredOutbox
from shared.sealing import Sealer
from shared.settings import SETTINGS
from shared.storage import Database
from shared.storage.database import make_engine

ROOT = Path(__file__).resolve().parents[2]


def app_for_documents(service: str) -> Flask:
    """Make a service's app with throw-away keys and no database behind it, to read its routes."""
    keys = TokenKeys.generate()
    database = Database(
        make_engine("sqlite:///never-opened.db"), clock=SystemClock(), outbox=StoredOutbox(service, "hebei")
    )
    sealer = Sealer(keys={1: bytes(32)}, active=1, index_key=bytes(32))
    return app_of(
        service,
        database,
        Keys(verifier=TokenVerifier(keys.public_set), signer=TokenSigner(keys.private), sealer=sealer),
    )


def openapi_of(service: str) -> str:
    """Answer a service's OpenAPI document as it is committed."""
    with app_for_documents(service).test_client() as client:
        return json.dumps(client.get("/openapi.json").json, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def events_table() -> str:
    """Answer the event map as a table of the architecture page."""
    rows = [f"| `{name}` | {', '.join(listeners)} |" for name, listeners in sorted(event_map().items())]
    return "\n".join(["| event | heard by |", "|---|---|", *rows])


def settings_table() -> str:
    """Answer the settings as a table of the operators' page."""
    rows = [
        f"| `{setting.name}` | {setting.meaning} | {f'`{setting.default}`' if setting.default else ''} |"
        for setting in SETTINGS
    ]
    return "\n".join(["| setting | meaning | default |", "|---|---|---|", *rows])


def between_marks(page: str, mark: str, text: str) -> str:
    """Answer a page with what stands between `<!-- mark:begin -->` and `<!-- mark:end -->` replaced."""
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    replaced, count = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{begin} stands {count} times")
    return replaced


def documents() -> Iterator[tuple[Path, str]]:
    """Answer every document made from the code: where it lies and what it must say."""
    for service in SERVICES:
        yield ROOT / "docs" / "api" / f"{service}.json", openapi_of(service)
    architecture = ROOT / "docs" / "architecture.md"
    yield architecture, between_marks(architecture.read_text(), "events", events_table())
    operators = ROOT / "deploy" / "README.md"
    yield operators, between_marks(operators.read_text(), "settings", settings_table())
    verbs = ROOT / "docs" / "verbs.md"
    yield verbs, between_marks(verbs.read_text(), "verbs", verbs_table())
    routes = (ROOT / "docs" / "howto" / "define-a-route.md").read_text()
    for name, picture in route_pictures(routes):
        yield ROOT / "docs" / "images" / name, picture


def write_documents() -> None:
    """Write the documents that are stale."""
    for path, text in documents():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    write_documents()
