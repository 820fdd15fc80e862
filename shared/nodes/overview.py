"""All that an administrator sees of a node's links at once: charter, keys, streams, and what to do next. No secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import AnyuanError
from shared.nodes.advice import KEY_REVOKED, steps
from shared.nodes.core.keys import Charter, NodeKey
from shared.nodes.office import Office
from shared.nodes.status import state_of, status
from shared.nodes.tables import charter as charters
from shared.nodes.tables import link_trail, quarantine, stream_log

ENDS_SOON = timedelta(days=30)
MOST_SHOWN = 50


@dataclass(frozen=True)
class _World:
    """What the overview is of."""

    session: Session
    office: Office
    charter: Charter | None
    now: datetime


def overview(session: Session, office: Office, now: datetime) -> dict[str, Any]:
    """Answer how this node's links do, as plain values; what is wrong with the charter is part of the answer."""
    charter, wrong = _charter_of(session, office)
    world = _World(session, office, charter, now)
    told = _about_charter(world, wrong)
    keys = _keys(world, office.me)
    links = [_link(world, node) for node in _others(world)]
    signs = charter is None or any(key["signs"] for key in keys)
    return {
        "node": office.me,
        "at": now,
        "is_well": told["state"] == "in_force" and signs and all(link["is_well"] for link in links),
        "charter": told,
        "keys": keys,
        "links": links,
        "quarantined": _newest(session, quarantine),
        "refused": _refused(session),
        "trail": _newest(session, link_trail),
    }


def link_of(session: Session, office: Office, node: str, now: datetime) -> dict[str, Any]:
    """Answer how the streams to and from one other node do."""
    charter, _ = _charter_of(session, office)
    return _link(_World(session, office, charter, now), node)


def _charter_of(session: Session, office: Office) -> tuple[Charter | None, dict[str, str] | None]:
    try:
        return office.last_charter(session), None
    except AnyuanError as error:
        return None, {"code": error.code, "zh": error.zh, "en": error.en}
    except OSError as error:
        zh, en = f"公告文件无法读取：{error}", f"The file of the charter cannot be read: {error}"
        return None, {"code": "charter_missing", "zh": zh, "en": en}


def _about_charter(world: _World, wrong: dict[str, str] | None) -> dict[str, Any]:
    taken = world.session.execute(select(charters).order_by(charters.c.version.desc()).limit(1)).first()
    found = world.charter
    told = {
        "taken_version": taken.version if taken else None,
        "taken_at": taken.taken_at if taken else None,
        "sha256": taken.sha256 if taken else None,
    }
    if found is None:
        return {"state": "refused", "refused": wrong, **told}
    left = found.expires_at - world.now
    state = "expired" if left <= timedelta(0) else "ending" if left < ENDS_SOON else "in_force"
    return {
        "state": state,
        "version": found.version,
        "issued_at": found.issued_at,
        "expires_at": found.expires_at,
        "days_left": left.days,
        "epoch": found.epoch_of(world.office.me),
        **told,
    }


def _keys(world: _World, node: str) -> list[dict[str, Any]]:
    """Answer the keys of a node, newest first; the one it signs with now is the newest that is good."""
    if world.charter is None:
        return []
    own = [key for key in world.charter.keys.values() if key.node_id == node]
    own.sort(key=lambda key: key.not_before, reverse=True)
    signing = next((key.kid for key in own if key.status == "active" and key.was_good_at(world.now)), None)
    return [_key(key, signs=key.kid == signing, now=world.now) for key in own]


def _key(key: NodeKey, *, signs: bool, now: datetime) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "status": key.status,
        "not_before": key.not_before,
        "not_after": key.not_after,
        "days_left": (key.not_after - now).days,
        "signs": signs,
    }


def _others(world: _World) -> list[str]:
    """Answer the other nodes to tell of: neighbours first, then those that there is a stream with."""
    neighbours = world.office.neighbours() if world.charter is not None else ()
    known = {state.node for state in status(world.session, world.now)}
    return [*neighbours, *sorted(known - set(neighbours))]


def _link(world: _World, node: str) -> dict[str, Any]:
    state = state_of(world.session, node, world.now)
    map_ = world.charter.map if world.charter is not None else None
    is_known = map_ is not None and node in map_ and world.office.me in map_
    through = map_.next_hop(world.office.me, node) if map_ is not None and is_known else None
    return {
        **asdict(state),
        "is_well": state.is_well,
        "name": map_.get(node).name if map_ is not None and is_known else node,
        "is_in_map": is_known,
        "is_neighbour": through == node,
        "through": through,
        "sent": {"epoch": state.epoch_written, "seq": state.written},
        "receipted_to": {"epoch": state.receipted_epoch, "seq": state.receipted_seq},
        "received": {"epoch": state.epoch_taken_in, "seq": state.taken_in},
        "epoch": world.charter.epoch_of(node) if world.charter is not None else None,
        "may_resume": state.stopped is not None and state.stopped != KEY_REVOKED,
        "keys": _keys(world, node),
        "next_steps": [step._asdict() for step in steps(state)],
    }


def _refused(session: Session) -> list[dict[str, Any]]:
    """Answer the events of ours that other nodes refused, newest first."""
    log = stream_log.c
    columns = (log.audience.label("node"), log.epoch, log.seq, log.event_id, log.type, log.refused_code.label("code"))
    wanted = select(*columns, log.receipted_at.label("at")).where(log.refused_code.is_not(None))
    return [dict(row) for row in session.execute(wanted.order_by(log.id.desc()).limit(MOST_SHOWN)).mappings()]


def _newest(session: Session, table: Any) -> list[dict[str, Any]]:
    """Answer the newest rows of a table without the letters themselves."""
    columns = [column for column in table.c if column.name != "letter"]
    wanted = select(*columns).order_by(table.c.id.desc()).limit(MOST_SHOWN)
    return [dict(row) for row in session.execute(wanted).mappings()]
