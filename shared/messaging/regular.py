"""What makes deliveries of one batch regular: each thing's versions rise, so that all can be taken in together."""

from __future__ import annotations

from collections.abc import Iterable

from shared.messaging.envelope import Envelope, Thing


class Irregular(Exception):
    """A batch cannot be taken in together, because some event in it is known, held back, older or unreadable."""


def rising(envelopes: Iterable[Envelope]) -> tuple[dict[Thing, int], dict[Thing, int]]:
    """Answer the first version of each thing, and the last of those that have several.

    :raises Irregular: when the versions of a thing do not rise.
    """
    first: dict[Thing, int] = {}
    last: dict[Thing, int] = {}
    for envelope in envelopes:
        if envelope.version <= last.get(envelope.thing, 0):
            raise Irregular
        first.setdefault(envelope.thing, envelope.version)
        last[envelope.thing] = envelope.version
    return first, {thing: version for thing, version in last.items() if version > first[thing]}
