"""Who someone is and which posts they hold: roles, tokens and passwords. Pure: no web, no tables."""

from shared.identity.people import Post, Principal, Role
from shared.identity.scope import scope_of
from shared.identity.tokens import TokenKeys, TokenSigner, TokenVerifier

__all__ = ["Post", "Principal", "Role", "TokenKeys", "TokenSigner", "TokenVerifier", "scope_of"]
