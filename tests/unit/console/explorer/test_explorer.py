"""The explorer: the ledger a page at a time, counted as it grows, verified in the background."""

import datetime as dt
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Places

from safehold.console.explorer import LedgerTally, RunState, Verification, Wanted, kinds, place_at, read_sheet
from safehold.console.explorer.verification import child_argv
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.ledger.tables import events
from safehold.vocabulary import Action, Event, FixedClock

AT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.fixture
def home(places: Places, tmp_path: Path, clock: FixedClock) -> Home:
    return places.open(tmp_path / "home", clock)


@pytest.fixture
def ledger(home: Home) -> Ledger:
    ledger = open_ledger(home)
    ledger.append_all([_event(number) for number in range(1, 12)])
    return ledger


def _event(number: int) -> Event:
    return Event("box.opened" if number % 2 else "box.closed", f"ada-{number % 3}", details={"number": number})


def _places(home: Home, wanted: Wanted, count: int = 4) -> tuple[list[int], int | None, int | None]:
    with home.database.reading() as connection:
        sheet = read_sheet(connection, wanted, count=count)
    return [line.seq for line in sheet.lines], sheet.newer, sheet.older


@pytest.mark.usefixtures("ledger")
def test_pages_lead_from_the_newest_event_to_the_oldest_without_leaving_one_out(home: Home) -> None:
    seen: list[int] = []
    before: int | None = None
    while True:
        found, _, older = _places(home, Wanted(before=before))
        seen += found
        if older is None:
            break
        before = older
    assert seen == list(range(11, -1, -1))


@pytest.mark.usefixtures("ledger")
def test_pages_lead_back_to_the_newest_event(home: Home) -> None:
    assert _places(home, Wanted(before=4)) == ([3, 2, 1, 0], 3, None)
    assert _places(home, Wanted(after=3)) == ([7, 6, 5, 4], 7, 4)
    assert _places(home, Wanted(after=7)) == ([11, 10, 9, 8], None, 8)


@pytest.mark.usefixtures("ledger")
def test_a_kind_and_an_actor_are_found_alone_and_together(home: Home) -> None:
    assert _places(home, Wanted(kind="box.closed"))[0] == [10, 8, 6, 4]
    assert _places(home, Wanted(actor="ada-0"))[0] == [9, 6, 3]
    assert _places(home, Wanted(kind="box.closed", actor="ada-0")) == ([6], None, None)
    assert _places(home, Wanted(kind="box.closed", after=3))[0] == [10, 8, 6, 4]


@pytest.mark.usefixtures("ledger")
def test_the_kinds_that_occur_are_listed_once_each(home: Home) -> None:
    with home.database.reading() as connection:
        assert kinds(connection) == ("box.closed", "box.opened", "ledger.created")


def test_a_time_leads_to_the_first_event_from_then_on(home: Home, ledger: Ledger, clock: FixedClock) -> None:
    clock.at += dt.timedelta(days=2)
    ledger.append(_event(12))
    with home.database.reading() as connection:
        assert place_at(connection, "2026-11-22") == 0
        assert place_at(connection, "2026-11-23") == 12
        assert place_at(connection, "2027") == 13


@pytest.mark.usefixtures("ledger")
def test_an_altered_event_is_named_and_the_others_are_shown(home: Home) -> None:
    with home.database.writing() as connection:
        connection.execute(sa.update(events).where(events.c.seq == 3).values(actor="mallory"))
    with home.database.reading() as connection:
        lines = read_sheet(connection, Wanted(before=5), count=3).lines
    assert [line.entry is None for line in lines] == [False, True, False]
    assert "event 3 was altered" in lines[1].fault


@pytest.mark.usefixtures("ledger")
def test_a_line_that_is_no_text_is_named_and_the_others_are_shown(home: Home) -> None:
    if home.database.path is None:
        pytest.skip("a server refuses such a text itself")
    with home.database.writing() as connection:
        connection.execute(sa.text("UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE seq = 3"))
    with home.database.reading() as connection:
        lines = read_sheet(connection, Wanted(before=5), count=3).lines
    assert [line.entry is None for line in lines] == [False, True, False]


