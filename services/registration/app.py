"""Registration's wiring, and nothing else."""

from __future__ import annotations

from flask import Flask

from services.registration.api import BLUEPRINTS
from services.registration.api.tools import Tools
from services.registration.commands.cases import approvals
from services.registration.commands.volunteers import ensure_number_block
from services.registration.model import Base
from services.registration.reactions import reactions
from services.registration.snapshots import snapshots
from shared.approval.base import ApprovalBase
from shared.approval.blueprint import approval_blueprint
from shared.http import HttpService, create_service_app
from shared.identity import TokenSigner, TokenVerifier
from shared.regions import Regions
from shared.sealing import Sealer
from shared.storage import Database, UnitOfWork, kit_metadata

SERVICE = "registration"
TITLE = "安愿 注册登记 Registration"
METADATA = (Base.metadata, kit_metadata, ApprovalBase.metadata)


def create_app(*, database: Database, verifier: TokenVerifier, signer: TokenSigner, sealer: Sealer) -> Flask:
    """Make registration's web application."""
    app = create_service_app(
        HttpService(
            name=SERVICE,
            title=TITLE,
            database=database,
            verifier=verifier,
            blueprints=[*BLUEPRINTS, approval_blueprint(approvals)],
        )
    )
    app.extensions[SERVICE] = Tools(signer=signer, sealer=sealer, regions=Regions.load())
    return app


def prepare(uow: UnitOfWork, *, number_block: str) -> None:
    """Lay down what a fresh database needs: what the cases go by, and the block of volunteer numbers."""
    approvals.prepare(uow)
    ensure_number_block(uow, number_block)


__all__ = ["METADATA", "SERVICE", "TITLE", "approvals", "create_app", "prepare", "reactions", "snapshots"]
