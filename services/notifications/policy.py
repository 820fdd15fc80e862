"""Who may do what in notifications, as plain rules over plain values."""

from __future__ import annotations


def is_addressee(account_id: str, *, message_to: str) -> bool:
    """Tell whether a message is for this account; nobody reads or marks someone else's, whatever their post."""
    return account_id == message_to
