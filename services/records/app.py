"""Records' wiring, and nothing else."""

from __future__ import annotations

from flask import Flask

from services.records.api import BLUEPRINTS
from services.records.commands.cases import approvals
from services.records.model import Base
from services.records.reactions import reactions
from shared.approval.base import ApprovalBase
from shared.approval.blueprint import approval_blueprint
from shared.http import HttpService, create_service_app
from shared.identity import TokenVerifier
from shared.storage import Database, UnitOfWork, kit_metadata

SERVICE = "records"
TITLE = "安愿 服务记录 Records"
METADATA = (Base.metadata, kit_metadata, ApprovalBase.metadata)


def create_app(*, database: Database, verifier: TokenVerifier) -> Flask:
    """Make records' web application."""
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


__all__ = ["METADATA", "SERVICE", "TITLE", "approvals", "create_app", "prepare", "reactions"]
