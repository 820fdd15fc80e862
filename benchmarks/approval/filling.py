"""Fills the tables with finished cases, as after years of work, in a few statements that each write a whole table.

A handful of cases are really carried out and then copied: each copy has ids, people, regions and a date of its own.
So every column of every table is filled as the engine fills it, also those that a later version adds. Only the hashes
are those of the case that was copied, which nobody verifies here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import psycopg
from psycopg import sql
from sqlalchemy import Column, Date, DateTime, PrimaryKeyConstraint, String, Table, TypeDecorator, UniqueConstraint

from benchmarks.approval.office import ANN, BEN, CAI, CITY, COUNTY, DAI
from shared.approval.base import ApprovalBase
from shared.messaging.tables import stream_head
from shared.regions import Regions

DAYS = 1095  # over which the copies are spread

_COPIES = sql.SQL(
    """
    CREATE TEMPORARY TABLE copied AS
    SELECT md5({name} || n) AS id, ({templates}::text[])[1 + n % {kinds}] AS template,
           make_interval(secs => n::float8 / {copies} * {days} * 86400) AS age,
           (n::bigint * {days} / {copies})::integer AS days,
           ({counties}::text[])[1 + dice % {areas}] AS county, ({cities}::text[])[1 + dice % {areas}] AS city,
           CASE WHEN dice % 200 = 7 THEN {busy} ELSE 'person-' || dice / 7 % 20000 END AS initiator,
           CASE WHEN dice / 11 % 5 = 3 THEN {busy} ELSE {busy} || '-' || dice / 11 % 5 END AS provincial
      FROM generate_series(0, {copies} - 1) AS n, LATERAL (SELECT hashint4(n) & 2147483647 AS dice) AS thrown
     ORDER BY 1
    """
)


def areas(on: date) -> list[tuple[str, str]]:
    """Answer every county with the city above it, on a date."""
    regions = Regions.load()
    chains = (regions.chain(unit.code, on=on) for unit in regions.county_units(on=on))
    return [(chain[0].code, chain[1].code) for chain in chains if len(chain) == 3]


def copy_cases(connection: psycopg.Connection, templates: Sequence[str], *, copies: int, name: str, on: date) -> None:
    """Copy cases again and again, in turn; `name` tells one filling of the same tables from another.

    The busy official of the province decides every fifth of them and has started every two hundredth.
    """
    counties, cities = zip(*areas(on), strict=True)
    facts = {
        "name": name,
        "templates": list(templates),
        "kinds": len(templates),
        "copies": copies,
        "days": DAYS,
        "counties": list(counties),
        "cities": list(cities),
        "areas": len(counties),
        "busy": DAI.account_id,
    }
    with connection.transaction():
        connection.execute(_COPIES.format(**{key: sql.Literal(value) for key, value in facts.items()}))
        # The copies are consistent as their templates are, and checking each row's parent again would take an hour.
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in (*ApprovalBase.metadata.sorted_tables, stream_head):
            if _case_column(table) is not None:
                _copy_rows(connection, table, templates)
        connection.execute("DROP TABLE copied")


def _copy_rows(connection: psycopg.Connection, table: Table, templates: Sequence[str]) -> None:
    case_column = _case_column(table)
    assert case_column is not None
    names = [column.name for column in table.columns if not _is_counted(table, column)]
    values = sql.SQL(", ").join(_value(table, table.columns[name]) for name in names)
    statement = sql.SQL(
        "WITH t AS MATERIALIZED (SELECT * FROM {table} WHERE {case} = ANY({templates})) "
        "INSERT INTO {table} ({names}) SELECT {values} FROM copied f JOIN t ON t.{case} = f.template"
    )
    connection.execute(
        statement.format(
            table=sql.Identifier(table.name),
            case=sql.Identifier(case_column),
            templates=sql.Literal(list(templates)),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=values,
        )
    )


def _case_column(table: Table) -> str | None:
    """Answer the column that holds the id of a case, if the table is about cases."""
    named = {"approval_case": "id", stream_head.name: "aggregate_id"}.get(table.name, "case_id")
    return named if named in table.columns else None


def _is_counted(table: Table, column: Column[object]) -> bool:
    """Tell whether the database itself numbers the rows in this column."""
    return table.autoincrement_column is column


def _value(table: Table, column: Column[object]) -> sql.Composable:
    """Answer what a copy has in a column."""
    own = sql.SQL("t.{}").format(sql.Identifier(column.name))
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if column.name == _case_column(table):
        return sql.SQL("f.id")
    if column.name == "business_id" or (isinstance(kind, String) and _is_unique(table, column)):
        # As long as an id is, and as easily told from the others.
        return sql.SQL("left(f.id, 24) || '-' || right({}, 11)").format(own)
    if isinstance(kind, DateTime):
        return sql.SQL("{} - f.age").format(own)
    if isinstance(kind, Date):
        return sql.SQL("{} - f.days").format(own)
    if isinstance(kind, String) and column.name.endswith(("_id", "_of", "region", "assignee")):
        return _replaced(own, _OTHERS)
    return own


_OTHERS: Mapping[str, str] = {
    COUNTY: "f.county",
    CITY: "f.city",
    ANN.account_id: "f.initiator",
    BEN.account_id: f"'{BEN.account_id}-' || f.county",
    CAI.account_id: f"'{CAI.account_id}-' || f.city",
    DAI.account_id: "f.provincial",
}


def _replaced(own: sql.Composable, others: Mapping[str, str]) -> sql.Composable:
    cases = [sql.SQL("WHEN {} THEN {}").format(sql.Literal(before), sql.SQL(after)) for before, after in others.items()]
    return sql.SQL("CASE {} {} ELSE {} END").format(own, sql.SQL(" ").join(cases), own)


def _is_unique(table: Table, column: Column[object]) -> bool:
    """Tell whether each row needs a value of its own in this column: it leads a key that does not name the case."""
    keys = [item.columns for item in table.constraints if isinstance(item, UniqueConstraint | PrimaryKeyConstraint)]
    keys += [index.columns for index in table.indexes if index.unique]
    return any(
        next(iter(key)).name == column.name and _case_column(table) not in [part.name for part in key] for key in keys
    )
