"""Passwords: argon2id with the parameters of ASVS 5.0 appendix C, and the rules a new one must meet."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Invalid

SHORTEST = 10
LONGEST = 128
LEAST_KINDS = 3
"""Kinds of characters a password mixes (lower, upper, digit, other): GB/T 22239-2019 8.1.4.1 a) asks for it."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when the account does not exist, so that both answers take the same time.
_NOBODY = _hasher.hash(secrets.token_urlsafe(24))


def hash_password(password: str) -> str:
    """Hash a password with argon2id, a salt of its own and the parameters inside the hash."""
    return _hasher.hash(password)


def password_matches(hashed: str | None, password: str) -> bool:
    """Tell whether the password is the one that was hashed, in the same time when there is no account."""
    try:
        _hasher.verify(hashed or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def check_new_password(password: str, *, username: str) -> None:
    """Refuse a password that is too short, too long, too uniform or contains the user name.

    :raises Invalid: `password_too_weak`, saying what is missing.
    """
    kinds = sum(
        (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        )
    )
    names_itself = bool(username) and username.lower() in password.lower()
    if SHORTEST <= len(password) <= LONGEST and kinds >= LEAST_KINDS and not names_itself:
        return
    raise Invalid(
        "password_too_weak",
        zh=f"密码须为{SHORTEST}至{LONGEST}个字符，包含大写字母、小写字母、数字、符号中的至少{LEAST_KINDS}种，且不含用户名",
        en=f"A password has {SHORTEST} to {LONGEST} characters of at least {LEAST_KINDS} kinds "
        "(upper case, lower case, digits, signs) and does not contain the user name",
        pointer="/password",
    )
