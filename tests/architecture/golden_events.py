"""Events as they were stored, one file for each type and version, which must load for ever.

python -m tests.architecture.golden_events      writes the files that are missing; one that is there is never touched

Each file holds two events: one with everything given, one with everything left out that may be.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from services.launcher.event_map import Told, told
from shared.contracts.base import Event
from shared.messaging.envelope import encode
from shared.trace import Trace

FOLDER = Path(__file__).with_name("golden")
_AT = datetime(2026, 3, 5, 8, 30, tzinfo=UTC)
_PLAIN: dict[type, Any] = {
    bool: True,
    int: 7,
    Decimal: Decimal("1.50"),
    date: date(2026, 3, 5),
    datetime: _AT,
}


def file_of(each: Told) -> Path:
    """Answer where the golden events of a type lie."""
    name = each.cls.event_name
    return FOLDER / f"{name.name}.v{name.version}.json"


def stored_samples(each: Told) -> Iterator[str]:
    """Answer both events as their publisher stores them."""
    publisher = each.publishers[0]
    for version, bare in ((1, False), (2, True)):
        trace = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", None if bare else "cause-1")
        body = encode(
            sample(each.cls, bare=bare),
            event_id=f"golden-{version}",
            source=f"/hebei/{publisher}",
            publisher=publisher,
            version=version,
            now=_AT,
            trace=trace,
        )
        yield body.decode()


def sample(cls: type[Event], *, bare: bool) -> Event:
    """Make an event with a value in each field, or only in those that must have one."""
    made: Event = _made(cls, bare=bare)
    return made


def _made(cls: type[Any], *, bare: bool) -> Any:
    hints = get_type_hints(cls)
    optional = {
        field.name for field in fields(cls) if field.default is not MISSING or field.default_factory is not MISSING
    }
    return cls(
        **{name: _value(hint, name, bare=bare) for name, hint in hints.items() if _is_given(name, cls, bare, optional)}
    )


def _is_given(name: str, cls: type[Any], bare: bool, optional: set[str]) -> bool:
    return name in {field.name for field in fields(cls)} and not (bare and name in optional)


def _value(hint: Any, name: str, *, bare: bool) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        return None if bare else _value(inner, name, bare=bare)
    if origin is tuple:
        return () if bare else (_value(get_args(hint)[0], name, bare=bare),)
    if origin is Mapping:
        return {} if bare else {name: "例", "several": [1, None, True]}
    if origin is Literal:
        return get_args(hint)[-1 if bare else 0]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[-1 if bare else 0]
    if is_dataclass(hint):
        return _made(hint, bare=bare)  # type: ignore[arg-type]  # a class, not an instance
    return f"{name} 例" if hint is str else _PLAIN[hint]


def write_missing(folder: Path = FOLDER) -> list[Path]:
    """Write the golden events of types that have none yet; answers the files that were written."""
    folder.mkdir(exist_ok=True)
    written = []
    for each in told():
        file = folder / file_of(each).name
        if not file.exists():
            file.write_text("[\n" + ",\n".join(stored_samples(each)) + "\n]\n", encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    write_missing()
