"""The wiring of links, and nothing else."""

from __future__ import annotations

from flask import Flask

from services.links.api import links_blueprint
from shared.http import HttpService, create_service_app
from shared.identity import TokenVerifier
from shared.nodes.office import Office
from shared.nodes.tables import nodes_metadata
from shared.storage import kit_metadata

SERVICE = "links"
TITLE = "安愿 节点往来 Links"
METADATA = (kit_metadata, nodes_metadata)


def create_app(*, office: Office, verifier: TokenVerifier) -> Flask:
    """Make the web application of links."""
    return create_service_app(
        HttpService(
            name=SERVICE,
            title=TITLE,
            database=office.database,
            verifier=verifier,
            blueprints=[links_blueprint(office)],
        )
    )


__all__ = ["METADATA", "SERVICE", "TITLE", "create_app"]
