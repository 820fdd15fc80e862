"""Triggers that keep the trail append-only and published definitions as they are, whoever writes to the database.

Rows of the trail and decisions are only added. What a person said, and the content they submitted, can be erased
(set to NULL) and never changed. `create_triggers` gives the DDL, which tests and migrations run alike.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A table whose rows stay: `fixed` columns never change, `erasable` ones only to NULL. No `fixed` means all."""

    table: str
    fixed: tuple[str, ...] = ()
    erasable: tuple[str, ...] = ()
    unless: str = ""  # a condition on OLD under which the fixed columns may still change
    never: tuple[str, str] | None = None  # a column, and the condition on OLD and NEW under which it must not change


KEPT = (
    Kept("approval_event"),
    Kept("approval_command"),
    Kept("approval_attempt"),
    Kept(
        "approval_decision",
        fixed=(
            "case_id",
            "origin",
            "seq",
            "at",
            "round",
            "stage",
            "task",
            "verb",
            "actor_id",
            "on_behalf_of",
            "command_id",
            "commitment",
            "prev_hash",
            "hash",
        ),
        erasable=("actor_name", "opinion", "signature", "remarks", "salt"),
    ),
    Kept(
        "approval_round",
        fixed=("case_id", "round", "def_key", "def_version", "def_sha", "commitment", "opened_at"),
        erasable=("content", "salt"),
    ),
    Kept(
        "approval_definition",
        fixed=("key", "version", "body", "sha256", "saved_by", "saved_at", "published_by", "published_at"),
        unless="OLD.state = 'draft'",
        # What is published is only ever retired: as a draft again it could be rewritten.
        never=("state", "OLD.state = 'retired' OR (OLD.state = 'published' AND NEW.state <> 'retired')"),
    ),
)
_FUNCTION = "approval_refuse_change"


def create_triggers(dialect: str) -> tuple[str, ...]:
    """Answer the statements that make the triggers, for `sqlite` or `postgresql`; they can be run again."""
    if dialect == "sqlite":
        return tuple(_sqlite(name, when, table, guard) for name, when, table, guard in _triggers())
    function = (
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' keeps what was written', "
        "ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    return (function, *(_postgresql(name, when, table, guard) for name, when, table, guard in _triggers()))


def drop_triggers(dialect: str) -> tuple[str, ...]:
    """Answer the statements that take the triggers away, for a migration that must move the tables themselves."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER IF EXISTS {name}" for name, _, _, _ in _triggers())
    dropped = (f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, _, table, _ in _triggers())
    return (*dropped, f"DROP FUNCTION IF EXISTS {_FUNCTION}()")


def _triggers() -> list[tuple[str, str, str, str]]:
    """Answer each trigger as its name, its moment, its table and its condition."""
    found = []
    for kept in KEPT:
        columns = f" OF {', '.join(kept.fixed)}" if kept.fixed else ""
        changing = f"NOT ({kept.unless})" if kept.unless else ""
        found.append((f"{kept.table}_unchanged", f"UPDATE{columns}", kept.table, changing))
        found.append((f"{kept.table}_undeleted", "DELETE", kept.table, changing))
        if kept.never:
            column, condition = kept.never
            found.append((f"{kept.table}_forward", f"UPDATE OF {column}", kept.table, condition))
        if kept.erasable:
            rewritten = " OR ".join(f"NEW.{column} IS NOT NULL" for column in kept.erasable)
            found.append((f"{kept.table}_unsaid", f"UPDATE OF {', '.join(kept.erasable)}", kept.table, rewritten))
    return found


def _sqlite(name: str, when: str, table: str, guard: str) -> str:
    condition = f"WHEN {guard} " if guard else ""
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} ON {table} FOR EACH ROW {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{table} keeps what was written'); END"
    )


def _postgresql(name: str, when: str, table: str, guard: str) -> str:
    condition = f"WHEN ({guard}) " if guard else ""
    return (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW {condition}"
        f"EXECUTE FUNCTION {_FUNCTION}()"
    )
