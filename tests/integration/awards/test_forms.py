"""What a form sends is checked field by field."""

from __future__ import annotations

from typing import Any

import pytest

from services.awards.rules import AWARD_KINDS
from services.awards.schemas import NominationIn
from tests.integration.awards.conftest import proposal
from tests.integration.signing import Caller


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"colour": "red"}, "unknown_field"),
        ({"award": "nobel"}, "not_a_choice"),
        ({"round": "next"}, "wrong_form"),
        ({"story": "太短"}, "wrong_length"),
        ({"story": "长" * 2001}, "wrong_length"),
        ({"volunteer_number": "a'; --"}, "wrong_form"),
        ({"volunteer_number": None}, "required"),
    ],
)
def test_a_malformed_nomination_is_refused_at_its_field(clerk: Caller, changes: dict[str, Any], code: str) -> None:
    answer = clerk.call("POST", "/nominations", proposal(**changes)).get_json()
    assert answer["status"] == 422
    assert [(error["pointer"], error["code"]) for error in answer["errors"]] == [(f"/{next(iter(changes))}", code)]


def test_the_form_offers_the_awards_that_exist() -> None:
    [choices] = [rule.choices for rule in NominationIn().fields["award"].validators if hasattr(rule, "choices")]
    assert set(choices) == set(AWARD_KINDS)
