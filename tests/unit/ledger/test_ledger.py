import datetime as dt
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Places
from tests.unit.home.rows import add_bank, banks

from safehold.home.home import Home
from safehold.ledger import KeyLostError, Ledger, LedgerBrokenError, SigningKey, UnfitEventError, open_ledger
from safehold.ledger.tables import events
from safehold.vocabulary import Event, FixedClock, SystemClock

NOON = FixedClock(dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
KEY = SigningKey(bytes(32))
EVENT = Event("test.happened", "system", details={"number": 1})


@pytest.fixture
def home(places: Places, tmp_path: Path) -> Home:
    return places.open(tmp_path / "home", NOON)


@pytest.fixture
def one_home(chosen_places: Places, tmp_path: Path) -> Home:
    """What is the same on every database, and has many cases."""
    return chosen_places.open(tmp_path / "home", NOON)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "safehold.db").touch()  # whichever kind of database the other homes have
    with Home.open(tmp_path / "home", NOON) as opened:
        yield opened


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return Ledger(home.database, NOON, KEY)


def counts(home: Home) -> tuple[int, int]:
    with home.database.reading() as connection:
        return len(banks(connection)), len(connection.execute(sa.select(events)).all())


def test_an_event_commits_together_with_what_it_tells_of(home: Home, ledger: Ledger) -> None:
    with home.database.writing() as connection:
        add_bank(connection)
        assert ledger.append(EVENT, connection) == 1
        assert ledger.append(EVENT, connection) == 2
    assert counts(home) == (1, 3)


