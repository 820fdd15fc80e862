"""What gunicorn loads: `services.launcher.wsgi:create("reporting")`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from shared.logs import set_up_logs
from shared.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create(name: str) -> Wsgi:
    """Make the web application of one service, of the portal, or of `all` services of a small node."""
    settings = Settings.read()
    set_up_logs(service=name)
    if name == "portal":
        return _portal(settings)
    from services.launcher.here import has_links
    from services.launcher.links import links_app
    from services.launcher.parts import LINKS, SERVICES, Keys, app_of, database_of

    keys = Keys.of(settings)
    if name == LINKS:
        return links_app(settings, keys)
    if name == "all":
        apps = {service: app_of(service, database_of(service, settings), keys) for service in SERVICES}
        if has_links(settings):
            apps[LINKS] = links_app(settings, keys)
        return mounted(apps, portal=_portal_within(apps, settings) if settings.portal_secret_file else None)
    return app_of(name, database_of(name, settings), keys)


def mounted(services: dict[str, Flask], *, portal: Flask | None = None) -> Wsgi:
    """Put services under /api/<service>, as the front server does, and the portal (or nothing) at the root."""
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    mounts: dict[str, Any] = {f"/api/{name}": app for name, app in services.items()}
    return DispatcherMiddleware(portal or _nothing_here, mounts)


def _portal_within(apps: dict[str, Flask], settings: Settings) -> Flask:
    """Make the portal of a small node, which speaks HTTP to the services without leaving the process."""
    import httpx

    from services.launcher.here import here_of
    from services.portal.app import create_app

    secret = settings.need("portal_secret_file").read_bytes().strip()
    api = httpx.Client(transport=httpx.WSGITransport(app=mounted(apps)), base_url="http://anyuan/api", timeout=15)
    return create_app(
        api=api,
        secret=secret,
        secure_cookies=settings.profile == "production",
        has_neighbours=settings.charter_file is not None,
        top_region=here_of(settings).top_region,
    )


def _nothing_here(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"not found"]


def _portal(settings: Settings) -> Flask:
    import httpx

    from services.launcher.here import here_of
    from services.portal.app import create_app

    secret = settings.need("portal_secret_file").read_bytes().strip()
    api = httpx.Client(base_url=settings.need("api_url"), timeout=15)
    return create_app(
        api=api,
        secret=secret,
        secure_cookies=settings.profile == "production",
        has_neighbours=settings.charter_file is not None,
        top_region=here_of(settings).top_region,
    )
