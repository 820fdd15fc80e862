"""The pages, one module per thing they are about."""

from services.portal.views.absences import blp as absences
from services.portal.views.cases import blp as cases
from services.portal.views.definitions import blp as definitions
from services.portal.views.drafting import blp as drafting
from services.portal.views.front import blp as front
from services.portal.views.guests import blp as guests
from services.portal.views.handing_over import blp as handing_over
from services.portal.views.lists import blp as lists
from services.portal.views.me import blp as me
from services.portal.views.messages import blp as messages
from services.portal.views.nodes import blp as nodes
from services.portal.views.organisations import blp as organisations
from services.portal.views.organising import blp as organising
from services.portal.views.posts import blp as posts
from services.portal.views.registering import blp as registering
from services.portal.views.reports import blp as reports
from services.portal.views.signing_in import blp as signing_in
from services.portal.views.transfers import blp as transfers

BLUEPRINTS = (
    front,
    signing_in,
    cases,
    lists,
    reports,
    absences,
    definitions,
    drafting,
    handing_over,
    me,
    messages,
    nodes,
    registering,
    organisations,
    organising,
    guests,
    posts,
    transfers,
)
"""Every blueprint of the site."""
