"""The ledger verifies after any prefix, and fails after any flip, drop, swap or truncation."""

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.ledger import Checkpoint, LedgerBrokenError, MemoryLedger, SigningKey, verify_export
from safehold.vocabulary import Event, FixedClock

NOON = FixedClock(dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
KEY = SigningKey(bytes(32))

words = st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True)
events = st.builds(
    Event,
    kind=st.sampled_from(["test.happened", "bank.imported", "record.released"]),
    actor=words,
    policy=st.sampled_from(["", "default@1.0.0"]),
    details=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
        st.one_of(words, st.booleans(), st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)),
        max_size=4,
    ),
)
histories = st.lists(st.tuples(events, st.booleans()), min_size=1, max_size=12)
History = list[tuple[Event, bool]]


def lived(history: History) -> tuple[list[bytes], list[Checkpoint]]:
    """Return the lines of the export of a history, and every checkpoint on the way."""
    ledger = MemoryLedger(NOON, KEY)
    signed = []
    for event, is_signed in history:
        ledger.append(event)
        if is_signed:
            signed.append(ledger.checkpoint())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        ledger.export(path)
        return path.read_bytes().splitlines(keepends=True), [*signed, ledger.checkpoint()]


def verified(content: bytes, retained: Checkpoint | None) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        path.write_bytes(content)
        return verify_export(path, retained).size


@pytest.mark.long
@given(histories)
@settings(max_examples=30, deadline=None)
def test_it_verifies_after_any_prefix_against_every_checkpoint_on_the_way(history: History) -> None:
    for length in range(1, len(history) + 1):
        lines, signed = lived(history[:length])
        for retained in (None, *signed):
            assert verified(b"".join(lines), retained) == length + 1


@pytest.mark.long
@given(histories, st.data())
@settings(max_examples=100, deadline=None)
def test_it_fails_after_a_flip_of_any_bit(history: History, data: st.DataObject) -> None:
    lines, _ = lived(history)
    content = bytearray(b"".join(lines))
    at = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    with pytest.raises(LedgerBrokenError):
        verified(bytes(content), None)


def dropped(lines: list[bytes], at: int, _: int) -> list[bytes]:
    return lines[:at] + lines[at + 1 :]


def swapped(lines: list[bytes], at: int, other: int) -> list[bytes]:
    result = list(lines)
    result[at], result[other] = result[other], result[at]
    return result


def doubled(lines: list[bytes], at: int, other: int) -> list[bytes]:
    return [*lines[:other], lines[at], *lines[other:]]


def cut(lines: list[bytes], at: int, _: int) -> list[bytes]:
    return lines[:at]


@pytest.mark.parametrize("tamper", [dropped, swapped, doubled, cut])
@given(history=histories, data=st.data())
@settings(max_examples=40, deadline=None)
def test_it_fails_after_any_drop_swap_doubling_or_truncation(
    tamper: Callable[[list[bytes], int, int], list[bytes]], history: History, data: st.DataObject
) -> None:
    lines, signed = lived(history)
    places = st.integers(min_value=0, max_value=len(lines) - 1)
    at, other = data.draw(places), data.draw(places)
    changed = tamper(lines, at, other)
    if changed == lines:
        return
    lost_a_signature_only = tamper is dropped and b"safehold.checkpoint/1" in lines[at] and at < len(lines) - 1
    if lost_a_signature_only:  # nothing that happened is gone
        assert verified(b"".join(changed), signed[-1]) == len(history) + 1
        return
    with pytest.raises(LedgerBrokenError):
        verified(b"".join(changed), signed[-1])


@given(histories, st.data())
@settings(max_examples=40, deadline=None)
def test_it_fails_when_cut_in_the_middle_of_a_line(history: History, data: st.DataObject) -> None:
    lines, signed = lived(history)
    content = b"".join(lines)
    at = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    with pytest.raises(LedgerBrokenError):
        verified(content[:at], signed[-1])
