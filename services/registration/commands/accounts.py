"""Accounts and sessions: making them, activating them with a one-use secret, signing in and out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from math import ceil

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.registration.model import Account, OneUseSecret, PostRow, PostState, SignIn, Volunteer
from services.registration.policy import RESERVED_USERNAMES
from services.registration.rules import PAUSE, SECRET_LIFETIME, SESSION_LIFETIME, TRIES_BEFORE_PAUSE
from shared.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from shared.identity import Post, Principal, Role, TokenSigner
from shared.identity.passwords import check_new_password, hash_password, password_matches
from shared.identity.tokens import ACCESS_LIFETIME
from shared.storage import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What a signed-in device holds."""

    access_token: str
    refresh_token: str
    expires_in: int


def digest_of(secret: str) -> bytes:
    """Answer what is stored of a secret; the secret itself never is."""
    return hashlib.sha256(secret.encode()).digest()


def create_account(
    uow: UnitOfWork, *, name: str, username: str | None, password: str | None = None, account_id: str | None = None
) -> Account:
    """Make an account; without a password nobody can sign in to it yet.

    :raises Conflict: `username_taken`, also for the names that are kept for the first administrators.
    :raises Invalid: `password_too_weak`.
    """
    _check_username(uow, username, is_own=password is not None)
    if password is not None:
        check_new_password(password, username=username or "")
    account = Account(
        id=account_id or uuid.uuid4().hex,
        username=username,
        password_hash=hash_password(password) if password is not None else None,
        name=name,
        active=True,
        failed_tries=0,
        created_at=uow.now,
    )
    uow.session.add(account)
    uow.session.flush()
    return account


def issue_secret(uow: UnitOfWork, *, account_id: str) -> str:
    """Answer a new one-use secret for an account, in place of any older one; only its digest is kept."""
    uow.session.execute(
        update(OneUseSecret)
        .where(OneUseSecret.account_id == account_id, OneUseSecret.used_at.is_(None))
        .values(used_at=uow.now)
    )
    secret = secrets.token_urlsafe(24)
    uow.session.add(OneUseSecret(digest=digest_of(secret), account_id=account_id, expires_at=uow.now + SECRET_LIFETIME))
    return secret


def renew_secret(uow: UnitOfWork, *, account_id: str) -> str:
    """Answer a new one-use secret for an account that nobody has activated yet.

    :raises NotFound: `account_not_found`.
    :raises Conflict: `account_activated`, because an administrator never chooses another's password.
    """
    account = uow.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("account_not_found", zh="没有这个账号", en="There is no such account")
    if account.password_hash is not None:
        raise Conflict("account_activated", zh="该账号已启用", en="The account is in use already")
    return issue_secret(uow, account_id=account_id)


def activate(uow: UnitOfWork, *, secret: str, password: str) -> Account:
    """Choose the first password of an account with its one-use secret.

    :raises Invalid: `secret_invalid` when it is unknown, used or too old; `password_too_weak`.
    """
    account = open_secret(uow, secret=secret)
    if account.username is None:
        # Who came from another node claims their account, for which more is needed than a password.
        raise secret_invalid()
    check_new_password(password, username=account.username)
    account.password_hash = hash_password(password)
    return account


def open_secret(uow: UnitOfWork, *, secret: str) -> Account:
    """Answer the account of a one-use secret, locked, and let it be used.

    :raises Invalid: `secret_invalid` when it is unknown, used or too old.
    """
    digest = digest_of(secret)
    account_id = uow.session.scalar(select(OneUseSecret.account_id).where(OneUseSecret.digest == digest))
    # Whoever renews secrets locks the account first too, so of two at once one waits and neither deadlocks.
    account = uow.session.get(Account, account_id, with_for_update=True) if account_id else None
    row = uow.session.get(OneUseSecret, digest)
    if account is None or row is None or row.used_at is not None or row.expires_at < uow.now:
        raise secret_invalid()
    row.used_at = uow.now
    return account


def secret_invalid() -> Invalid:
    """Answer what is said of a one-use secret that opens nothing."""
    return Invalid(
        "secret_invalid",
        zh="一次性口令无效、已使用或已过期，请联系管理员重新发放",
        en="The one-use secret is unknown, used or too old: ask your administrator for a new one",
        pointer="/secret",
    )


def take_username(uow: UnitOfWork, account: Account, *, username: str, password: str) -> None:
    """Give an account that has none its user name and password.

    :raises Conflict: `username_taken`.
    :raises Invalid: `password_too_weak`.
    """
    _check_username(uow, username, is_own=True)
    check_new_password(password, username=username)
    account.username, account.password_hash = username, hash_password(password)


