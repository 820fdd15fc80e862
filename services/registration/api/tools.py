"""What registration's views need beside the request: keys, regions, and the command's own id."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import current_app

from shared.http.idempotency import command_key
from shared.identity import TokenSigner
from shared.regions import Regions
from shared.sealing import Sealer


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The keys and tables that the app was started with."""

    signer: TokenSigner
    sealer: Sealer
    regions: Regions


def tools() -> Tools:
    """Answer the tools of the app at hand."""
    found: Tools = current_app.extensions["registration"]
    return found


def command_id() -> str:
    """Answer the id under which a case is opened: the caller's Idempotency-Key, or a new one."""
    return command_key() or uuid.uuid4().hex
