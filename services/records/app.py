"""Records' wiring, and nothing else."""

from __future__ import annotations

from flask import Flask

from services.records.api import blp
from services.records.model import Base
from services.records.reactions import reactions
from shared.http import HttpService, create_service_app
from shared.identity import TokenVerifier
from shared.storage import Database, kit_metadata

SERVICE = "records"
TITLE = "安愿 服务记录 Records"
METADATA = (Base.metadata, kit_metadata)


def create_app(*, database: Database, verifier: TokenVerifier) -> Flask:
    """Make records' web application."""
    return create_service_app(
        HttpService(name=SERVICE, title=TITLE, database=database, verifier=verifier, blueprints=[blp])
    )


__all__ = ["METADATA", "SERVICE", "TITLE", "create_app", "reactions"]
