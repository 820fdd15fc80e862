"""Documents made from the code: OpenAPI and the settings table."""

from __future__ import annotations

from services.launcher.parts import Keys, app_of, openapi_text
from shared.clock import SystemClock
from shared.identity import TokenKeys, TokenSigner, TokenVerifier
from shared.messaging import StoredOutbox
from shared.sealing import Sealer
from shared.storage import Database
from shared.storage.database import make_engine


def openapi_of(service: str) -> str:
    """Answer a service's OpenAPI document; no database is needed to write it."""
    keys = TokenKeys.generate()
    database = Database(make_engine("sqlite://"), clock=SystemClock(), outbox=StoredOutbox(service, "hebei"))
    sealer = Sealer(keys={1: bytes(32)}, active=1, index_key=bytes(32))
    app = app_of(
        service,
        database,
        Keys(verifier=TokenVerifier(keys.public_set), signer=TokenSigner(keys.private), sealer=sealer),
    )
    return openapi_text(app)
