"""The routes of registration, one module per thing they are about."""

from services.registration.api import absences, accounts, organisations, posts, sessions, volunteers

BLUEPRINTS = (sessions.blp, accounts.blp, posts.blp, absences.blp, volunteers.blp, organisations.blp)
"""Every blueprint of this service."""

__all__ = ["BLUEPRINTS"]
