"""When a node asks another one how far both streams are: every hour, and when the link between them comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

COMPARE_EVERY = timedelta(hours=1)

ASK_AGAIN_AFTER = timedelta(seconds=30)
"""How soon a question without an answer is asked once more; each further time waits twice as long, at most an hour."""

SILENCE = timedelta(minutes=5)
"""After so long without a word, what is heard from a node says that the link is back; so long may a receipt take."""

_MOST_DOUBLINGS = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """What is known of the questions to one node, and of hearing from it."""

    asked_at: datetime | None = None
    """When it was asked last, or both streams were compared because it asked."""
    unanswered: int = 0
    """How many questions in a row had no answer."""
    back_at: datetime | None = None
    """When it was first heard again after a silence."""
    waits_since: datetime | None = None
    """When the oldest letter was written that it has not receipted, unless it has stopped our stream."""
    charter_told: int | None = None
    """The version of the charter that it was told last that we go by."""
    is_held: bool = False
    """Whether our stream to it waits, after a restore, for what it answers."""


def is_due(contact: Contact, *, charter: int, now: datetime) -> bool:
    """Tell whether to ask a node now; `charter` is the version in force.

    A charter may bring a new epoch, so that a stream that was held can go on, and each node is to know by which one the
    other goes. A link that comes back may have lost a question while it was down, or letters that nobody else will
    miss: they are not receipted, though the node answers. An outage, however long, is no reason to ask more often than
    every hour.
    """
    asked = contact.asked_at
    if asked is None or contact.charter_told != charter:
        return True
    if contact.back_at is not None and contact.back_at > asked and now >= asked + ASK_AGAIN_AFTER:
        return True
    if contact.waits_since is not None and not contact.unanswered and now > max(asked, contact.waits_since) + SILENCE:
        return True
    if contact.is_held and not contact.unanswered and now > asked + SILENCE:
        return True
    return now >= asked + _pause(contact.unanswered)


def has_come_back(heard_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether what is heard from a node now ends a silence."""
    return heard_at is None or now - heard_at > SILENCE


def _pause(unanswered: int) -> timedelta:
    if not unanswered:
        return COMPARE_EVERY
    return min(COMPARE_EVERY, ASK_AGAIN_AFTER * 2.0 ** min(unanswered - 1, _MOST_DOUBLINGS))
