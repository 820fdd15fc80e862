"""One organisation, as its registration says."""

from __future__ import annotations

from flask import Blueprint, render_template

from services.portal.sessions import api, person

blp = Blueprint("organisations", __name__)


@blp.get("/organisations/<organisation_id>")
def show(organisation_id: str) -> str:
    """Show an organisation."""
    ours = organisation_id in person().organisations
    organisation = api().get("registration", "organisations", organisation_id).data
    return render_template("organisation.html", organisation=organisation, ours=ours)