def test_an_event_is_undone_together_with_what_it_tells_of(home: Home, ledger: Ledger) -> None:
    def decide_and_fail() -> None:
        with home.database.writing() as connection:
            add_bank(connection)
            ledger.append(EVENT, connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decide_and_fail()
    assert counts(home) == (0, 0)
    assert ledger.append(EVENT) == 1


def test_a_refused_event_undoes_what_it_tells_of(home: Home, ledger: Ledger) -> None:
    def decide() -> None:
        with home.database.writing() as connection:
            add_bank(connection)
            ledger.append(Event("test.happened", "system", details={"name": "a.jpg"}), connection)

    with pytest.raises(UnfitEventError):
        decide()
    assert counts(home) == (0, 0)


def test_several_events_are_recorded_all_or_none(ledger: Ledger) -> None:
    assert ledger.append_all([EVENT] * 3) == range(1, 4)
    assert ledger.append_all([]) == range(4, 4)
    with pytest.raises(UnfitEventError):
        ledger.append_all([EVENT, Event("x", "system")])
    assert ledger.verify().size == 4


def test_checkpoints_continue_from_the_last_one(ledger: Ledger) -> None:
    for size in (1, 2, 3, 7, 40):
        ledger.append_all([EVENT] * size)
        ledger.checkpoint()
    assert [signed.size for signed in ledger.checkpoints()] == [2, 4, 7, 14, 54]
    assert ledger.verify().signed_size == 54


def test_nothing_recorded_is_content_or_a_name_of_the_machine(home: Home, ledger: Ledger) -> None:
    canary = "canary in a coal mine"
    for details in ({"caption": canary}, {"file": "canary.jpg"}, {"url": "https://canary.example/x"}):
        with pytest.raises(UnfitEventError):
            ledger.append(Event("test.happened", "system", details=details))
    ledger.append(EVENT)
    ledger.checkpoint()
    ledger.export(home.path / "export.jsonl")
    home.close()
    for path in home.path.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes()
            assert str(home.path).encode() not in path.read_bytes()


def test_another_key_than_the_ledger_names_signs_nothing(home: Home, ledger: Ledger) -> None:
    ledger.append(EVENT)
    other = Ledger(home.database, NOON, SigningKey(b"\x01" * 32))
    with pytest.raises(KeyLostError, match="another key"):
        other.checkpoint()
    with pytest.raises(LedgerBrokenError, match="never spoke"):
        other.verify()


def change(home: Home, *statements: str) -> None:
    """Alter the database behind the ledger's back; `zeros(32)` is so many zero bytes."""
    zeros = "zeroblob(\\1)" if home.database.path else "decode(repeat('00', \\1), 'hex')"
    with home.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(re.sub(r"zeros\((\d+)\)", zeros, statement))


@pytest.mark.parametrize(
    "tampering",
    [
        ["UPDATE events SET kind = 'test.hidden' WHERE seq = 2"],
        ["UPDATE events SET actor = 'somebody' WHERE seq = 2"],
        ["UPDATE events SET policy = 'p' WHERE seq = 2"],
        ["UPDATE events SET at = '2026-11-21T12:00:01.000000Z' WHERE seq = 2"],
        ["UPDATE events SET details = '{\"number\":2}' WHERE seq = 2"],
        ["UPDATE events SET details = '{\"number\": 1}' WHERE seq = 2"],
        ["UPDATE events SET details = 'nonsense' WHERE seq = 2"],
        ["UPDATE events SET leaf = zeros(32) WHERE seq = 2"],
        ["DELETE FROM events WHERE seq = 2"],
        ["DELETE FROM events WHERE seq = 0"],
        ["DELETE FROM events WHERE seq = 5"],
        ["DELETE FROM events WHERE seq >= 2", "DELETE FROM checkpoints WHERE size > 4"],
        ["UPDATE events SET seq = -1 WHERE seq = 2", "UPDATE events SET seq = 2 WHERE seq = 3"],
        ["UPDATE checkpoints SET root = zeros(32) WHERE size = 6"],
        ["UPDATE checkpoints SET signature = zeros(64) WHERE size = 6"],
        ["UPDATE checkpoints SET issued_at = '2027' WHERE size = 6"],
        ["UPDATE checkpoints SET key = 'safehold-ed25519:AA==' WHERE size = 6"],
        ["UPDATE checkpoints SET frontier = zeros(64) WHERE size = 6"],
        ["UPDATE checkpoints SET frontier = zeros(32) WHERE size = 6"],
        ["UPDATE checkpoints SET size = 5 WHERE size = 6"],
    ],
)
def test_tampering_with_the_database_is_found_before_anything_more_is_signed(
    one_home: Home, tampering: list[str]
) -> None:
    ledger = Ledger(one_home.database, NOON, KEY)
    ledger.append_all([EVENT] * 3)
    ledger.checkpoint()
    ledger.append_all([EVENT] * 2)
    assert ledger.checkpoint().size == 6
    change(one_home, *tampering)
    with pytest.raises(LedgerBrokenError) as caught:
        ledger.verify()
    assert "checkpoint kept elsewhere" in caught.value.advice


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE events SET leaf = 'text' WHERE seq = 2", "event 2 was altered"),
        ("UPDATE events SET leaf = 1000000000000 WHERE seq = 2", "event 2 was altered"),
        ("UPDATE events SET leaf = 0.5 WHERE seq = 2", "event 2 was altered"),
        ("UPDATE events SET details = x'ff' WHERE seq = 2", "event 2 was altered"),
        ("UPDATE events SET details = CAST(details AS BLOB) WHERE seq = 2", "event 2 was altered"),
        ("UPDATE events SET actor = x'ff' WHERE seq = 2", "event 2 has missing, added or wrong fields"),
        ("UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE seq = 2", "event 2 was altered: .* not Unicode"),
        ("UPDATE events SET at = CAST(x'ff' AS TEXT) WHERE seq = 0", "event 0 was altered: .* not Unicode"),
        ("UPDATE events SET leaf = 'text' WHERE seq = 0", "event 0 was altered"),
        ("UPDATE checkpoints SET root = 'text'", "the checkpoint at size 4 was altered"),
        ("UPDATE checkpoints SET frontier = hex(zeroblob(16))", "the checkpoint at size 4 was altered"),
        ("UPDATE checkpoints SET signature = 'text'", "the checkpoint at size 4 was altered"),
        ("UPDATE checkpoints SET key = x'00'", "the checkpoint at size 4 was altered"),
        ("UPDATE checkpoints SET issued_at = x'00'", "the checkpoint at size 4 was altered"),
        ("UPDATE checkpoints SET issued_at = CAST(x'ff' AS TEXT)", "the checkpoint at size 4 was altered"),
    ],
)
def test_a_value_of_another_type_or_encoding_is_named_as_tampering(sqlite: Home, tampering: str, found: str) -> None:
    """PostgreSQL keeps to the types of its columns."""
    ledger = Ledger(sqlite.database, NOON, KEY)
    ledger.append_all([EVENT] * 3)
    ledger.checkpoint()
    ledger.append_all([EVENT] * 2)
    change(sqlite, tampering)
    with pytest.raises(LedgerBrokenError, match=found):
        ledger.verify()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE events SET leaf = 'text' WHERE seq = 6",
        "UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE seq = 6",
        "UPDATE events SET kind = CAST(x'00' AS TEXT) WHERE seq = 6",
        "UPDATE checkpoints SET root = 'text'",
        "UPDATE checkpoints SET issued_at = CAST(x'ff' AS TEXT)",
        "DELETE FROM events WHERE seq = 7",
        "UPDATE events SET actor = 'somebody' WHERE seq = 7",
        "UPDATE checkpoints SET root = zeros(32), frontier = zeros(64)",
        "UPDATE checkpoints SET signature = zeros(64)",
        "UPDATE checkpoints SET frontier = zeros(64)",
        "DELETE FROM events WHERE seq > 3",
    ],
)
def test_what_is_found_altered_is_not_signed_for(one_home: Home, tampering: str) -> None:
    ledger = Ledger(one_home.database, NOON, KEY)
    ledger.append_all([EVENT] * 5)
    assert ledger.checkpoint().size == 6
    ledger.append_all([EVENT] * 5)
    change(one_home, tampering)
    with pytest.raises(LedgerBrokenError):
        ledger.checkpoint()


