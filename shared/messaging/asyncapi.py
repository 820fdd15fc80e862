"""What a service says and hears, as an AsyncAPI 3.0 document, and what of it may not change.

Nodes of a province are not upgraded on one day, and what is stored today is read again in years. So a published event
keeps its fields, their types and their meaning for ever; what is added is optional, and anything else is a new version
of the event beside the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.contracts.base import Event
from shared.messaging.envelope import CONTENT_TYPE
from shared.messaging.json_schema import Schemas, add_schema
from shared.messaging.rabbit import exchange_of, inbox_queue_of

Document = Mapping[str, Any]

_TEXT = {"type": "string"}
CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in structured mode; the stored bytes are what is sent.",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _TEXT | {"description": "The same id with the same content is the same event, delivered again."},
        "type": _TEXT,
        "source": _TEXT | {"description": "/node/service"},
        "subject": _TEXT | {"description": "kind/id of the thing; events about one thing are delivered in order."},
        "time": _TEXT | {"format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "aggregateversion": {"type": "integer", "minimum": 1, "description": "Counts the events about the thing."},
        "traceparent": _TEXT | {"description": "W3C; the request and all it caused share the trace id."},
        "causationid": _TEXT | {"description": "The event whose reaction published this one, where one did."},
        "data": {"type": "object"},
    },
    "required": ["specversion", "id", "type", "source", "subject", "time", "aggregateversion", "traceparent", "data"],
}


def document_of(
    service: str, *, title: str, says: Iterable[type[Event]], hears: Iterable[tuple[str, type[Event]]]
) -> dict[str, Any]:
    """Make the document of a service: the events it publishes, and those it takes in, each with its publisher."""
    schemas: Schemas = {"CloudEvent": CLOUD_EVENT}
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for action, publisher, cls in [("send", service, cls) for cls in says] + [("receive", *heard) for heard in hears]:
        type_ = cls.event_name.routing_key(publisher)
        messages[type_] = _message(cls, type_, schemas)
        channels[type_] = _channel(publisher, type_)
        operations[f"{action}.{type_}"] = _operation(action, type_, service)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "v1"},
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _message(cls: type[Event], type_: str, schemas: Schemas) -> dict[str, Any]:
    name = f"{cls.__name__}.v{cls.event_name.version}"
    data = add_schema(cls, name, schemas)
    return {
        "name": type_,
        "title": cls.__name__,
        "summary": " ".join((cls.__doc__ or "").split("\n\n")[0].split()),
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"type": "object", "properties": {"type": {"const": type_}, "data": data}},
            ]
        },
    }


def _channel(publisher: str, type_: str) -> dict[str, Any]:
    exchange = {"name": exchange_of(publisher), "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": type_,
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation(action: str, type_: str, service: str) -> dict[str, Any]:
    made = {
        "action": action,
        "channel": {"$ref": f"#/channels/{type_}"},
        "messages": [{"$ref": f"#/channels/{type_}/messages/{type_}"}],
    }
    return made if action == "send" else made | {"description": f"Taken from the queue {inbox_queue_of(service)}."}


def breaks(committed: Document, made: Document) -> list[str]:
    """Answer what a new document changes of what a service publishes that others rely on; additions are no break."""
    return [
        complaint
        for type_ in _published(committed)
        for complaint in (
            _differences(_data_of(committed, type_), _data_of(made, type_), type_, (committed, made))
            if type_ in _published(made)
            else [f"{type_} is gone"]
        )
    ]


def _published(document: Document) -> list[str]:
    return [name.removeprefix("send.") for name in document["operations"] if name.startswith("send.")]


def _data_of(document: Document, type_: str) -> Any:
    return document["components"]["messages"][type_]["payload"]["allOf"][1]["properties"]["data"]


_WORDS = ("description", "title", "summary", "properties", "required", "items", "anyOf", "$ref")


def _differences(old: Any, new: Any, where: str, documents: tuple[Document, Document]) -> Iterator[str]:
    old, new = _resolved(old, documents[0]), _resolved(new, documents[1])
    plain = [{key: value for key, value in each.items() if key not in _WORDS} for each in (old, new)]
    if plain[0] != plain[1]:
        yield f"{where} was {plain[0]} and is {plain[1]}"
        return
    for name, shape in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _differences(shape, new["properties"][name], f"{where}.{name}", documents)
        else:
            yield f"{where}.{name} is gone"
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"{where}.{name} must be there now, and older events do not have it"
    if "items" in old:
        yield from _differences(old["items"], new["items"], f"{where}[]", documents)
    if len(old.get("anyOf", ())) != len(new.get("anyOf", ())):
        yield f"{where} may be null in one of the two only"
    else:
        for before, after in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=True):
            yield from _differences(before, after, where, documents)


def _resolved(shape: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    reference = shape.get("$ref")
    if reference is None:
        return shape
    found: Mapping[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found
