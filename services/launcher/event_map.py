"""Who says what to whom, read from the code: each event class has its publisher, each service its reactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.launcher.parts import SERVICES, approvals_of, reactions_of, wiring_of
from shared.contracts.base import ANY_PUBLISHER, Event, all_events


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event: its class, who publishes it, and what each listening service does about it."""

    cls: type[Event]
    publishers: tuple[str, ...]
    reactions: Mapping[str, tuple[str, ...]]

    @property
    def type(self) -> str:
        """Answer its name on the wire; `*` stands for any service with cases."""
        return self.cls.event_name.routing_key()

    @property
    def listeners(self) -> tuple[str, ...]:
        """Answer who listens to it."""
        return tuple(self.reactions)

    @property
    def says(self) -> str:
        """Answer the first sentence of what it means."""
        return " ".join((self.cls.__doc__ or "").split("\n\n")[0].split())


def told() -> list[Told]:
    """Answer every event of the contracts, by its name."""
    for service in SERVICES:
        # An event is known once the module that defines it is imported; a service imports what it says and hears.
        wiring_of(service)
    found = [
        Told(cls=cls, publishers=publishers_of(cls), reactions=_reactions_to(cls))
        for cls in all_events()
        # Tests define events of their own; only contracts are promises.
        if cls.__module__.startswith("shared.contracts.")
    ]
    return sorted(found, key=lambda each: each.type)


def publishers_of(cls: type[Event]) -> tuple[str, ...]:
    """Answer the services that publish an event."""
    publisher = cls.event_name.publisher
    return with_cases() if publisher == ANY_PUBLISHER else (publisher,)


def with_cases() -> tuple[str, ...]:
    """Answer the services that have cases, which all tell of them in the same events."""
    return tuple(service for service in SERVICES if approvals_of(service) is not None)


def heard_from(listener: str) -> dict[str, list[str]]:
    """Answer the event types that a service listens to, by who publishes them."""
    found: dict[str, list[str]] = {}
    for cls in reactions_of(listener).listens_to():
        for publisher in publishers_of(cls):
            found.setdefault(publisher, []).append(cls.event_name.routing_key(publisher))
    return found


def listeners_of(type_: str, *, only: str | None = None) -> Sequence[str]:
    """Answer the services that listen to an event of this name, or the only one that was told."""
    if only is not None:
        return (only,)
    publisher = type_.partition(".")[0]
    return [service for service in SERVICES if type_ in heard_from(service).get(publisher, ())]


def _reactions_to(cls: type[Event]) -> dict[str, tuple[str, ...]]:
    names = {service: tuple(_name(reaction) for reaction in reactions_of(service).of(cls)) for service in SERVICES}
    return {service: reactions for service, reactions in names.items() if reactions}


def _name(reaction: object) -> str:
    return str(getattr(reaction, "__qualname__", type(reaction).__name__))


def event_map() -> dict[str, tuple[str, ...]]:
    """Answer, for every event, which services listen to it."""
    return {each.type: each.listeners for each in told()}