def test_nothing_is_appended_where_signed_events_are_missing(home: Home, ledger: Ledger) -> None:
    ledger.append_all([EVENT] * 5)
    ledger.checkpoint()
    change(home, "DELETE FROM events WHERE seq > 3")
    with pytest.raises(LedgerBrokenError, match="cut off: 6 events were signed for, 4 are there"):
        ledger.append(EVENT)


def test_a_cut_that_takes_the_checkpoints_along_is_found_with_a_retained_one(home: Home, ledger: Ledger) -> None:
    ledger.append_all([EVENT] * 3)
    ledger.checkpoint()
    ledger.append_all([EVENT] * 3)
    retained = ledger.checkpoint()
    change(home, "DELETE FROM events WHERE seq > 3", "DELETE FROM checkpoints WHERE size > 4")
    assert ledger.verify().size == 4  # consistent with itself: that is why a checkpoint is kept elsewhere
    with pytest.raises(LedgerBrokenError, match="cut off"):
        ledger.verify(retained)


def test_a_ledger_rewritten_and_signed_again_by_another_key_is_found(home: Home, ledger: Ledger) -> None:
    ledger.append_all([EVENT] * 3)
    retained = ledger.checkpoint()
    change(home, "DELETE FROM events", "DELETE FROM checkpoints")
    forger = Ledger(home.database, NOON, SigningKey(b"\x01" * 32))
    forger.append_all([EVENT] * 3)
    forger.checkpoint()
    with pytest.raises(LedgerBrokenError):
        ledger.verify()
    with pytest.raises(LedgerBrokenError):
        forger.verify(retained)


def test_a_million_events_would_not_be_read_again_for_one_more(home: Home, ledger: Ledger) -> None:
    ledger.append_all([EVENT] * 50)
    ledger.checkpoint()
    change(home, "UPDATE events SET actor = 'somebody' WHERE seq = 20")  # seen only by whoever reads it again
    ledger.append(EVENT)
    assert ledger.checkpoint().size == 52
    with pytest.raises(LedgerBrokenError, match="event 20 was altered"):
        ledger.verify()


_APPEND = """
import sys
from pathlib import Path
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.vocabulary import Event, SystemClock

with Home.open(Path(sys.argv[1]), SystemClock()) as home:
    ledger = open_ledger(home)
    for number in range(int(sys.argv[2])):
        print(ledger.append(Event("test.happened", "system", details={"process": int(sys.argv[3])})), flush=True)
        if number % 7 == 0:
            ledger.checkpoint()
"""


def start(path: Path, count: int, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _APPEND, str(path), str(count), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_appends_of_several_processes_at_once_are_one_sequence(tmp_path: Path) -> None:
    processes = [start(tmp_path / "home", 60, number) for number in range(3)]
    answers = [process.communicate(timeout=50)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(int(seq) for answer in answers for seq in answer) == list(range(1, 181))
    with Home.open(tmp_path / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        for number, answer in enumerate(answers):
            assert [e.seq for e in ledger.events() if e.event.details.get("process") == number] == list(
                map(int, answer)
            )
        assert ledger.verify(ledger.checkpoint()).size == 181


@pytest.mark.parametrize("after", [1, 8, 30])
def test_a_killed_writer_loses_and_doubles_nothing_that_it_reported(tmp_path: Path, after: int) -> None:
    process = start(tmp_path / "home", 10_000, 1)
    assert process.stdout is not None
    reported = [int(process.stdout.readline()) for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    reported += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    with Home.open(tmp_path / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        places = [entry.seq for entry in ledger.events(1)]
        assert places[: len(reported)] == reported
        assert len(places) <= len(reported) + 1  # one may have been recorded and not yet reported
        assert ledger.verify().size == len(places) + 1
        ledger.append(EVENT)
        assert ledger.verify(ledger.checkpoint()).signed_size == len(places) + 2
