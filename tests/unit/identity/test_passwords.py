"""New passwords meet GB/T 22239, and no answer tells whether there is an account."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from shared.errors import Invalid
from shared.identity.passwords import LONGEST, check_new_password, hash_password, password_matches

GOOD = "Anquan-2026!"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "abcdefgh1!",
        "ABCDEFGH1!",
        "abcdefghA1",
        "安全生产安全生产aA1",
        "aA1" + "x" * (LONGEST - 3),
        "long words & 1",
    ],
)
def test_ten_characters_of_three_kinds_are_enough(password: str) -> None:
    check_new_password(password, username="zhangwei")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "Aa1!aaaaa",
        "abcdefghij",
        "abcdefghi1",
        "1234567890",
        "aA1" + "x" * (LONGEST - 2),
        "zhangwei-A1",
        "my-ZhangWei-1",
    ],
)
def test_short_uniform_and_telling_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_new_password(password, username="zhangwei")
    assert (caught.value.code, caught.value.pointer) == ("password_too_weak", "/password")


def test_an_account_without_a_user_name_can_have_a_password() -> None:
    check_new_password(GOOD, username="")


def test_the_right_password_matches_and_no_other() -> None:
    hashed = hash_password(GOOD)
    assert password_matches(hashed, GOOD)
    assert not password_matches(hashed, GOOD + " ")
    assert not password_matches(hashed, "")
    assert not password_matches("no hash", GOOD)


def test_nothing_matches_where_there_is_no_account() -> None:
    assert not password_matches(None, GOOD)


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


def test_hashes_are_argon2id_with_the_parameters_of_asvs() -> None:
    found = extract_parameters(hash_password(GOOD))
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
