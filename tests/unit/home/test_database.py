import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Places

from safehold.home import HomeBrokenError, HomeBusyError, HomeFullError, HomeUnusableError
from safehold.home.database import Database


def table(database: Database) -> sa.Table:
    found = sa.Table("notes", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    with database.writing() as connection:
        found.create(connection, checkfirst=True)
    return found


@pytest.fixture
def database(places: Places, tmp_path: Path) -> Database:
    return places.database(tmp_path / "a.db", wait_seconds=0.05)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "a.db", wait_seconds=0.05)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 50), ("trusted_schema", 0)],
)
def test_every_connection_is_durable_and_strict(sqlite: Database, pragma: str, value: object) -> None:
    with sqlite.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_what_was_written_is_read(database: Database) -> None:
    notes = table(database)
    with database.writing() as connection:
        connection.execute(notes.insert().values(text="kept"))
    with database.reading() as connection:
        assert connection.execute(sa.select(notes.c.text)).scalars().all() == ["kept"]


def test_an_error_inside_undoes_all_of_the_transaction(database: Database) -> None:
    notes = table(database)

    def write_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(notes.insert().values(text="lost"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.reading() as connection:
        assert connection.execute(sa.select(notes)).all() == []


def test_changes_through_a_reading_connection_are_undone(database: Database) -> None:
    notes = table(database)
    with database.reading() as connection:
        connection.execute(notes.insert().values(text="lost"))
    with database.reading() as connection:
        assert connection.execute(sa.select(notes)).all() == []


def test_a_reader_sees_one_moment_while_another_writes(database: Database) -> None:
    notes = table(database)
    with database.reading() as reader:
        assert reader.execute(sa.select(notes)).all() == []
        with database.writing() as writer:
            writer.execute(notes.insert().values(text="later"))
        assert reader.execute(sa.select(notes)).all() == []


def test_a_writer_that_waited_too_long_is_told_so(database: Database) -> None:
    with database.writing(), pytest.raises(HomeBusyError) as caught, database.writing():
        pass
    assert "Wait" in caught.value.advice


def test_a_full_disk_is_told_and_leaves_nothing_of_the_transaction(sqlite: Database) -> None:
    notes = table(sqlite)

    def write_too_much() -> None:
        with sqlite.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=10")
            connection.execute(notes.insert(), [{"text": "x" * 4000}] * 50)

    with pytest.raises(HomeFullError, match="full"):
        write_too_much()
    with sqlite.reading() as connection:
        assert connection.execute(sa.select(notes)).all() == []


def test_a_damaged_file_is_told_with_the_way_back(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(HomeBrokenError) as caught, Database(tmp_path / "a.db").reading():
        pass
    assert "safehold --home NEW-FOLDER restore" in caught.value.advice


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    (tmp_path / "a.db").unlink()
    (tmp_path / "a.db").mkdir()
    with pytest.raises(HomeUnusableError), database.reading():
        pass


def test_a_defect_of_ours_is_not_dressed_up_as_the_users(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.reading() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM nowhere")


def test_what_a_writer_reads_is_what_the_writers_before_it_left(places: Places, tmp_path: Path) -> None:
    database = places.database(tmp_path / "a.db")
    notes = table(database)

    def count_up() -> None:
        for _ in range(10):
            with database.writing() as connection:
                number = connection.execute(sa.select(sa.func.max(notes.c.id))).scalar() or 0
                connection.execute(notes.insert().values(id=number + 1, text="one"))

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading() as connection:
        assert connection.execute(sa.select(notes.c.id).order_by(notes.c.id)).scalars().all() == list(range(1, 31))


def test_no_error_repeats_what_was_being_written(database: Database) -> None:
    notes = table(database)
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as connection:
        connection.execute(notes.insert(), [{"id": 1, "text": "canary"}, {"id": 1, "text": "canary"}])
    assert "canary" not in str(caught.value)
