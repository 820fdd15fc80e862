"""What was not believed of a volunteer because their move was not known yet, and is once it is.

The two halves of a move, and what the new home says after it, come in streams of different nodes, in any order. Whoever
is refused keeps their place in the stream, so only the event is taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import delete, select, update

from shared.clock import business_date
from shared.nodes.core.authority import GIVEN, claims, refusal
from shared.nodes.core.letters import Letter, NotALetter, Statement
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.knowledge import Knowledge
from shared.nodes.office import note
from shared.nodes.places import Subject
from shared.nodes.tables import quarantine, stream_in_log
from shared.storage import UnitOfWork

_AUTHORITY = 9
_MOVED = frozenset({"volunteer.transferred", "volunteer.received", "volunteer.updated"})


def who_moved(name: str, told: Mapping[Subject, str]) -> frozenset[str]:
    """Answer the volunteers of whom an event may have made known where they are."""
    return frozenset(key for kind, key in told if kind in ("volunteer", GIVEN)) if name in _MOVED else frozenset()


def believed_after_all(
    uow: UnitOfWork, knowledge: Knowledge, map_: NodeMap, moved: frozenset[str]
) -> Iterator[tuple[Letter, Statement]]:
    """Answer the letters about these volunteers that were refused and are believed now, in the order they came in.

    They are taken out of quarantine, and what they claim is learnt.
    """
    knowledge.write()
    waiting = select(quarantine.c.id, quarantine.c.letter).where(quarantine.c.check_no == _AUTHORITY)
    rows = uow.session.execute(waiting.order_by(quarantine.c.id)).all() if moved else []
    found = [(row.id, *_read(bytes(row.letter))) for row in rows]
    about = [(id_, letter, said) for id_, letter, said in found if said and said.data.get("volunteer_number") in moved]
    is_moving = True
    while is_moving:
        is_moving = False
        for one in tuple(about):
            id_, letter, said = one
            assert letter is not None
            assert said is not None
            on = business_date(uow.now)
            if refusal(said.name, said.data, issuer=said.origin, map_=map_, directory=knowledge, on=on) is not None:
                continue
            about.remove(one)
            knowledge.learn(claims(said.name, said.data, directory=knowledge))
            _take_out(uow, id_, said)
            is_moving = True
            yield letter, said


def _read(raw: bytes) -> tuple[Letter | None, Statement | None]:
    try:
        letter = Letter.parse(raw)
        return letter, Statement.read(letter.body)
    except NotALetter:
        return None, None


def _take_out(uow: UnitOfWork, id_: int, said: Statement) -> None:
    uow.session.execute(delete(quarantine).where(quarantine.c.id == id_))
    entry = update(stream_in_log).where(
        stream_in_log.c.origin == said.origin, stream_in_log.c.event_id == said.event_id
    )
    uow.session.execute(entry.values(fate="apply", code=""))
    detail = f"{said.name} at {said.epoch}/{said.seq}"
    note(uow.session, uow.now, node=said.origin, what="believed", code="move_known", detail=detail)
