"""Prepared statements: spelt once for each kind of database, and then given straight to its driver.

For the few statements that every check sends. SQLAlchemy's way of executing takes several times as long as SQLite does
to answer them. Values go to the driver and come from it as they are: JSON as text.

    known = Prepared(sa.select(things.c.name).where(things.c.id == sa.bindparam("id")))
    known.rows(connection, {"id": 7})
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Prepared:
    """A statement; threads may share one.

    Args:
        statement: with a named parameter for each value.
    """

    def __init__(self, statement: sa.Insert | sa.Select[Any] | sa.TextClause) -> None:
        self._statement = statement
        self._spelt: dict[str, tuple[str, Sequence[str] | None]] = {}

    def rows(self, connection: sa.Connection, values: Values) -> Sequence[Sequence[Any]]:
        """Ask, and return all rows as the driver gives them."""
        text, order = self._of(connection.dialect)
        with _Cursor(connection, text) as cursor:
            cursor.execute(text, _ordered(values, order))
            found: Sequence[Sequence[Any]] = cursor.fetchall()
        return found

    def run(self, connection: sa.Connection, values: Values) -> None:
        """Change something."""
        text, order = self._of(connection.dialect)
        with _Cursor(connection, text) as cursor:
            cursor.execute(text, _ordered(values, order))

    def run_all(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Change something once for each row of values."""
        text, order = self._of(connection.dialect)
        with _Cursor(connection, text) as cursor:
            cursor.executemany(text, [_ordered(values, order) for values in rows])

    def _of(self, dialect: sa.Dialect) -> tuple[str, Sequence[str] | None]:
        spelt = self._spelt.get(dialect.name)
        if spelt is None:
            compiled = self._statement.compile(dialect=dialect)
            order = getattr(compiled, "positiontup", None)
            spelt = self._spelt[dialect.name] = (str(compiled), order)
        return spelt


def send(connection: sa.Connection, text: str) -> None:
    """Send a statement without values, in the driver's own words."""
    with _Cursor(connection, text) as cursor:
        cursor.execute(text)


class _Cursor:
    """A cursor of the driver's, whose errors are raised as SQLAlchemy raises them."""

    def __init__(self, connection: sa.Connection, text: str) -> None:
        self._connection = connection
        self._text = text
        self._cursor: Any = None

    def __enter__(self) -> Any:  # noqa: ANN401 - of PEP 249, which has no types
        self._cursor = self._connection.connection.cursor()
        return self._cursor

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        self._cursor.close()
        driver = self._connection.dialect.loaded_dbapi
        if isinstance(error, driver.Error):
            raise DBAPIError.instance(
                self._text,
                None,
                error,
                driver.Error,
                hide_parameters=True,
                connection_invalidated=self._connection.dialect.is_disconnect(error, None, self._cursor),
                dialect=self._connection.dialect,
            ) from error


def _ordered(values: Values, order: Sequence[str] | None) -> Values | Sequence[Any]:
    """Return values as the driver takes them: by place, or by name."""
    return values if order is None else [values[name] for name in order]
