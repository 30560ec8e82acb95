from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.conftest import Places

from safehold.home.database import Database
from safehold.home.prepared import Prepared, send

NOTES = sa.Table(
    "prepared_notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("told", sa.JSON),
    sa.Column("octets", sa.LargeBinary),
)
KEEP = Prepared(sa.insert(NOTES))
FIND = Prepared(sa.select(NOTES.c.text, sa.cast(NOTES.c.told, sa.Text)).where(NOTES.c.id == sa.bindparam("wanted")))


@pytest.fixture
def database(places: Places, tmp_path: Path) -> Database:
    made = places.database(tmp_path / "a.db", wait_seconds=0.05)
    with made.writing() as connection:
        NOTES.create(connection, checkfirst=True)
    return made


def note(number: int) -> dict[str, object]:
    return {"id": number, "text": "a red cube's 100 %", "told": '{"a": 1}', "octets": b"\x00\xff"}


def test_what_a_prepared_statement_wrote_it_finds(database: Database) -> None:
    with database.writing() as connection:
        KEEP.run_all(connection, [note(1), note(2)])
        KEEP.run(connection, note(3))
    with database.reading() as connection:
        assert [tuple(row) for row in FIND.rows(connection, {"wanted": 3})] == [("a red cube's 100 %", '{"a": 1}')]
        assert [bytes(row.octets) for row in connection.execute(sa.select(NOTES))] == [b"\x00\xff"] * 3


def test_what_was_prepared_belongs_to_the_transaction_it_is_sent_in(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        KEEP.run_all(connection, [note(1), note(2), note(2)])
    with database.reading() as connection:
        assert list(FIND.rows(connection, {"wanted": 1})) == []


def test_an_error_of_the_driver_is_raised_as_any_other_and_without_the_values(database: Database) -> None:
    with database.writing() as connection:
        KEEP.run(connection, note(1))
    with pytest.raises(IntegrityError) as caught, database.writing() as connection:
        KEEP.run(connection, note(1))
    assert "red cube" not in str(caught.value)


def test_a_statement_that_the_database_does_not_know_is_its_error(database: Database) -> None:
    with pytest.raises(DBAPIError), database.writing() as connection:
        send(connection, "SELECT nothing FROM nowhere")
