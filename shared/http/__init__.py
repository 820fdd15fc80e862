"""What every service's HTTP side shares: transactions, sign-in, problems, paging, health."""

from shared.http.app import Api, HttpService, create_service_app
from shared.http.auth import allow, answers_anew, public, signed_in
from shared.http.context import here, now, principal, reading, uow
from shared.http.etags import expected_revision, tag_revision

__all__ = [
    "Api",
    "HttpService",
    "allow",
    "answers_anew",
    "create_service_app",
    "expected_revision",
    "here",
    "now",
    "principal",
    "public",
    "reading",
    "signed_in",
    "tag_revision",
    "uow",
]
