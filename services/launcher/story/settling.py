"""Waiting until everything that was said has been heard."""

from __future__ import annotations

from typing import Any

from services.launcher.story.cast import Cast
from services.launcher.story.people import StoryFailed, wait_for

_SERVICES = ("registration", "records", "reporting", "awards", "notifications")


def settled(cast: Cast) -> dict[str, Any]:
    """Wait until every event was delivered; answers the counts of each service at each site.

    :raises StoryFailed: when an event is dead, or when it takes too long.
    """

    def look() -> dict[str, Any] | None:
        found = {
            f"{place}{service}": admins.audit.get(f"/{service}/messaging")
            for admins, place in zip(cast.offices, ("", "city/", "province/"), strict=False)
            for service in _SERVICES
        }
        dead = {service: one["events_dead"] for service, one in found.items() if one["events_dead"]}
        if dead:
            raise StoryFailed(f"dead events: {dead}")
        waiting = sum(one["outbox_unsent"] + one["events_retrying"] + one["events_behind"] for one in found.values())
        return None if waiting else found

    return wait_for(look, what="every event to be delivered")