def _check_username(uow: UnitOfWork, username: str | None, *, is_own: bool) -> None:
    is_kept = username in RESERVED_USERNAMES and is_own
    if is_kept or (username and uow.session.scalar(select(Account.id).where(Account.username == username))):
        raise Conflict(
            "username_taken", zh="该用户名已被使用，请换一个", en="This user name is taken", pointer="/username"
        )


def sign_in(uow: UnitOfWork, signer: TokenSigner, *, username: str, password: str) -> Tokens | None:
    """Answer tokens for the right password, or None; failures are counted, so this commits either way.

    :raises TooMany: while an account is paused after too many failures.
    """
    account = uow.session.scalar(select(Account).where(Account.username == username).with_for_update())
    if account is not None and account.closed_until is not None and account.closed_until > uow.now:
        raise TooMany(retry_after_seconds=ceil((account.closed_until - uow.now).total_seconds()))
    hashed = account.password_hash if account is not None and account.active else None
    if not password_matches(hashed, password) or account is None:
        if account is not None:
            _count_failure(uow, account)
        return None
    account.failed_tries = 0
    account.closed_until = None
    session_id = uuid.uuid4().hex
    refresh = _new_refresh_secret(session_id)
    row = SignIn(
        id=session_id,
        account_id=account.id,
        refresh_digest=digest_of(refresh),
        expires_at=uow.now + SESSION_LIFETIME,
    )
    uow.session.add(row)
    return _tokens(uow, signer, account, row.id, refresh)


def _count_failure(uow: UnitOfWork, account: Account) -> None:
    account.failed_tries += 1
    if account.failed_tries >= TRIES_BEFORE_PAUSE:
        account.failed_tries = 0
        account.closed_until = uow.now + PAUSE


def refresh_session(uow: UnitOfWork, signer: TokenSigner, *, refresh_token: str) -> Tokens | None:
    """Answer new tokens for a refresh secret, or None; a secret used twice ends its session, so this commits."""
    session_id = refresh_token.partition(".")[0]
    row = uow.session.scalar(select(SignIn).where(SignIn.id == session_id).with_for_update())
    if row is None or row.ended_at is not None or row.expires_at < uow.now:
        return None
    if not hmac.compare_digest(row.refresh_digest, digest_of(refresh_token)):
        # A secret that was exchanged before, however long ago: somebody else may hold it, so nobody goes on with it.
        row.ended_at = uow.now
        return None
    account = uow.session.get_one(Account, row.account_id)
    if not account.active:
        return None
    refresh = _new_refresh_secret(row.id)
    row.refresh_digest = digest_of(refresh)
    return _tokens(uow, signer, account, row.id, refresh)


def _new_refresh_secret(session_id: str) -> str:
    """Answer a secret that names its session, so that one that was exchanged before still says which session ends."""
    return f"{session_id}.{secrets.token_urlsafe(32)}"


def end_session(uow: UnitOfWork, *, refresh_token: str) -> None:
    """End the session of a refresh secret, if there is one."""
    uow.session.execute(
        update(SignIn)
        .where(SignIn.refresh_digest == digest_of(refresh_token), SignIn.ended_at.is_(None))
        .values(ended_at=uow.now)
    )


def principal_of(session: Session, account: Account) -> Principal:
    """Answer who an account is, with the posts it holds now."""
    posts = session.scalars(select(PostRow).where(PostRow.account_id == account.id, PostRow.state == PostState.ACTIVE))
    number = session.scalar(
        select(Volunteer.number).where(Volunteer.account_id == account.id, Volunteer.number.is_not(None))
    )
    return Principal(
        account_id=account.id,
        name=account.name,
        posts=tuple(
            Post(role=Role(post.role), region=post.region, organisation_id=post.organisation_id) for post in posts
        ),
        volunteer_number=number,
    )


def _tokens(uow: UnitOfWork, signer: TokenSigner, account: Account, session_id: str, refresh: str) -> Tokens:
    principal = principal_of(uow.session, account)
    return Tokens(
        access_token=signer.sign(principal, session_id=session_id, now=uow.now),
        refresh_token=refresh,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
    )


def account_of(session: Session, account_id: str) -> Account:
    """Answer the account of the person who asks.

    :raises Unauthenticated: when it was closed since the token was issued.
    """
    account = session.get(Account, account_id)
    if account is None or not account.active:
        raise Unauthenticated
    return account
