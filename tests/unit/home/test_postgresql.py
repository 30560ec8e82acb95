"""What is PostgreSQL's alone; what both databases promise is in test_database.py."""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from tests.postgresql import Server

from safehold.home import (
    DatabaseAddressError,
    DatabaseUnfitError,
    DatabaseUnreachableError,
    HomeBusyError,
    HomeUnusableError,
)
from safehold.home.database import Database
from safehold.home.postgresql import parse_address


@pytest.fixture
def database(postgresql_server: Server) -> Iterator[Database]:
    made = Database(postgresql_server.place(is_ready=False), wait_seconds=5)
    with made.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    yield made
    made.close()


def ids(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT id FROM notes ORDER BY id").scalars())


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:canary@h/d",
        "postgres://u:canary@h/d",
        " postgresql+psycopg://u:canary@h:5432/d?sslmode=require\n",
    ],
)
def test_an_address_is_read_in_the_forms_that_are_around_and_shown_without_its_password(text: str) -> None:
    address = parse_address(text)
    assert address.drivername == "postgresql+psycopg"
    assert (address.password, address.database) == ("canary", "d")
    assert "canary" not in f"{address} {address!r}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary",
        "mysql://u:canary@h/d",
        "postgresql://u:canary@h",
        "postgresql://u:canary@h:port/d",
        "sqlite:///canary",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(DatabaseAddressError) as caught:
        parse_address(text)
    assert "postgresql+psycopg://" in caught.value.advice
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("change", [{"port": 1}, {"password": "canary"}, {"database": "nowhere"}])
def test_a_server_that_cannot_be_used_is_told_without_the_password(
    postgresql_server: Server, change: dict[str, str | int]
) -> None:
    database = Database(postgresql_server.address.set(**change))  # type: ignore[arg-type]
    with pytest.raises((DatabaseUnreachableError, HomeUnusableError)) as caught, database.reading():
        pass
    assert "SAFEHOLD_DATABASE" in caught.value.advice
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in told
    assert postgresql_server.password not in told


def test_a_connection_lost_in_the_middle_is_told_and_the_next_one_works(
    postgresql_server: Server, database: Database
) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO notes VALUES (1)")
            number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with postgresql_server.connect() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [number])
            connection.exec_driver_sql("INSERT INTO notes VALUES (2)")

    with pytest.raises(DatabaseUnreachableError, match="kept or not"):
        write()
    assert ids(database) == []
    with postgresql_server.connect() as other:  # also those that lie idle
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert ids(database) == []


def test_a_commit_is_durable_also_where_the_server_is_told_otherwise(database: Database) -> None:
    options = f"{database.engine.url.query['options']} -csynchronous_commit=off"
    careless = Database(database.engine.url.update_query_dict({"options": options}))
    with careless.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
    with careless.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    careless.close()


_HOLD = """
import sys
import sqlalchemy as sa
from safehold.home.database import Database

with Database(sa.make_url(sys.stdin.readline())).writing() as connection:
    connection.exec_driver_sql("INSERT INTO notes VALUES (1)")
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_writer_leaves_neither_rows_nor_the_lock(database: Database) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(database.engine.url.render_as_string(hide_password=False) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "held\n"
        hasty = Database(database.engine.url, wait_seconds=0.05)
        with pytest.raises(HomeBusyError), hasty.writing():
            pass
        hasty.close()
        os.kill(process.pid, signal.SIGKILL)
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (2)")
    assert ids(database) == [2]


def test_homes_in_schemas_of_one_database_do_not_wait_for_each_other(
    postgresql_server: Server, database: Database
) -> None:
    other = Database(postgresql_server.place(is_ready=False), wait_seconds=0.05)
    with database.writing(), other.writing() as connection:
        connection.execute(sa.select(1))
    other.close()


def test_a_database_that_does_not_hold_unicode_is_refused(postgresql_server: Server) -> None:
    with postgresql_server.connect() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 STRATEGY file_copy")
    with (
        pytest.raises(DatabaseUnfitError) as caught,
        Database(postgresql_server.address.set(database="latin")).reading(),
    ):
        pass
    assert "UTF8" in caught.value.advice
