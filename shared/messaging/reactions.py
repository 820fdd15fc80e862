"""What a service does when another one speaks: `@on(Event)` functions, in one registry per service."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from shared.contracts.base import Event
from shared.storage import UnitOfWork

E = TypeVar("E", bound=Event)
Reaction = Callable[[UnitOfWork, Any], None]


class Reactions:
    """The reactions of one service, which is also the list of what it listens to."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_class: dict[type[Event], list[Reaction]] = {}

    def on(self, cls: type[E]) -> Callable[[Callable[[UnitOfWork, E], None]], Callable[[UnitOfWork, E], None]]:
        """Register what to do when this event arrives; it runs once per event, in the inbox's transaction."""

        def register(reaction: Callable[[UnitOfWork, E], None]) -> Callable[[UnitOfWork, E], None]:
            self._by_class.setdefault(cls, []).append(reaction)
            return reaction

        return register

    def listens_to(self) -> tuple[type[Event], ...]:
        """Answer the event classes that have a reaction here."""
        return tuple(self._by_class)

    def patterns(self) -> tuple[str, ...]:
        """Answer the routing keys to bind: `*` stands for a publisher where any service may say it."""
        return tuple(sorted(cls.event_name.routing_key() for cls in self._by_class))

    def of(self, cls: type[Event]) -> Iterable[Reaction]:
        """Answer the reactions to one event class, in the order they were registered."""
        return self._by_class.get(cls, ())
