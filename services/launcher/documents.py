"""Documents made from the code: `python -m services.launcher.documents` writes them, a test finds the stale ones.

A change of a published event that breaks others is refused; `--break-contracts` writes it all the same, which is for
events that nobody has stored or hears yet.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from flask import Flask

from services.launcher.approval_documents import route_pictures, verbs_table
from services.launcher.event_map import Told, event_map, told
from services.launcher.parts import LINKS, SERVICES, Keys, app_of, wiring_of
from shared.clock import SystemClock
from shared.identity import TokenKeys, TokenSigner, TokenVerifier
from shared.messaging import StoredOutbox
from shared.messaging.asyncapi import breaks, document_of
from shared.nodes.office import Office
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
    if service == LINKS:
        office = Office(service, database, Path("charter"), Path("root.json"), Path("node-keys.json"))
        app: Flask = wiring_of(LINKS).create_app(office=office, verifier=TokenVerifier(keys.public_set))
        return app
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


def asyncapi_of(service: str) -> str:
    """Answer what a service says and hears, as an AsyncAPI document."""
    events = told()
    made = document_of(
        service,
        title=f"Events of Anyuan's {service}",
        says=[each.cls for each in events if service in each.publishers],
        hears=[(said_by, each.cls) for each in events if service in each.listeners for said_by in each.publishers],
    )
    return json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def events_table() -> str:
    """Answer the event map as a table of the architecture page."""
    rows = [f"| `{name}` | {', '.join(listeners)} |" for name, listeners in sorted(event_map().items())]
    return "\n".join(["| event | heard by |", "|---|---|", *rows])


def whole_event_map() -> str:
    """Answer the event map with who publishes, what each listener does, and what the event means."""
    rows = [f"| `{each.type}` | {', '.join(each.publishers)} | {_reactions(each)} | {each.says} |" for each in told()]
    return "\n".join(["| event | published by | heard by, and what it does | means |", "|---|---|---|---|", *rows])


def _reactions(each: Told) -> str:
    return "<br>".join(f"{service}: {', '.join(names)}" for service, names in each.reactions.items())


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
        yield ROOT / "docs" / "api" / f"{service}.asyncapi.json", asyncapi_of(service)
    events = ROOT / "docs" / "events.md"
    yield events, between_marks(events.read_text(), "map", whole_event_map())
    architecture = ROOT / "docs" / "architecture.md"
    yield architecture, between_marks(architecture.read_text(), "events", events_table())
    yield ROOT / "docs" / "api" / f"{LINKS}.json", openapi_of(LINKS)
    operators = ROOT / "deploy" / "README.md"
    yield operators, between_marks(operators.read_text(), "settings", settings_table())
    verbs = ROOT / "docs" / "verbs.md"
    yield verbs, between_marks(verbs.read_text(), "verbs", verbs_table())
    routes = (ROOT / "docs" / "howto" / "define-a-route.md").read_text()
    for name, picture in route_pictures(routes):
        yield ROOT / "docs" / "images" / name, picture


def broken_contracts(path: Path, text: str) -> list[str]:
    """Answer what a document, written over the one that lies there, would break of what others rely on."""
    if not path.name.endswith(".asyncapi.json") or not path.exists():
        return []
    return breaks(json.loads(path.read_text()), json.loads(text))


def write_documents(found: Iterable[tuple[Path, str]], *, break_contracts: bool = False) -> list[str]:
    """Write the documents that are stale, or none of them when one breaks a contract; answers what is broken."""
    documents = list(found)
    broken = [complaint for path, text in documents for complaint in broken_contracts(path, text)]
    if broken and not break_contracts:
        return broken
    for path, text in documents:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return broken


def main(arguments: Sequence[str]) -> int:
    """Write the documents; answers the exit code."""
    break_contracts = "--break-contracts" in arguments
    broken = write_documents(documents(), break_contracts=break_contracts)
    if not broken:
        return 0
    print(*broken, sep="\n", file=sys.stderr)
    if break_contracts:
        return 0
    print(
        "以上改动会使其他节点或已存事件无法读取：请另立新版本 / others could not read these, nor what is stored: "
        "define a new version beside the old one. See CONTRIBUTING.md.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
