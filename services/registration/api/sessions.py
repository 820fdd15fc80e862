"""Signing in and out, and the keys that tokens are checked with."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from services.registration.api.tools import tools
from services.registration.commands import accounts
from services.registration.schemas import Credentials, RefreshIn, SessionOut
from shared.http import public, uow
from shared.http.problems import problem

blp = Blueprint("sessions", __name__, description="Signing in and out")


def _refused(code: str, zh: str, en: str) -> Response:
    # An answer and not an exception, because the failure that was counted has to be kept.
    return problem(401, code=code, zh=zh, en=en)


@blp.route("/sessions", methods=["POST"])
@blp.arguments(Credentials)
@blp.response(200, SessionOut)
@public
def sign_in(body: dict[str, Any]) -> Any:
    """Sign in with user name and password."""
    tokens = accounts.sign_in(uow(), tools().signer, username=body["username"], password=body["password"])
    return tokens or _refused("wrong_credentials", "用户名或密码不正确", "The user name or the password is wrong")


@blp.route("/sessions/refresh", methods=["POST"])
@blp.arguments(RefreshIn)
@blp.response(200, SessionOut)
@public
def refresh(body: dict[str, Any]) -> Any:
    """Exchange the refresh secret for new tokens; each secret works once."""
    tokens = accounts.refresh_session(uow(), tools().signer, refresh_token=body["refresh_token"])
    return tokens or _refused("session_ended", "登录已失效，请重新登录", "The session has ended: sign in again")


@blp.route("/sessions/end", methods=["POST"])
@blp.arguments(RefreshIn)
@blp.response(204)
@public
def sign_out(body: dict[str, Any]) -> None:
    """Sign out."""
    accounts.end_session(uow(), refresh_token=body["refresh_token"])


@blp.route("/keys", methods=["GET"])
@blp.response(200)
@public
def keys() -> Response:
    """Answer the public keys (JWKS) that access tokens are checked with."""
    return jsonify(tools().signer.public_set)
