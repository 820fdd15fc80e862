"""The wiring of notifications, and nothing else."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import MetaData

from services.notifications.api import blp
from services.notifications.model import Base
from services.notifications.reactions import reactions
from shared.http import HttpService, create_service_app
from shared.identity import TokenVerifier
from shared.storage import Database, kit_metadata

SERVICE = "notifications"
TITLE = "安愿 消息 Notifications"
METADATA: list[MetaData] = [Base.metadata, kit_metadata]


def create_app(*, database: Database, verifier: TokenVerifier) -> Flask:
    """Make the web application of notifications."""
    return create_service_app(
        HttpService(name=SERVICE, title=TITLE, database=database, verifier=verifier, blueprints=[blp])
    )


__all__ = ["METADATA", "SERVICE", "TITLE", "create_app", "reactions"]
