"""Homes move between a SQLite file and a PostgreSQL server by a backup and a restore."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Places
from tests.postgresql import Server
from tests.unit.home.rows import add_bank, banks

from safehold.home import HomeNotEmptyError, TablesElsewhereError
from safehold.home.backup import backup
from safehold.home.database import Database
from safehold.home.home import Home
from safehold.home.outbox import Outbox
from safehold.home.restore import restore
from safehold.ledger import open_ledger
from safehold.vocabulary import Event, SystemClock

CLOCK = SystemClock()
EVENT = Event("test.happened", "system", details={"number": 1})


@pytest.fixture
def on_server(postgresql_server: Server) -> Iterator[Places]:
    made = Places(postgresql_server)
    yield made
    made.close()


def fill(home: Home) -> None:
    ledger = open_ledger(home)
    with home.database.writing() as connection:
        add_bank(connection)
        ledger.append(EVENT, connection)
        Outbox(home.database, CLOCK).enqueue(connection, "test.do", {"number": 1, "is_even": False})
    ledger.checkpoint()


def require_same(home: Home, old: Home) -> None:
    ledger = open_ledger(home)
    assert ledger.verify(open_ledger(old).checkpoints()[-1]).size == 2
    (job,) = Outbox(home.database, CLOCK).lease({"test.do"}, 60)
    assert job.payload == {"number": 1, "is_even": False}
    with home.database.writing() as connection:
        assert banks(connection) == ["e"]
        assert ledger.append(EVENT, connection) == 2


def test_a_home_on_a_server_comes_back_in_a_file(on_server: Places, tmp_path: Path) -> None:
    old = on_server.open(tmp_path / "old", CLOCK)
    fill(old)
    backup(old, tmp_path / "a.tar", with_private_keys=True)
    assert not list(old.path.glob(".*"))
    restore(tmp_path / "a.tar", tmp_path / "new")
    with Home.open(tmp_path / "new", CLOCK) as new:
        require_same(new, old)


def test_a_home_in_a_file_moves_to_a_server(on_server: Places, tmp_path: Path) -> None:
    with Home.open(tmp_path / "old", CLOCK) as old:
        fill(old)
        backup(old, tmp_path / "a.tar", with_private_keys=True)
        restore(tmp_path / "a.tar", tmp_path / "new", server=lambda _: on_server.address(tmp_path / "new"))
        require_same(on_server.open(tmp_path / "new", CLOCK), old)
    assert not (tmp_path / "new" / "safehold.db").exists()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")} == {0o600, 0o700}


def test_numbers_that_the_server_gives_go_on_after_the_restored_ones(tmp_path: Path, postgresql_server: Server) -> None:
    with Home.open(tmp_path / "old", CLOCK) as old:
        fill(old)
        backup(old, tmp_path / "a.tar")
    address = postgresql_server.place()
    restore(tmp_path / "a.tar", tmp_path / "new", server=lambda _: address)
    database = Database(address)
    with database.writing() as connection:
        assert connection.exec_driver_sql("SELECT nextval(pg_get_serial_sequence('events', 'seq'))").scalar() == 2
    database.close()
    postgresql_server.take_back(address)


def test_a_database_with_rows_is_never_overwritten(on_server: Places, tmp_path: Path) -> None:
    old = on_server.open(tmp_path / "old", CLOCK)
    fill(old)
    backup(old, tmp_path / "a.tar")
    with pytest.raises(HomeNotEmptyError, match=r"the database postgres at 127\.0\.0\.1 is not empty"):
        restore(tmp_path / "a.tar", tmp_path / "new", server=lambda _: on_server.address(tmp_path / "old"))
    assert not (tmp_path / "new").exists()
    assert open_ledger(old).verify().size == 2


def test_a_home_does_not_begin_a_second_history_where_a_setting_is_forgotten_or_added(
    on_server: Places, tmp_path: Path
) -> None:
    on_server.open(tmp_path / "a", CLOCK).close()
    with pytest.raises(TablesElsewhereError, match="no setting names it") as caught:
        Home.open(tmp_path / "a", CLOCK)
    assert "SAFEHOLD_DATABASE" in caught.value.advice
    Home.open(tmp_path / "b", CLOCK).close()
    with pytest.raises(TablesElsewhereError, match=r"lie in its safehold\.db"):
        on_server.open(tmp_path / "b", CLOCK)


def test_a_home_on_a_server_may_hold_what_later_versions_put_there(on_server: Places, tmp_path: Path) -> None:
    on_server.open(tmp_path / "a", CLOCK).close()
    (tmp_path / "a" / "later").mkdir()
    on_server.open(tmp_path / "a", CLOCK)
