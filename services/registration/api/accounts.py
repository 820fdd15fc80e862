"""Accounts: made by an administrator or by oneself, activated with a one-use secret."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.registration import queries
from services.registration.commands import accounts
from services.registration.schemas import AccountIn, AccountOut, AccountSelfIn, ActivationIn, MeOut, SecretOut
from shared.http import allow, answers_anew, principal, public, reading, signed_in, uow
from shared.identity import Role

blp = Blueprint("accounts", __name__, description="Accounts")


@blp.route("/accounts", methods=["POST"])
@blp.arguments(AccountIn)
@blp.response(201, AccountOut)
@allow(Role.SYSTEM_ADMIN)
def create(body: dict[str, Any]) -> Any:
    """Make an account for someone; they activate it with a one-use secret."""
    return accounts.create_account(uow(), name=body["name"], username=body["username"])


@blp.route("/accounts/<account_id>/secret", methods=["POST"])
@blp.response(201, SecretOut)
@allow(Role.SYSTEM_ADMIN)
@answers_anew
def renew_secret(account_id: str) -> dict[str, str]:
    """Issue the one-use secret of an account that is not in use yet; older secrets end."""
    return {"secret": accounts.renew_secret(uow(), account_id=account_id)}


@blp.route("/accounts/self", methods=["POST"])
@blp.arguments(AccountSelfIn)
@blp.response(201, AccountOut)
@public
def create_own(body: dict[str, Any]) -> Any:
    """Make an account for oneself, to register as a volunteer or an organisation."""
    return accounts.create_account(uow(), name=body["name"], username=body["username"], password=body["password"])


@blp.route("/accounts/activate", methods=["POST"])
@blp.arguments(ActivationIn)
@blp.response(200, AccountOut)
@public
def activate(body: dict[str, Any]) -> Any:
    """Choose the first password with the one-use secret."""
    return accounts.activate(uow(), secret=body["secret"], password=body["password"])


@blp.route("/accounts/me", methods=["GET"])
@blp.response(200, MeOut)
@signed_in
def me() -> dict[str, Any]:
    """Answer who is signed in and which posts they hold now."""
    account = accounts.account_of(reading(), principal().account_id)
    now = accounts.principal_of(reading(), account)
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "posts": queries.posts_of(reading(), account.id),
        "volunteer_number": now.volunteer_number,
    }
