"""What cases are about has one word each, which whoever shows or chooses it knows."""

from __future__ import annotations

import importlib

from services.portal.desk import CASE_SERVICES
from shared.approval.service import Approvals
from shared.contracts.business import BUSINESS_NAMES


def test_every_kind_of_business_has_a_name() -> None:
    known: set[str] = set()
    for service in CASE_SERVICES:
        approvals: Approvals = importlib.import_module(f"services.{service}.commands.cases").approvals
        known |= {business_type for business_type, _ in approvals.outcomes._hooks}
    assert known == BUSINESS_NAMES.keys()
