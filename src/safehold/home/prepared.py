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

    def __init__(self, statement: sa.Insert | sa.Update | sa.Select[Any] | sa.TextClause) -> None:
        self._statement = statement
        self._spelt: dict[str, tuple[str, Sequence[str] | None]] = {}

    def rows(self, connection: sa.Connection, values: Values) -> Sequence[Sequence[Any]]:
        """Ask, and return all rows as the driver gives them."""
        text, order = self._of(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            _tell(connection, cursor, text)
            cursor.execute(text, _ordered(values, order))
            found: Sequence[Sequence[Any]] = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_raised(connection, text, cursor, error) from error
        finally:
            cursor.close()
        return found

    def run(self, connection: sa.Connection, values: Values) -> int:
        """Change something; return in how many rows, as the driver counts them."""
        text, order = self._of(connection.dialect)
        return _run(connection, text, _ordered(values, order))

    def run_all(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Change something once for each row of values."""
        text, order = self._of(connection.dialect)
        _run(connection, text, [_ordered(values, order) for values in rows], is_each=True)

    def _of(self, dialect: sa.Dialect) -> tuple[str, Sequence[str] | None]:
        spelt = self._spelt.get(dialect.name)
        if spelt is None:
            compiled = self._statement.compile(dialect=dialect)
            order = getattr(compiled, "positiontup", None)
            spelt = self._spelt[dialect.name] = (str(compiled), order)
        return spelt


def send(connection: sa.Connection, text: str) -> None:
    """Send a statement without values, in the driver's own words."""
    _run(connection, text, ())


def _run(connection: sa.Connection, text: str, values: Any, *, is_each: bool = False) -> int:  # noqa: ANN401 - PEP 249
    cursor = connection.connection.cursor()
    try:
        _tell(connection, cursor, text)
        (cursor.executemany if is_each else cursor.execute)(text, values)
        return int(cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_raised(connection, text, cursor, error) from error
    finally:
        cursor.close()


def _tell(connection: sa.Connection, cursor: Any, text: str) -> None:  # noqa: ANN401 - of PEP 249
    """Tell whoever listens to statements of this engine of one, as SQLAlchemy does; without its values."""
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, text, (), None, False)


def _as_raised(connection: sa.Connection, text: str, cursor: Any, error: Any) -> Exception:  # noqa: ANN401 - of PEP 249
    """Return a driver's error as SQLAlchemy raises it."""
    kind = connection.dialect.loaded_dbapi.Error
    lost = connection.dialect.is_disconnect(error, None, cursor)
    raised: Exception = DBAPIError.instance(
        text, None, error, kind, hide_parameters=True, connection_invalidated=lost, dialect=connection.dialect
    )
    return raised


def _ordered(values: Values, order: Sequence[str] | None) -> Values | Sequence[Any]:
    """Return values as the driver takes them: by place, or by name."""
    return values if order is None else [values[name] for name in order]
