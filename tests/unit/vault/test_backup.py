"""A vault that is backed up while others work in it: the archive shows one moment, in which all fits together."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safehold.home.home import Home
from safehold.home.restore import restore
from safehold.vault import EvidenceState, Label, LocalVault, read_custodian_key
from safehold.vocabulary import SystemClock

CONTENT = b"harmless stand-in" * 5000

_START = """
import sys
from pathlib import Path
from safehold.home.backup import backup
from safehold.home.home import Home
from safehold.vault import EvidenceId, Label, LocalVault, Reference, ReferenceKind, Step
from safehold.vocabulary import SystemClock

folder, home = Path(sys.argv[1]), Home.open(Path(sys.argv[1], "home"), SystemClock())

def stand_still():
    print("standing", flush=True)
    sys.stdin.readline()
"""
_BACKUP = """
def watch(event, arguments):
    global waiting
    if waiting and event == "open" and "/vault/shares/" in str(arguments[0]):
        waiting = False
        stand_still()

waiting = bool(sys.argv[2:])
sys.addaudithook(watch)
backup(home, folder / "a.tar", with_private_keys=True)
"""
_ERASE = "LocalVault(home).erase(EvidenceId(sys.argv[2]), Reference(ReferenceKind.RECEIPT, 'receipt-17'))"
_PUT = "LocalVault(home).put(b'another', Label(case='run-2'))"
_SLOW_PUT = """
def watch(step):
    if step is Step.SHARE_STORED and first:
        first.clear()
        stand_still()

first = [True]
LocalVault(home, watch=watch).put(b"another", Label(case="run-2"))
"""


@contextmanager
def running(program: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", _START + program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def await_standstill(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "standing\n"


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def is_waiting(process: "subprocess.Popen[str]") -> bool:
    """Whether a process sleeps in a lock, after so long that it would have ended otherwise."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    return process.poll() is None


@pytest.fixture
def evidence(tmp_path: Path) -> str:
    with Home.open(tmp_path / "home", SystemClock()) as home:
        vault = LocalVault(home)
        for name in ("amira", "jonas"):
            vault.custodians.generate(name, out=tmp_path / f"{name}.key")
        return vault.put(CONTENT, Label(case="run-1"))


def restored_states(folder: Path) -> list[EvidenceState]:
    """Restore the archive, find it sound, open everything that is sealed in it."""
    restore(folder / "a.tar", folder / "new")
    with Home.open(folder / "new", SystemClock()) as home:
        vault = LocalVault(home)
        report = vault.fsck()
        assert report.is_sound
        assert report.orphans == ()
        keys = [read_custodian_key(folder / f"{name}.key") for name in ("amira", "jonas")]
        for row in vault.list():
            if row.state is EvidenceState.SEALED:
                assert vault.open(row.id, keys, purpose="restore-test", case="case-1") in {CONTENT, b"another"}
        return [row.state for row in vault.list()]


@pytest.mark.parametrize("change", [_ERASE, _PUT])
def test_who_puts_or_erases_waits_for_a_running_backup(tmp_path: Path, evidence: str, change: str) -> None:
    with running(_BACKUP, str(tmp_path), "stand still") as copying:
        await_standstill(copying)
        with running(change, str(tmp_path), evidence) as changing:
            assert is_waiting(changing)
            end(copying)
            end(changing)
    assert restored_states(tmp_path) == [EvidenceState.SEALED]


@pytest.mark.usefixtures("evidence")
def test_a_backup_waits_for_a_put_that_is_under_way(tmp_path: Path) -> None:
    with running(_SLOW_PUT, str(tmp_path)) as putting:
        await_standstill(putting)
        with running(_BACKUP, str(tmp_path)) as copying:
            assert is_waiting(copying)
            end(putting)
            end(copying)
    assert restored_states(tmp_path) == [EvidenceState.SEALED, EvidenceState.SEALED]


def test_a_killed_backup_keeps_nobody_out(tmp_path: Path, evidence: str) -> None:
    with running(_BACKUP, str(tmp_path), "stand still") as copying:
        await_standstill(copying)
        copying.kill()
        copying.wait(timeout=10)
        with running(_ERASE, str(tmp_path), evidence) as erasing:
            end(erasing)
    assert not (tmp_path / "a.tar").exists()
