"""The authorisation table of every service, as text: who may call which route.

python -m tests.architecture.routes          writes tests/architecture/routes.txt anew, for a person to read through
"""

from __future__ import annotations

from pathlib import Path

from services.launcher.documents import app_for_documents
from services.launcher.parts import LINKS, SERVICES
from shared.http.auth import Access, authorisation_table

FILE = Path(__file__).with_name("routes.txt")


def routes_text() -> str:
    """Write the tables of all services, one route a line."""
    blocks = []
    for service in (*SERVICES, LINKS):
        table = authorisation_table(app_for_documents(service))
        lines = sorted(_line(route, access) for route, access in table.items())
        blocks.append("\n".join([f"[{service}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _line(route: str, access: Access) -> str:
    methods, _, path = route.partition(" ")
    who = "everybody" if access.is_public else ", ".join(sorted(access.roles)) or "whoever is signed in"
    return f"{path:<42} {methods:<6} {who}"


if __name__ == "__main__":
    FILE.write_text(routes_text())
