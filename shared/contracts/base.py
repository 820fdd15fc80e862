"""What makes a frozen dataclass an event: its publisher, its name, its version and its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

ANY_PUBLISHER = "*"
"""The publisher of events that every service with cases speaks, such as `task.assigned`."""

Document = Mapping[str, Any]
"""A JSON object whose form is said elsewhere, such as the content of a case or the text of a definition."""


@dataclass(frozen=True)
class EventName:
    """What an event is called on the wire: `reporting.report.approved.v1`."""

    publisher: str
    name: str
    version: int
    key: str

    @property
    def aggregate_type(self) -> str:
        """Answer the first word of the name: what kind of thing the event is about."""
        return self.name.split(".", 1)[0]

    def routing_key(self, publisher: str | None = None) -> str:
        """Answer the full name as this publisher says it; `*` stays where any may be meant."""
        return f"{publisher or self.publisher}.{self.name}.v{self.version}"


class Event:
    """A fact that one service tells the others; subclasses are frozen dataclasses with `@event`."""

    event_name: ClassVar[EventName]

    @property
    def aggregate_id(self) -> str:
        """Answer the id of the thing the event is about; its events are delivered in order."""
        return str(getattr(self, self.event_name.key))


E = TypeVar("E", bound=Event)

_registered: dict[tuple[str, int], type[Event]] = {}


def event(publisher: str, name: str, *, key: str, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a frozen dataclass as the one definition of an event.

    `publisher` is the only service that may publish it (or `ANY_PUBLISHER`), `name` is `thing.happened`,
    `key` names the field that holds the thing's id.
    """

    def register(cls: type[E]) -> type[E]:
        if key not in {field.name for field in fields(cls)}:  # type: ignore[arg-type]  # a dataclass by contract
            raise TypeError(f"{cls.__name__} has no field {key!r}")
        cls.event_name = EventName(publisher=publisher, name=name, version=version, key=key)
        if (name, version) in _registered:
            raise TypeError(f"{name}.v{version} is defined twice")
        _registered[(name, version)] = cls
        return cls

    return register


def event_class(routing_key: str) -> type[Event] | None:
    """Answer the class of the event called so on the wire, or None where nobody defined it."""
    publisher, _, rest = routing_key.partition(".")
    name, _, version = rest.rpartition(".v")
    if not version.isdigit():
        return None
    found = _registered.get((name, int(version)))
    if found is None or found.event_name.publisher not in (publisher, ANY_PUBLISHER):
        return None
    return found


def all_events() -> tuple[type[Event], ...]:
    """Answer every event class that was defined, in the order of their names."""
    return tuple(cls for _, cls in sorted(_registered.items()))
