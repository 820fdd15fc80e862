"""People as the services see them: an account with the posts it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a post lets its holder do; a post is a role in a region."""

    VOLUNTEER = "volunteer"
    ORGANISATION_ADMIN = "organisation_admin"
    CLERK = "clerk"
    APPROVER = "approver"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ROLE_NAMES: dict[Role, tuple[str, str]] = {
    Role.VOLUNTEER: ("志愿者", "Volunteer"),
    Role.ORGANISATION_ADMIN: ("组织管理员", "Organisation administrator"),
    Role.CLERK: ("经办", "Clerk"),
    Role.APPROVER: ("审批", "Approver"),
    Role.SYSTEM_ADMIN: ("系统管理员", "System administrator"),
    Role.SECURITY_ADMIN: ("安全管理员", "Security administrator"),
    Role.AUDIT_ADMIN: ("审计管理员", "Audit administrator"),
}
"""How the roles are called, in Chinese and English."""

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""The three administrators; nobody holds two of them (三员分立, GB/T 22239-2019 8.1.5)."""

OFFICIALS = frozenset({Role.CLERK, Role.APPROVER})
"""The posts of an office of a region."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A role in a region; an organisation administrator's post names the organisation too."""

    role: Role
    region: str
    organisation_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """The person who acts, as their token says."""

    account_id: str
    name: str
    posts: tuple[Post, ...] = ()
    volunteer_number: str | None = None

    def has_role(self, *roles: Role) -> bool:
        """Tell whether the person holds one of these roles anywhere."""
        return any(post.role in roles for post in self.posts)

    def holds(self, role: Role, region: str) -> bool:
        """Tell whether the person holds this role in exactly this region."""
        return any(post.role == role and post.region == region for post in self.posts)

    def regions_of(self, roles: Iterable[Role]) -> frozenset[str]:
        """Answer the regions where the person holds one of these roles."""
        wanted = frozenset(roles)
        return frozenset(post.region for post in self.posts if post.role in wanted)

    @property
    def organisations(self) -> frozenset[str]:
        """Answer the ids of the organisations the person administers."""
        return frozenset(post.organisation_id for post in self.posts if post.organisation_id)
