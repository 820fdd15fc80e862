"""What gunicorn loads: `services.launcher.wsgi:create("reporting")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.logs import set_up_logs
from shared.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def create(name: str) -> Flask:
    """Make the web application of one service, or of the portal."""
    settings = Settings.read()
    set_up_logs(service=name)
    if name == "portal":
        return _portal(settings)
    from services.launcher.parts import Keys, app_of, database_of

    return app_of(name, database_of(name, settings), Keys.of(settings))


def _portal(settings: Settings) -> Flask:
    import httpx

    from services.portal.app import create_app

    secret = settings.need("portal_secret_file").read_bytes().strip()
    api = httpx.Client(base_url=settings.need("api_url"), timeout=15)
    return create_app(api=api, secret=secret, secure_cookies=settings.profile == "production")
