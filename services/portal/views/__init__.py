"""The pages, one module per thing they are about."""

from services.portal.views import (
    cases,
    front,
    me,
    messages,
    organisations,
    organising,
    posts,
    registering,
    reports,
    signing_in,
)

BLUEPRINTS = (
    front.blp,
    signing_in.blp,
    cases.blp,
    reports.blp,
    me.blp,
    messages.blp,
    registering.blp,
    organisations.blp,
    organising.blp,
    posts.blp,
)
"""Every blueprint of the site."""

__all__ = ["BLUEPRINTS"]
