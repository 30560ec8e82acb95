"""What every ledger does, whether it keeps its events in a database or in memory."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import KINDS, Places

from safehold.ledger import (
    Checkpoint,
    EventLog,
    Ledger,
    LedgerBrokenError,
    MemoryLedger,
    SigningKey,
    UnfitEventError,
    verify_export,
)
from safehold.vocabulary import Event, FixedClock

NOON = FixedClock(dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
KEY = SigningKey(bytes(32))

Make = Callable[[], EventLog]


@pytest.fixture(params=[*KINDS, "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Give a maker of ledgers, each with nothing in it."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    places, numbers = Places(server), itertools.count()

    def new() -> EventLog:
        if request.param == "memory":
            return MemoryLedger(NOON, KEY)
        return Ledger(places.open(tmp_path / f"home{next(numbers)}", NOON).database, NOON, KEY)

    yield new
    places.close()


@pytest.fixture
def ledger(make: Make) -> EventLog:
    return make()


def event(number: int) -> Event:
    return Event(
        "test.happened", "system", "default@1.0.0", {"number": number, "is_even": number % 2 == 0, "id": "a-1"}
    )


def test_events_get_consecutive_places_after_the_ledgers_own_beginning(ledger: EventLog) -> None:
    assert [ledger.append(event(number)) for number in range(3)] == [1, 2, 3]
    assert [entry.event.kind for entry in ledger.events()] == ["ledger.created", *["test.happened"] * 3]


def test_what_is_recorded_once_stays_one_event_however_often_it_is_repeated(ledger: EventLog) -> None:
    first = ledger.append_once(event(1))
    assert [ledger.append_once(event(1)) for _ in range(3)] == [first] * 3
    assert ledger.append_once(event(2)) == first + 1
    assert [entry.event for entry in ledger.events(1)] == [event(1), event(2)]


def test_recording_once_sees_what_was_appended_and_tells_kinds_and_details_apart(ledger: EventLog) -> None:
    place = ledger.append(event(1))
    assert ledger.append_once(event(1)) == place
    other_kind = Event("test.repeated", "system", "default@1.0.0", event(1).details)
    assert ledger.append_once(other_kind) == place + 1
    other_actor = Event("test.happened", "alice", "default@2.0.0", event(1).details)
    assert ledger.append_once(other_actor) == place


def test_events_come_back_as_they_were_given(ledger: EventLog) -> None:
    place = ledger.append(event(7))
    (entry,) = ledger.events(place)
    assert entry.event == event(7)
    assert entry.at == "2026-11-21T12:00:00.000000Z"


@pytest.mark.parametrize(("start", "stop", "expected"), [(0, None, 6), (2, 4, 2), (4, 4, 0), (5, 100, 1), (9, None, 0)])
def test_a_range_of_events_leaves_its_end_out(ledger: EventLog, start: int, stop: int | None, expected: int) -> None:
    for number in range(5):
        ledger.append(event(number))
    found = [entry.seq for entry in ledger.events(start, stop)]
    assert found == list(range(start, start + expected))


def test_an_empty_ledger_verifies_and_holds_nothing(ledger: EventLog) -> None:
    assert ledger.verify().size == 0
    assert not ledger.verify().is_anchored


def test_the_beginning_names_the_installation_and_its_key(ledger: EventLog) -> None:
    checkpoint = ledger.checkpoint()
    (beginning,) = ledger.events()
    assert checkpoint.size == 1
    assert checkpoint.origin == beginning.event.details["installation"]
    assert checkpoint.public_key == KEY.public_key


def test_a_checkpoint_covers_everything_and_survives_its_text_form(ledger: EventLog) -> None:
    ledger.append(event(1))
    checkpoint = ledger.checkpoint()
    assert checkpoint.size == 2
    assert checkpoint.root_hex == ledger.verify().root_hex
    assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint


def test_a_checkpoint_without_new_events_is_the_last_one_again(ledger: EventLog) -> None:
    ledger.append(event(1))
    assert ledger.checkpoint() == ledger.checkpoint()


def test_the_ledger_verifies_after_every_prefix_against_every_older_checkpoint(ledger: EventLog) -> None:
    retained: list[Checkpoint] = []
    for number in range(12):
        ledger.append(event(number))
        retained.append(ledger.checkpoint())
        for old in retained:
            assert ledger.verify(old).size == number + 2
    assert ledger.verify(retained[0]).is_anchored


def test_the_same_events_have_the_same_root_in_every_ledger(make: Make) -> None:
    one, other = make(), make()
    for number in range(5):
        one.append(event(number))
        other.append(event(number))
        one.checkpoint()
    assert one.checkpoint() == other.checkpoint()


def test_events_after_the_last_checkpoint_are_counted_as_unsigned(ledger: EventLog) -> None:
    ledger.append(event(1))
    ledger.checkpoint()
    ledger.append(event(2))
    state = ledger.verify()
    assert (state.size, state.signed_size) == (3, 2)


def test_a_checkpoint_of_more_events_than_there_are_shows_the_ledger_to_be_cut_off(make: Make) -> None:
    longer, shorter = make(), make()
    for number in range(4):
        longer.append(event(number))
    for number in range(2):
        shorter.append(event(number))
    shorter.checkpoint()
    with pytest.raises(LedgerBrokenError, match="cut off: the retained checkpoint covers 5 events, the ledger has 3"):
        shorter.verify(longer.checkpoint())


def test_a_checkpoint_of_another_history_is_not_consistent(make: Make) -> None:
    one, other = make(), make()
    one.append(event(1))
    other.append(event(2))
    with pytest.raises(LedgerBrokenError, match="another root"):
        one.verify(other.checkpoint())


def test_a_checkpoint_is_needed_from_this_installation(ledger: EventLog) -> None:
    stranger = MemoryLedger(NOON, SigningKey(b"\x01" * 32))
    ledger.append(event(1))
    stranger.append(event(1))
    with pytest.raises(LedgerBrokenError):
        ledger.verify(stranger.checkpoint())


def test_an_event_that_could_carry_content_is_refused_and_nothing_is_recorded(ledger: EventLog) -> None:
    with pytest.raises(UnfitEventError):
        ledger.append(Event("test.happened", "system", details={"name": "holiday picture.jpg"}))
    assert list(ledger.events()) == []


@pytest.mark.parametrize("kind", ["ledger.created", "key.rotated", "key.replaced"])
def test_nobody_else_records_changes_of_the_ledgers_key(ledger: EventLog, kind: str) -> None:
    with pytest.raises(UnfitEventError):
        ledger.append(Event(kind, "system"))


def test_an_export_verifies_offline(ledger: EventLog, tmp_path: Path) -> None:
    ledger.append(event(1))
    retained = ledger.checkpoint()
    ledger.append(event(2))
    ledger.export(tmp_path / "ledger.jsonl")
    alone = verify_export(tmp_path / "ledger.jsonl")
    anchored = verify_export(tmp_path / "ledger.jsonl", retained, public_key=KEY.public_key)
    assert (alone.size, alone.is_anchored) == (3, False)
    assert (anchored.size, anchored.is_anchored, anchored.root_hex) == (3, True, alone.root_hex)
