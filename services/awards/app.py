"""The wiring of awards, and nothing else."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import MetaData

from services.awards.api import BLUEPRINTS
from services.awards.commands.cases import approvals
from services.awards.model import Base
from services.awards.reactions import reactions
from services.awards.snapshots import snapshots
from shared.approval.base import ApprovalBase
from shared.approval.blueprint import approval_blueprint
from shared.http import HttpService, create_service_app
from shared.identity import TokenVerifier
from shared.storage import Database, UnitOfWork, kit_metadata

SERVICE = "awards"
TITLE = "安愿 星级与表彰 Awards"
METADATA: list[MetaData] = [Base.metadata, kit_metadata, ApprovalBase.metadata]


def create_app(*, database: Database, verifier: TokenVerifier) -> Flask:
    """Make the web application of awards."""
    return create_service_app(
        HttpService(
            name=SERVICE,
            title=TITLE,
            database=database,
            verifier=verifier,
            blueprints=[*BLUEPRINTS, approval_blueprint(approvals)],
        )
    )


def prepare(uow: UnitOfWork) -> None:
    """Lay down what a fresh database needs: the definitions and the calendar of the cases."""
    approvals.prepare(uow)


__all__ = ["METADATA", "SERVICE", "TITLE", "approvals", "create_app", "prepare", "reactions", "snapshots"]
