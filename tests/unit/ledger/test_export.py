import datetime as dt
import json
import stat
from pathlib import Path

import pytest

from safehold.ledger import Checkpoint, LedgerBrokenError, MemoryLedger, SigningKey, canonical, verify_export
from safehold.ledger.merkle import leaf_hash
from safehold.vocabulary import Event, FixedClock

NOON = FixedClock(dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC))
KEY = SigningKey(bytes(32))
FORGER = SigningKey(b"\x01" * 32)


def filled(key: SigningKey, *numbers: int) -> MemoryLedger:
    ledger = MemoryLedger(NOON, key)
    for number in numbers:
        ledger.append(Event("test.happened", "system", details={"number": number}))
        if number % 2:
            ledger.checkpoint()
    return ledger


@pytest.fixture
def export(tmp_path: Path) -> Path:
    filled(KEY, 1, 2, 3, 4).export(tmp_path / "ledger.jsonl")
    return tmp_path / "ledger.jsonl"


def test_an_export_is_one_private_file_of_json_lines_that_ends_with_a_checkpoint(export: Path) -> None:
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    assert [line.get("seq", f"checkpoint {line.get('size')}") for line in lines] == [
        *(0, 1, "checkpoint 2", 2, 3, "checkpoint 4", 4, "checkpoint 5")
    ]
    assert stat.S_IMODE(export.stat().st_mode) == 0o600


def test_the_error_names_the_line(export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"number":2', b'"number":9')
    export.write_bytes(b"".join(lines))
    with pytest.raises(LedgerBrokenError, match="line 4: event 2 was altered"):
        verify_export(export)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[]\n", b"1\n", b"nonsense\n", b"\xff\xfe\n", b'{"schema":"safehold.checkpoint/1"}\n'],
)
def test_other_files_are_no_ledger(export: Path, content: bytes) -> None:
    export.write_bytes(content)
    with pytest.raises(LedgerBrokenError):
        verify_export(export)


def test_a_last_line_without_its_end_is_cut_off(export: Path) -> None:
    export.write_bytes(export.read_bytes()[:-1])
    with pytest.raises(LedgerBrokenError, match="line 8: it is cut off"):
        verify_export(export)


@pytest.mark.parametrize("details", ['{"number":{"a":null}}', '{"number":[1]}'])
def test_details_stay_flat_even_with_a_right_leaf_hash(export: Path, details: str) -> None:
    fields = json.loads(export.read_text().splitlines()[1])
    del fields["leaf"]
    fields["details"] = json.loads(details)
    line = canonical({**fields, "leaf": leaf_hash(canonical(fields)).hex()})
    export.write_bytes(export.read_bytes().splitlines(keepends=True)[0] + line + b"\n")
    with pytest.raises(LedgerBrokenError, match="line 2: event 1 holds what no event may hold"):
        verify_export(export)


def test_a_retained_checkpoint_of_another_installation_is_told(export: Path) -> None:
    own = filled(KEY, 1).checkpoint()
    root = bytes.fromhex(own.root_hex)
    other = Checkpoint.sign(KEY, origin="safehold-00", size=own.size, root=root, issued_at=own.issued_at)
    with pytest.raises(LedgerBrokenError, match="the retained checkpoint is another installation's"):
        verify_export(export, other)


def test_a_ledger_of_another_beginning_is_refused(export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[1:]))
    with pytest.raises(LedgerBrokenError, match="event 0 is missing"):
        verify_export(export)


def test_an_export_cut_before_its_last_checkpoint_is_found_alone(export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(LedgerBrokenError, match="does not end with a checkpoint"):
        verify_export(export)


def test_an_export_cut_at_an_older_checkpoint_is_found_with_a_retained_one(export: Path) -> None:
    retained = filled(KEY, 1, 2, 3).checkpoint()
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[:3]))
    assert verify_export(export).size == 2
    with pytest.raises(LedgerBrokenError, match="cut off: the retained checkpoint covers 4 events, the ledger has 2"):
        verify_export(export, retained)


def test_a_forged_ledger_is_only_self_consistent(export: Path) -> None:
    retained = filled(KEY, 1).checkpoint()
    filled(FORGER, 1, 2, 3, 4).export(export)
    assert not verify_export(export).is_anchored
    with pytest.raises(LedgerBrokenError, match="never spoke"):
        verify_export(export, public_key=KEY.public_key)
    with pytest.raises(LedgerBrokenError, match="another root"):
        verify_export(export, retained)


def test_a_checkpoint_of_another_key_does_not_fit_in(export: Path) -> None:
    forged = filled(FORGER, 1, 2, 3, 4).checkpoint()
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(lines[:-1]) + forged.to_json().encode() + b"\n")
    with pytest.raises(LedgerBrokenError):
        verify_export(export)


def test_the_sandbox_can_be_told_to_refuse_once() -> None:
    ledger = filled(KEY, 1)
    ledger.refusal = LedgerBrokenError("as asked", advice="nothing")
    with pytest.raises(LedgerBrokenError, match="as asked"):
        ledger.append(Event("test.happened", "system"))
    assert ledger.append(Event("test.happened", "system")) == 2


def test_the_sandbox_notices_what_it_was_told_to_lose() -> None:
    ledger = filled(KEY, 1, 2, 3)
    del ledger.lines[2:]
    with pytest.raises(LedgerBrokenError):
        ledger.append(Event("test.happened", "system"))
    with pytest.raises(LedgerBrokenError):
        ledger.verify()
    assert len(ledger.checkpoints()) == 2