def test_days_are_counted_as_the_ledger_grows(home: Home, ledger: Ledger, clock: FixedClock) -> None:
    tally = LedgerTally(home.database, clock)
    assert tally.read().days[-1].kinds == {"ledger.created": 1, "box.opened": 6, "box.closed": 5}
    clock.at += dt.timedelta(days=1, minutes=1)
    ledger.append_all([_check("hold", 2), _check("allow", 0), _check("allow_unexamined", 1), _opened(), _opened()])
    clock.at += dt.timedelta(minutes=2)
    ledger.append(_opened())
    yesterday, today = tally.read().days[-2:]
    assert yesterday.kinds["box.opened"] == 6
    assert today.actions == {Action.HOLD: 1, Action.ALLOW: 1, Action.ALLOW_UNEXAMINED: 1}
    assert (today.with_gaps, today.open_minutes, today.kinds["check.failed_open"]) == (2, 2, 3)


@pytest.mark.usefixtures("ledger")
def test_a_long_ledger_is_counted_a_part_at_a_time(home: Home, clock: FixedClock) -> None:
    tally = LedgerTally(home.database, clock, at_once=5)
    first = tally.read()
    assert not first.is_whole
    assert sum(first.days[-1].kinds.values()) == 5
    tally.wait()
    assert tally.read().is_whole
    assert sum(tally.read().days[-1].kinds.values()) == 12


def test_events_before_the_days_that_are_shown_are_not_counted(home: Home, ledger: Ledger, clock: FixedClock) -> None:
    clock.at += dt.timedelta(days=40)
    ledger.append(_event(13))
    days = LedgerTally(home.database, clock).read().days
    assert sum(sum(day.kinds.values()) for day in days) == 1


def test_a_run_says_how_far_it_is_and_what_was_found(clock: FixedClock) -> None:
    said = '{"examined": 3, "size": 7}', '{"end": "sound", "size": 7, "signed": 5, "root": "ab"}'
    noted: list[Event] = []
    verification = Verification(_saying(*said), clock, noted.append)
    assert verification.start("ada").asked_by == "ada"
    verification.wait(20)
    run = verification.current()
    assert run is not None
    assert (run.state, run.examined, run.signed, run.root_hex, run.percent) == (RunState.SOUND, 7, 5, "ab", 100)
    assert [event.kind for event in noted] == ["ledger.verified"]


def test_a_process_that_dies_has_found_nothing(clock: FixedClock) -> None:
    verification = Verification(_saying('{"examined": 3, "size": 7}'), clock, lambda _event: None)
    verification.start("ada")
    verification.wait(20)
    run = verification.current()
    assert run is not None
    assert (run.state, run.examined) == (RunState.FAILED, 3)


def test_nobody_starts_a_second_run_beside_the_first(clock: FixedClock) -> None:
    argv = sys.executable, "-c", "import time; time.sleep(60)"
    verification = Verification(argv, clock, lambda _event: None)
    first = verification.start("ada")
    clock.at += dt.timedelta(minutes=1)
    assert verification.start("ben") is first
    verification.close()
    assert verification.current() != first


@pytest.mark.long
def test_a_real_ledger_is_verified_and_a_changed_one_is_not(tmp_path: Path, clock: FixedClock) -> None:
    folder = tmp_path / "home"
    with Home.open(folder, clock) as home:
        ledger = open_ledger(home)
        ledger.append_all([_event(number) for number in range(5)])
        if home.database.path is None:
            pytest.skip("the child would look for the tables in the folder")
        verification = Verification(child_argv(folder), clock, ledger.append)
        verification.start("ada")
        verification.wait(60)
        run = verification.current()
        assert run is not None
        assert (run.state, run.size) == (RunState.SOUND, 6)
        with home.database.writing() as connection:
            connection.execute(sa.update(events).where(events.c.seq == 3).values(actor="mallory"))
        verification.start("ada")
        verification.wait(60)
        run = verification.current()
        assert run is not None
        assert run.state is RunState.BROKEN
        assert "event 3 was altered" in run.fault


def _saying(*lines: str) -> tuple[str, ...]:
    return sys.executable, "-S", "-c", f"print({chr(10).join(lines)!r})"


def _check(action: str, gaps: int) -> Event:
    details: dict[str, str | int | bool] = {"action": action, "check": "chk", "findings": 1, "gaps": gaps, "items": 1}
    return Event("check.decided", "service", details=details)


def _opened() -> Event:
    return Event("check.failed_open", "service", details={"check": "chk"})
