"""The workdays that a service knows of."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shared.workdays import Workdays


def known(_session: Session) -> Workdays:
    """Answer the workdays of the loaded years."""
    return Workdays()
