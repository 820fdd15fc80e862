"""Events between services: outbox, relay, inbox and reactions, over RabbitMQ or embedded."""

from shared.messaging.outbox import StoredOutbox
from shared.messaging.reactions import Reactions
from shared.messaging.snapshots import Snapshots

__all__ = ["Reactions", "Snapshots", "StoredOutbox"]
