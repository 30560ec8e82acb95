import os
import signal
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.unit.home.rows import add_bank, banks

from safehold.home import HomeBusyError, HomeUnusableError, NotAHomeError
from safehold.home.home import Home
from safehold.vocabulary import SystemClock

CLOCK = SystemClock()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private_throughout_even_under_an_open_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Home.open(tmp_path / "home", CLOCK) as home, home.lock(), home.database.writing() as connection:
            add_bank(connection)
            found = {path: mode(path) for path in home.path.rglob("*")}
    finally:
        os.umask(before)
    assert mode(tmp_path / "home") == 0o700
    assert {path.name for path in found} >= {"banks", "vault", "keys", "indexes", "safehold.db", "safehold.db-wal"}
    assert {rights for path, rights in found.items() if path.is_dir()} == {0o700}
    assert {rights for path, rights in found.items() if path.is_file()} == {0o600}


def test_the_folders_of_the_rooms_are_where_the_home_says(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", CLOCK) as home:
        assert {home.banks, home.vault, home.keys, home.indexes} <= set(home.path.iterdir())


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    with Home.open(tmp_path, CLOCK) as home, home.database.writing() as connection:
        add_bank(connection)
    with Home.open(tmp_path, CLOCK) as home, home.database.reading() as connection:
        assert banks(connection) == ["e"]


def test_an_empty_folder_with_wide_rights_becomes_a_private_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with Home.open(tmp_path, CLOCK):
        assert mode(tmp_path) == 0o700


def test_a_home_whose_rights_were_widened_is_closed_again(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", CLOCK) as home:
        paths = [home.path, home.keys, home.database.path]
    for path in paths:
        path.chmod(0o755)
    with Home.open(tmp_path / "home", CLOCK):
        assert [mode(path) for path in paths] == [0o700, 0o700, 0o600]


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(NotAHomeError) as caught:
        Home.open(tmp_path, CLOCK)
    assert "--home" in caught.value.advice
    assert mode(tmp_path) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(HomeUnusableError):
        Home.open(tmp_path / "home", CLOCK)


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", CLOCK) as home:
        (home.path / "lock").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(HomeUnusableError), home.lock():
            pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_second_writer_is_refused_with_advice(tmp_path: Path) -> None:
    with Home.open(tmp_path, CLOCK) as home:
        with home.lock(), pytest.raises(HomeBusyError) as caught, home.lock():
            pass
        assert "Wait" in caught.value.advice
        with home.lock():
            pass


def test_a_blocked_call_inside_the_lock_is_not_taken_for_a_busy_home(tmp_path: Path) -> None:
    with Home.open(tmp_path, CLOCK) as home, pytest.raises(BlockingIOError), home.lock():
        raise BlockingIOError


_HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from safehold.home.home import Home
from safehold.vocabulary import SystemClock

with Home.open(Path(sys.argv[1]), SystemClock()) as home, home.lock():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with Home.open(tmp_path, CLOCK) as home:
        with subprocess.Popen(
            [sys.executable, "-c", _HOLD_THE_LOCK, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "locked\n"
            with pytest.raises(HomeBusyError), home.lock():
                pass
            child.send_signal(signal.SIGKILL)
        with home.lock():
            pass


def test_several_first_openings_at_once_make_one_home(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        homes = list(pool.map(lambda _: Home.open(tmp_path / "home", CLOCK), range(4)))
    for number, home in enumerate(homes):
        with home.database.writing() as connection:
            add_bank(connection, f"e{number}")
        home.close()
    with sqlite3.connect(tmp_path / "home" / "safehold.db") as plain:
        assert plain.execute("SELECT count(*) FROM banks").fetchone() == (4,)
        assert plain.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    plain.close()


def test_opening_removes_what_dead_writers_left(tmp_path: Path) -> None:
    with Home.open(tmp_path, CLOCK) as home:
        (home.keys / ".installation.key.abc.tmp").touch()
    with Home.open(tmp_path, CLOCK) as home:
        assert list(home.keys.iterdir()) == []
