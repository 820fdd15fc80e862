"""The routes of approvals: which there are, and each as a picture and in words."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from services.portal.client import Json
from services.portal.desk import CASE_SERVICES, Desk
from services.portal.pages import words
from services.portal.sessions import api, person

blp = Blueprint("definitions", __name__)


@blp.get("/definitions")
def show_all() -> str:
    """List the definitions of all services, those in use first."""
    mine = Desk(person())
    found = {service: mine.read(service, "definitions") or [] for service in CASE_SERVICES}
    return render_template("definitions.html", desk=mine, found={name: _in_use_first(d) for name, d in found.items()})


@blp.get("/definitions/<service>/<key>/<int:version>")
def show(service: str, key: str, version: int) -> str:
    """Show one version of a definition."""
    person()
    _check(service)
    shown: Json = api().get(service, "definitions", key, str(version)).data
    every = api().get(service, "definitions").data
    versions: list[Json] = next((one["versions"] for one in every if one["key"] == key), [])
    return render_template("definition.html", service=service, shown=shown, versions=versions)


@blp.get("/definitions/<service>/<key>/<int:version>/drawing.svg")
def drawing(service: str, key: str, version: int) -> Response:
    """Answer the picture; as a file of its own, so that a page loads nothing that is written into it."""
    person()
    _check(service)
    language = words().pick("zh", "en")
    picture = api().text(service, "definitions", key, str(version), "drawing", language=language)
    return Response(picture, content_type="image/svg+xml")


def _check(service: str) -> None:
    if service not in CASE_SERVICES:
        abort(404)


def _in_use_first(found: list[Json]) -> list[tuple[Json, Json]]:
    """Answer each definition with the version to show: the published one, or else the newest."""
    shown = [
        (one, next((version for version in one["versions"] if version["state"] == "published"), one["versions"][0]))
        for one in found
    ]
    return sorted(shown, key=lambda pair: pair[1]["state"] != "published")
