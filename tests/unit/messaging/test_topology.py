"""Deriving exchanges, queues and bindings from who listens to what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shared.contracts.base import ANY_PUBLISHER, Event, event
from shared.messaging import Reactions
from shared.messaging.rabbit import Binding, Topology
from tests.unit.messaging.events import Sample


@event(ANY_PUBLISHER, "errand.given", key="errand_id")
@dataclass(frozen=True)
class Errand(Event):
    """An event that any service may publish."""

    errand_id: str


def listener(service: str, *classes: type[Event]) -> Reactions:
    reactions = Reactions(service)
    for cls in classes:
        reactions.on(cls)(lambda _uow, _event: None)
    return reactions


def test_an_event_is_bound_on_its_publishers_exchange() -> None:
    topology = Topology.of([listener("archive", Sample)], ["workshop", "office"])
    assert topology.bindings == (Binding("workshop", "archive", "workshop.sample.taken.v1"),)
    assert topology.publishers == {"workshop", "office"}
    assert topology.listeners == {"archive"}


def test_an_event_that_any_service_may_say_is_bound_on_every_exchange() -> None:
    topology = Topology.of([listener("archive", Errand)], ["workshop", "office"])
    assert topology.routing_keys() == {"workshop.errand.given.v1", "office.errand.given.v1"}


def test_a_relay_needs_its_exchange_and_who_hears_it() -> None:
    topology = Topology.of([listener("archive", Sample, Errand), listener("press", Errand)], ["workshop", "office"])
    said = topology.said_by("office")
    assert said.publishers == {"office"}
    assert said.listeners == {"archive", "press"}
    assert said.routing_keys() == {"office.errand.given.v1"}
    assert topology.said_by("press") == Topology(frozenset({"press"}), frozenset(), ())


def test_a_worker_needs_its_queue_and_whom_it_hears() -> None:
    topology = Topology.of([listener("archive", Sample), listener("press", Errand)], ["workshop", "office"])
    heard = topology.heard_by("archive")
    assert heard.publishers == {"workshop"}
    assert heard.listeners == {"archive"}


def test_a_publisher_that_was_not_named_has_its_exchange_all_the_same() -> None:
    assert Topology.of([listener("archive", Sample)], []).publishers == {"workshop"}


def test_a_service_without_reactions_is_refused_because_its_events_would_go_nowhere() -> None:
    with pytest.raises(ValueError, match="archive has no reactions"):
        Topology.of([listener("archive")], ["workshop"])
