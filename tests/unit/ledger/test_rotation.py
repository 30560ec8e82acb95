import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from safehold.home.backup import backup
from safehold.home.home import Home
from safehold.home.restore import restore
from safehold.ledger import (
    KeyLostError,
    Ledger,
    LedgerBrokenError,
    SigningKey,
    UnprovenKeyError,
    open_ledger,
    replace_lost,
    rotate,
    verify_export,
)
from safehold.ledger.keychain import replaced, rotated
from safehold.ledger.keys import key_path
from safehold.vocabulary import Event, FixedClock

NOON = FixedClock(dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
EVENT = Event("test.happened", "system", details={"number": 1})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", NOON) as opened:
        yield opened


def lose_key(home: Home) -> None:
    key_path(home.keys, "installation").unlink()


def test_the_key_is_made_with_the_first_ledger_and_kept(home: Home) -> None:
    first = open_ledger(home).checkpoint()
    assert open_ledger(home).checkpoint() == first


def test_rotation_keeps_the_history_and_hands_the_word_to_the_new_key(home: Home) -> None:
    ledger = open_ledger(home)
    ledger.append(EVENT)
    old = ledger.checkpoint()
    ledger = rotate(home, "ada")
    ledger.append(EVENT)
    new = ledger.checkpoint()
    assert new.public_key != old.public_key
    assert new.origin == old.origin
    assert ledger.verify(old).keys == (old.public_key, new.public_key)
    assert ledger.verify(new).is_anchored
    assert [path.name for path in home.keys.iterdir()] == ["installation.key"]


def test_a_reader_who_knows_the_old_key_follows_several_rotations_offline(home: Home, tmp_path: Path) -> None:
    old = open_ledger(home).checkpoint()
    for _ in range(3):
        ledger = rotate(home, "ada")
        ledger.append(EVENT)
    ledger.export(tmp_path / "ledger.jsonl")
    state = verify_export(tmp_path / "ledger.jsonl", old, public_key=old.public_key)
    assert state.is_anchored
    assert len(state.keys) == 4


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_rotation_cut_short_at_any_step_is_finished_or_can_be_repeated(home: Home, steps: int) -> None:
    ledger = open_ledger(home)
    old = ledger.checkpoint()
    new = SigningKey.load_or_create(home.keys, "installation.next")  # step 1, and the process dies
    if steps >= 2:
        key = SigningKey.load(key_path(home.keys, "installation"))
        ledger.append_key_event(rotated(key, new.public_key, origin=old.origin, actor="ada"))  # step 2, and it dies
    if steps >= 3:
        os.rename(key_path(home.keys, "installation.next"), key_path(home.keys, "installation"))  # noqa: PTH104
    ledger = open_ledger(home) if steps >= 2 else rotate(home, "ada")
    ledger.append(EVENT)
    assert ledger.checkpoint().public_key == new.public_key
    assert ledger.verify(old).keys == (old.public_key, new.public_key)
    assert [path.name for path in home.keys.iterdir()] == ["installation.key"]


def test_a_lost_key_stops_everything_until_people_act(home: Home) -> None:
    open_ledger(home).append(EVENT)
    lose_key(home)
    for attempt in (lambda: open_ledger(home), lambda: rotate(home, "ada")):
        with pytest.raises(KeyLostError) as caught:
            attempt()
        assert "docs/operations.md" in caught.value.advice
    assert list(home.keys.iterdir()) == []


def test_a_lost_key_is_replaced_and_readers_ask_for_the_new_one(home: Home, tmp_path: Path) -> None:
    open_ledger(home).append(EVENT)
    retained = open_ledger(home).checkpoint()
    lose_key(home)
    ledger = replace_lost(home, "ada")
    ledger.append(EVENT)
    new = ledger.checkpoint()
    assert ledger.verify(retained).keys == (retained.public_key, new.public_key)
    ledger.export(tmp_path / "ledger.jsonl")
    for anchors in ({"retained": retained}, {"public_key": retained.public_key}):
        with pytest.raises(UnprovenKeyError, match="without the old key's word") as caught:
            verify_export(tmp_path / "ledger.jsonl", **anchors)  # type: ignore[arg-type]
        assert "operator" in caught.value.advice
    assert verify_export(tmp_path / "ledger.jsonl", retained, public_key=new.public_key).is_anchored


def test_a_key_that_is_there_is_not_replaced(home: Home) -> None:
    with pytest.raises(KeyLostError, match="not lost"):
        replace_lost(home, "ada")
    open_ledger(home).append(EVENT)
    with pytest.raises(KeyLostError, match="not lost"):
        replace_lost(home, "ada")


def test_a_home_restored_without_its_key_gets_a_new_one_openly(home: Home, tmp_path: Path) -> None:
    open_ledger(home).append(EVENT)
    retained = open_ledger(home).checkpoint()
    backup(home, tmp_path / "a.tar")
    restore(tmp_path / "a.tar", tmp_path / "new")
    with Home.open(tmp_path / "new", NOON) as new:
        with pytest.raises(KeyLostError):
            open_ledger(new)
        assert replace_lost(new, "ada").verify(retained).size == 3


def test_a_home_restored_with_its_key_goes_on_as_before(home: Home, tmp_path: Path) -> None:
    open_ledger(home).append(EVENT)
    retained = open_ledger(home).checkpoint()
    backup(home, tmp_path / "a.tar", with_private_keys=True)
    restore(tmp_path / "a.tar", tmp_path / "new")
    with Home.open(tmp_path / "new", NOON) as new:
        assert open_ledger(new).verify(retained).size == 2
        assert open_ledger(new).append(EVENT) == 2


def test_an_older_backup_is_told_from_the_present_by_a_retained_checkpoint(home: Home, tmp_path: Path) -> None:
    open_ledger(home).append(EVENT)
    backup(home, tmp_path / "a.tar", with_private_keys=True)
    open_ledger(home).append(EVENT)
    retained = open_ledger(home).checkpoint()
    restore(tmp_path / "a.tar", tmp_path / "new")
    with Home.open(tmp_path / "new", NOON) as new, pytest.raises(LedgerBrokenError, match="cut off"):
        open_ledger(new).verify(retained)


def test_a_stranger_can_not_name_itself_the_successor(home: Home) -> None:
    stranger = SigningKey(b"\x01" * 32)
    ledger = open_ledger(home)
    origin = ledger.checkpoint().origin
    forged = rotated(stranger, stranger.public_key, origin=origin, actor="ada")
    details = {**forged.details, "old_key": _old_key(ledger)}
    ledger.append_key_event(Event("key.rotated", "ada", details=details))
    with pytest.raises(LedgerBrokenError, match="does not follow"):
        ledger.verify()


def _old_key(ledger: Ledger) -> str:
    return str(next(ledger.events(0, 1)).event.details["new_key"])


def test_a_change_from_a_key_that_is_not_in_use_is_refused(home: Home) -> None:
    ledger = open_ledger(home)
    ledger.checkpoint()
    ledger.append_key_event(replaced(SigningKey(bytes(32)).public_key, SigningKey.generate().public_key, actor="ada"))
    with pytest.raises(LedgerBrokenError, match="not the one in use"):
        ledger.verify()


def test_a_key_does_not_come_back(home: Home) -> None:
    ledger = open_ledger(home)
    first = ledger.checkpoint().public_key
    second = rotate(home, "ada").checkpoint().public_key
    key = SigningKey.load(key_path(home.keys, "installation"))
    assert key.public_key == second
    open_ledger(home).append_key_event(rotated(key, first, origin=ledger.checkpoints()[0].origin, actor="ada"))
    with pytest.raises(LedgerBrokenError, match="in use before"):
        ledger.verify()


def test_a_second_beginning_is_refused(home: Home) -> None:
    ledger = open_ledger(home)
    ledger.checkpoint()
    ledger.append_key_event(next(ledger.events(0, 1)).event)
    with pytest.raises(LedgerBrokenError, match="exactly one beginning"):
        ledger.verify()


def test_being_named_in_a_forged_ledger_is_not_a_word(home: Home, tmp_path: Path) -> None:
    """A forger rewrites everything under a key of its own, and at the end names the trusted key as its successor."""
    trusted = SigningKey(bytes(32))
    forger = SigningKey(b"\x01" * 32)
    ledger = Ledger(home.database, NOON, forger)
    ledger.append(EVENT)
    checkpoint = ledger.checkpoint()
    ledger.append_key_event(rotated(forger, trusted.public_key, origin=checkpoint.origin, actor="ada"))
    with pytest.raises(LedgerBrokenError, match="signed nothing of it"):
        Ledger(home.database, NOON, trusted).verify()
    with pytest.raises(KeyLostError):
        ledger.export(tmp_path / "ledger.jsonl")


def test_an_installations_id_follows_from_its_first_key(home: Home) -> None:
    ledger = open_ledger(home)
    ledger.append_key_event(Event("test.happened", "system"))
    with home.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    beginning = Event("ledger.created", "system", details={"installation": "safehold-00", "new_key": "ab" * 32})
    with home.database.writing() as connection:
        from safehold.ledger.entry import Recorded, details_text
        from safehold.ledger.tables import events

        entry = Recorded.of(0, "2026-11-21T12:00:00.000000Z", beginning)
        values = {"seq": 0, "at": entry.at, "kind": beginning.kind, "actor": "system", "policy": ""}
        leaf = bytes.fromhex(entry.leaf_hex)
        connection.execute(events.insert().values(**values, details=details_text(beginning), leaf=leaf))
    with pytest.raises(LedgerBrokenError, match="does not follow from its first key"):
        ledger.verify()
