"""Statements of the store that every denied check sends, spelt once: spelling them anew cost most of its time.

INSERT_ITEM.run_all(connection, rows)
INSERT_ONCE[connection.dialect.name].run(connection, {...})
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from safehold.cases.case import SubjectKind
from safehold.cases.rows import Row
from safehold.cases.tables import (
    case_contexts,
    case_counts,
    case_days,
    case_fingerprints,
    case_items,
    case_references,
    case_signals,
    cases,
)
from safehold.home.prepared import Prepared
from safehold.vocabulary import CRYPTOGRAPHIC, Algorithm

INSERT_CASE = Prepared(sa.insert(cases))
INSERT_ITEM = Prepared(sa.insert(case_items))
"""Columns of JSON take text."""
INSERT_CONTEXT = Prepared(sa.insert(case_contexts))
INSERT_SIGNAL = Prepared(sa.insert(case_signals))

_CASE_COLUMNS = tuple(column.name for column in cases.columns)
_OWN_CASE = Prepared(sa.select(cases).where(cases.c.open_subject == sa.bindparam("key")))
_KNOWN = Prepared(
    sa.select(case_items.c.case_id).where(
        case_items.c.origin == sa.bindparam("origin"), case_items.c.reference == sa.bindparam("reference")
    )
)
COMPARED = ("id", "version", "items", "undecided", "second")
"""What must still be as it was read: numbers of items too, which change without a version where items join."""


def own_case(connection: sa.Connection, key: str) -> Mapping[str, Any] | None:
    """Return the row of the open case of a subject; None where it has none."""
    found = _OWN_CASE.rows(connection, {"key": key})
    return dict(zip(_CASE_COLUMNS, found[0], strict=True)) if found else None


def case_with(connection: sa.Connection, origin: str, reference: str) -> str | None:
    """Return the case that an item is in; None for none."""
    found = _KNOWN.rows(connection, {"origin": origin, "reference": reference})
    return str(found[0][0]) if found else None


def cases_with(connection: sa.Connection, values: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Return the oldest open case, but for a dataset's, with one of these values as a cryptographic fingerprint."""
    asked = {f"value_{number}": value for number, value in enumerate(values)}
    rows = _alike(len(values)).rows(connection, asked)
    return [dict(zip(_CASE_COLUMNS, row, strict=True)) for row in rows]


def change_case(connection: sa.Connection, seen: Row, values: Mapping[str, Any]) -> bool:
    """Change columns of a case that is as it was seen; return whether it was."""
    compared = {f"seen_{name}": seen[name] for name in COMPARED}
    changed = {f"new_{name}": value for name, value in values.items()}
    return _changing(tuple(sorted(values))).run(connection, {**compared, **changed}) == 1


def insert_once(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows in that may be there already."""
    _once(table.name, connection.dialect.name).run_all(connection, rows)


def add(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Add to counts, which may not be there yet."""
    _adding(table.name, connection.dialect.name).run(connection, values)


_ONCE = MappingProxyType({table.name: table for table in (case_fingerprints, case_references)})
_COUNTS = MappingProxyType({table.name: table for table in (case_counts, case_days)})


@cache
def _alike(number: int) -> Prepared:
    """Return the question for some values; most checks ask of three digests of one file."""
    values: list[sa.ColumnElement[str]] = [sa.bindparam(f"value_{place}") for place in range(number)]
    algorithms: list[sa.ColumnElement[str]] = [
        sa.literal_column(f"'{algorithm.value}'") for algorithm in sorted(CRYPTOGRAPHIC, key=_word)
    ]
    query = (
        sa.select(cases)
        .join(case_fingerprints, case_fingerprints.c.case_id == cases.c.id)
        .where(
            case_fingerprints.c.value.in_(values),
            case_fingerprints.c.algorithm.in_(algorithms),
            cases.c.is_open == sa.literal_column("1"),
            cases.c.subject_kind != sa.literal_column(f"'{SubjectKind.SOURCE.value}'"),
        )
        .order_by(cases.c.opened_at, cases.c.id)
        .suffix_with(sa.text("LIMIT 1"))
    )
    return Prepared(query)


def _word(algorithm: Algorithm) -> str:
    return algorithm.value


@cache
def _changing(columns: tuple[str, ...]) -> Prepared:
    same = (cases.c[name] == sa.bindparam(f"seen_{name}") for name in COMPARED)
    return Prepared(sa.update(cases).where(*same).values({name: sa.bindparam(f"new_{name}") for name in columns}))


@cache
def _once(name: str, dialect: str) -> Prepared:
    return Prepared(_insertion(_ONCE[name], dialect).on_conflict_do_nothing())


@cache
def _adding(name: str, dialect: str) -> Prepared:
    table = _COUNTS[name]
    insert = _insertion(table, dialect)
    key = [column.name for column in table.primary_key]
    added = {column.name: column + insert.excluded[column.name] for column in table.c if column.name not in key}
    return Prepared(insert.on_conflict_do_update(index_elements=key, set_=added))


def _insertion(table: sa.Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
