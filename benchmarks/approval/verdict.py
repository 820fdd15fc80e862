"""Whether races ended as they must, read from the database and not from what the engine said of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from benchmarks.approval.office import ANN, REPORT, Office
from shared.approval.core.words import Verb
from shared.approval.views import CaseView
from shared.errors import AnyuanError, Conflict

if TYPE_CHECKING:
    from benchmarks.approval.racing import Race

_LOST = frozenset({"already_decided", "not_legal_now", "stale_revision"})
_ENDS = {Verb.REJECT: "rejected", Verb.RETURN: "returned", Verb.WITHDRAW: "withdrawn"}
_READ = text(
    """
    SELECT c.id, c.state, c.rev,
           (SELECT json_agg(json_build_array(d.verb, d.actor_id) ORDER BY d.seq)
              FROM approval_decision d WHERE d.case_id = c.id) AS decisions,
           (SELECT count(*) FROM approval_command k WHERE k.case_id = c.id) AS commands,
           (SELECT count(*) FROM approval_task t WHERE t.case_id = c.id AND t.state IN ('open', 'claimed')) AS open
      FROM approval_case c WHERE c.id = ANY(:ids)
    """
)


def problems_of(office: Office, races: Sequence[Race]) -> Iterator[tuple[str, str]]:
    """Answer the cases whose race ended wrong, each with what is wrong with it."""
    with office.database.engine.connect() as connection:
        rows = _rows(connection, [race.case_id for race in races])
    for race in races:
        problem = _problem(race, rows.get(race.case_id)) or _trail_problem(office, race.case_id)
        if problem:
            yield race.case_id, f"{_told(race)}: {problem}"


def _rows(connection: Connection, ids: list[str]) -> dict[str, Any]:
    return {row.id: row for row in connection.execute(_READ, {"ids": ids})}


def _problem(race: Race, row: Any) -> str | None:
    won = [place for place, answer in enumerate(race.answers) if isinstance(answer, CaseView)]
    if len(won) != 1:
        return f"{len(won)} winners"
    (verb, who), lost = race.entrants[won[0]], race.answers[1 - won[0]]
    expected = {
        "state": _ENDS.get(verb, "running" if race.definition == REPORT else "approved"),
        "rev": 2,
        "decisions": [[Verb.SUBMIT.value, ANN.account_id], [verb.value, who.account_id]],
        "commands": 2,
        # A report goes on to the city; of all that ended or went back nobody is asked any more.
        "open": 1 if verb is Verb.APPROVE and race.definition == REPORT else 0,
    }
    stored = {name: getattr(row, name, None) for name in expected}
    if stored != expected:
        return f"the database has {stored} and should have {expected}"
    if not isinstance(lost, AnyuanError) or lost.code not in _LOST:
        return f"the loser was answered with {lost!r}"
    winner = lost.extra.get("winner", {})
    if isinstance(lost, Conflict) and (winner.get("name"), winner.get("verb")) != (who.name, verb.value):
        return f"the loser was told that {winner} won"
    return None


def _trail_problem(office: Office, case_id: str) -> str | None:
    with office.database.reading() as session:
        trail = office.approvals.trail(session, case_id=case_id, principal=ANN, at=office.database.clock.now())
    return None if trail.intact else "its trail does not verify"


def _told(race: Race) -> str:
    return " against ".join(f"{verb.value} by {who.name}" for verb, who in race.entrants)
