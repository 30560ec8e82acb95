"""Tending: SQLite is given figures of its indexes, in a short transaction, as often as a worker likes."""

from pathlib import Path

from safehold.home.home import Home
from safehold.home.tending import tend
from safehold.vocabulary import SystemClock


def test_sqlite_knows_how_its_indexes_divide_its_rows(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", SystemClock()) as home:
        assert [tend(home.database) for _ in range(2)] == [1, 1]
        with home.database.reading() as connection:
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_stat1").scalar()
    assert tables is not None
