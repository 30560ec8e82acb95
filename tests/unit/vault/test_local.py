"""A vault in a home: what lies on the disk, what fsck says, and what a kill leaves."""

import datetime as dt
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from tests.conftest import Places

from safehold.home import HomeFullError
from safehold.home.home import Home
from safehold.vault import (
    CustodianKey,
    CustodianRefusedError,
    Erasure,
    ErasureUnfinishedError,
    EvidenceErasedError,
    EvidenceState,
    HoldRefusedError,
    Label,
    LocalVault,
    NoCustodiansError,
    OpeningRefusedError,
    Problem,
    ProblemKind,
    Reference,
    ReferenceKind,
    Step,
    VaultKeyMissingError,
    VaultSealedError,
    read_custodian_key,
)
from safehold.vault.inspection import Stored
from safehold.vocabulary import Event, FixedClock

CLOCK = FixedClock(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
CANARY = b"CANARY-harmless-4c1d9e"
CONTENT = CANARY * 7000  # three chunks, and the canary lies whole in each
LABEL = Label(case="run-1")
RECEIPT = Reference(ReferenceKind.RECEIPT, "receipt-17")
CEREMONY = {"purpose": "restore-test", "case": "case-1"}
NAMES = ("amira", "jonas", "wen")


@pytest.fixture
def home(chosen_places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name, value in chosen_places.environment(tmp_path / "home").items():
        monkeypatch.setenv(name, value)  # what the processes that are killed find their tables with
    return chosen_places.open(tmp_path / "home", CLOCK)


@pytest.fixture
def vault(home: Home, tmp_path: Path) -> LocalVault:
    made = LocalVault(home)
    (tmp_path / "taken-away").mkdir()
    for name in NAMES:
        made.custodians.generate(name, out=tmp_path / "taken-away" / f"{name}.key")
    return made


def _keys(tmp_path: Path, *names: str) -> list[CustodianKey]:
    return [read_custodian_key(tmp_path / "taken-away" / f"{name}.key") for name in names]


def _kinds(vault: LocalVault) -> set[ProblemKind]:
    return {problem.kind for problem in vault.fsck().problems}


def _files_with(needle: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_the_sealing_machine_cannot_read_back_what_it_sealed(vault: LocalVault, home: Home) -> None:
    """Every 32 bytes of every file in the home, and every key file, tried as a key for each custodian."""
    identifier = vault.put(CONTENT, LABEL)
    candidates = {path.read_bytes()[:32] for path in home.path.rglob("*") if path.is_file()}
    for path in home.keys.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        candidates |= {data[start : start + 32] for start in range(max(0, len(data) - 31))}
    for secret in (candidate for candidate in candidates if len(candidate) == 32):
        keys = [CustodianKey(name, secret) for name in NAMES]
        with pytest.raises(OpeningRefusedError):
            vault.open(identifier, keys, **CEREMONY)


def test_nothing_on_the_disk_shows_the_content(vault: LocalVault, tmp_path: Path) -> None:
    identifier = vault.put(CONTENT, LABEL)
    assert vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT
    assert _files_with(CANARY, tmp_path) == []


def test_every_file_is_for_its_owner_alone(vault: LocalVault, home: Home) -> None:
    vault.put(CONTENT, LABEL)
    for path in home.vault.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_without_custodians_nothing_is_kept(home: Home) -> None:
    with pytest.raises(NoCustodiansError):
        LocalVault(home).put(CONTENT, LABEL)
    assert [path for path in home.vault.rglob("*") if path.is_file()] == []


def test_a_row_and_its_event_commit_together(home: Home, vault: LocalVault) -> None:
    class LedgerBrokenError(Exception):
        pass

    def refuse(_event: Event, _connection: object = None) -> None:
        raise LedgerBrokenError

    broken = LocalVault(home, refuse)
    with pytest.raises(LedgerBrokenError):
        broken.put(CONTENT, LABEL)
    assert vault.list() == ()
    identifier = vault.put(CONTENT, LABEL)
    with pytest.raises(LedgerBrokenError):
        broken.erase(identifier, RECEIPT)
    assert vault.list()[0].state is EvidenceState.SEALED
    assert vault.fsck().is_sound


def test_an_opening_that_cannot_be_recorded_reveals_nothing(home: Home, vault: LocalVault, tmp_path: Path) -> None:
    def refuse(_event: Event, _connection: object = None) -> None:
        raise CustodianRefusedError("no", advice="no")

    identifier = vault.put(CONTENT, LABEL)
    with pytest.raises(CustodianRefusedError):
        LocalVault(home, refuse).open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY)


def test_a_later_custodian_holds_no_share_of_earlier_evidence(vault: LocalVault, tmp_path: Path) -> None:
    identifier = vault.put(CONTENT, LABEL)
    late = PrivateKey.generate()
    vault.custodians.register("late", bytes(late.public_key))
    with pytest.raises(OpeningRefusedError, match="belongs to nobody"):
        vault.open(identifier, [*_keys(tmp_path, "amira"), CustodianKey("late", bytes(late))], **CEREMONY)


def test_evidence_survives_the_loss_of_a_custodian(vault: LocalVault, home: Home, tmp_path: Path) -> None:
    identifier = vault.put(CONTENT, LABEL)
    (home.vault / "shares" / "jonas" / identifier).unlink()
    assert vault.fsck().problems == (Problem(ProblemKind.SHARE_MISSING, identifier, "jonas"),)
    assert not vault.fsck().problems[0].is_fatal
    assert vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT


def test_fsck_finds_a_changed_bit_anywhere_in_the_vault(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(b"small", LABEL)
    expected = {"objects": ProblemKind.OBJECT_CHANGED, "shares": ProblemKind.SHARE_CHANGED}
    for path in (home.vault / "objects" / identifier, home.vault / "shares" / "wen" / identifier):
        genuine = path.read_bytes()
        kind = expected[path.relative_to(home.vault).parts[0]]
        for place in range(0, len(genuine), 3):
            path.write_bytes(genuine[:place] + bytes([genuine[place] ^ 1]) + genuine[place + 1 :])
            assert _kinds(vault) == {kind}
        path.write_bytes(genuine)
    assert vault.fsck().is_sound


def test_fsck_finds_exchanged_objects_and_shares(vault: LocalVault, home: Home) -> None:
    first, second = vault.put(b"first", LABEL), vault.put(b"other", LABEL)
    for folder in (home.vault / "objects", home.vault / "shares" / "wen"):
        a, b = (folder / first).read_bytes(), (folder / second).read_bytes()
        (folder / first).write_bytes(b)
        (folder / second).write_bytes(a)
        assert {problem.evidence for problem in vault.fsck().problems} == {first, second}
        (folder / first).write_bytes(a)
        (folder / second).write_bytes(b)


def test_fsck_finds_what_is_missing_and_what_is_exposed(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(CONTENT, LABEL)
    path = home.vault / "objects" / identifier
    path.chmod(0o644)
    assert _kinds(vault) == {ProblemKind.READABLE_BY_OTHERS}
    path.unlink()
    assert _kinds(vault) == {ProblemKind.OBJECT_MISSING}
    assert all(problem.is_fatal for problem in vault.fsck().problems)


def test_fsck_names_every_folder_and_file_of_the_store_that_others_may_use(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(CONTENT, LABEL)
    assert vault.fsck().is_sound
    for name in ("", "objects", "shares", "shares/wen", f"shares/amira/{identifier}"):
        path = home.vault / name
        before = stat.S_IMODE(path.stat().st_mode)
        for added in (0o040, 0o001, 0o020):
            path.chmod(before | added)
            report = vault.fsck()
            assert (report.exposed, report.is_sound) == ((name or ".",), False), (name, added)
        path.chmod(before)
    (home.vault / "objects" / "planted").symlink_to("/etc/hostname")
    assert vault.fsck().exposed == ("objects/planted",)


def test_what_one_custodian_could_open_is_sealed_anew_to_two_once_there_are_two(
    vault: LocalVault, home: Home, tmp_path: Path
) -> None:
    folder = home.keys / "custodians"
    for name in ("amira", "jonas"):
        (folder / f"{name}.pub").rename(folder / f"{name}.away")
    alone = vault.put(CONTENT, LABEL)
    assert vault.open(alone, _keys(tmp_path, "wen"), **CEREMONY) == CONTENT
    for name in ("amira", "jonas"):
        (folder / f"{name}.away").rename(folder / f"{name}.pub")
    assert vault.open(alone, _keys(tmp_path, "wen"), **CEREMONY) == CONTENT, "old objects stay as they are"
    assert vault.put(CONTENT, Label(case="run-2")) == alone
    (row,) = vault.list()
    assert (row.threshold, row.custodians, row.case) == (2, ("amira", "jonas", "wen"), LABEL.case)
    with pytest.raises(OpeningRefusedError):
        vault.open(alone, _keys(tmp_path, "wen"), **CEREMONY)
    assert vault.open(alone, _keys(tmp_path, "wen", "amira"), **CEREMONY) == CONTENT
    assert vault.fsck().is_sound


def test_fsck_says_when_too_few_shares_are_left(vault: LocalVault, home: Home, tmp_path: Path) -> None:
    identifier = vault.put(CONTENT, LABEL)
    for name in ("amira", "wen"):
        (home.vault / "shares" / name / identifier).unlink()
    assert _kinds(vault) == {ProblemKind.SHARE_MISSING, ProblemKind.TOO_FEW_SHARES}
    with pytest.raises(OpeningRefusedError):
        vault.open(identifier, _keys(tmp_path, *NAMES), **CEREMONY)


def test_evidence_nobody_could_open_is_sealed_again_when_its_bytes_come_back(
    vault: LocalVault, home: Home, tmp_path: Path
) -> None:
    identifier = vault.put(CONTENT, LABEL)
    for name in ("amira", "wen"):
        (home.vault / "shares" / name / identifier).unlink()
    assert vault.put(CONTENT, LABEL) == identifier
    assert vault.fsck().is_sound
    assert vault.open(identifier, _keys(tmp_path, "jonas", "wen"), **CEREMONY) == CONTENT


def test_a_missing_object_does_not_open(vault: LocalVault, home: Home, tmp_path: Path) -> None:
    identifier = vault.put(CONTENT, LABEL)
    (home.vault / "objects" / identifier).unlink()
    with pytest.raises(VaultSealedError, match="missing"):
        vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY)


def test_planted_evidence_is_told_from_sealed_evidence(vault: LocalVault, home: Home, tmp_path: Path) -> None:
    """The vault key of another home seals other bytes under the id of this home's evidence."""
    from safehold.vault.sealing import seal

    identifier = vault.put(CONTENT, LABEL)
    planted = seal(b"planted", identifier, quorum=vault.custodians.quorum(), vault_key=b"w" * 32)
    (home.vault / "objects" / identifier).write_bytes(b"".join(planted.parts))
    for name, share in planted.shares.items():
        (home.vault / "shares" / name / identifier).write_bytes(share)
    with pytest.raises(VaultSealedError, match="planted"):
        vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY)


def test_without_the_vault_key_evidence_opens_but_nothing_is_sealed(
    vault: LocalVault, home: Home, tmp_path: Path
) -> None:
    identifier = vault.put(CONTENT, LABEL)
    (home.keys / "vault.key").unlink()
    with pytest.raises(VaultKeyMissingError):
        vault.put(b"more", LABEL)
    assert vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT
    assert _kinds(vault) == {ProblemKind.UNCHECKED}


def test_a_damaged_vault_key_is_not_replaced(vault: LocalVault, home: Home) -> None:
    (home.keys / "vault.key").write_bytes(b"short")
    with pytest.raises(VaultKeyMissingError):
        vault.put(CONTENT, LABEL)


def test_an_erasure_leaves_no_file_and_no_share(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(CONTENT, LABEL)
    shares = [path.read_bytes() for path in home.vault.rglob(identifier) if "shares" in path.parts]
    vault.erase(identifier, RECEIPT)
    assert list(home.vault.rglob(f"*{identifier}*")) == []
    assert not any(_files_with(share[90:150], home.path) for share in shares)


def test_what_is_left_after_an_erasure_is_found_and_erased(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(CONTENT, LABEL)
    share = (home.vault / "shares" / "wen" / identifier).read_bytes()
    vault.erase(identifier, RECEIPT)
    (home.vault / "shares" / "wen" / identifier).write_bytes(share)
    assert _kinds(vault) == {ProblemKind.LEFT_AFTER_ERASURE}
    vault.erase(identifier, RECEIPT)
    assert vault.fsck().is_sound


def test_strange_files_are_orphans_and_can_be_removed(vault: LocalVault, home: Home) -> None:
    identifier = vault.put(CONTENT, LABEL)
    for stray in ("objects/stranger", f"objects/.{identifier}.0123456789ab.tmp", "shares/wen/" + "0" * 64):
        (home.vault / stray).write_bytes(b"x")
    assert len(vault.fsck().orphans) == 3
    assert vault.remove_orphans() == 3
    assert vault.fsck().orphans == ()
    assert vault.fsck().is_sound


def test_a_full_disk_registers_nothing_and_says_what_to_do(home: Home, vault: LocalVault) -> None:
    def full(step: Step) -> None:
        if step is Step.SHARE_STORED:
            raise OSError(28, "No space left on device")

    with pytest.raises(HomeFullError, match="No space left") as caught:
        LocalVault(home, watch=full).put(CONTENT, LABEL)
    assert "run the same command again" in caught.value.advice
    assert vault.list() == ()
    assert vault.fsck().orphans != ()
    vault.put(CONTENT, LABEL)
    assert (vault.fsck().orphans, vault.fsck().is_sound) == ((), True)


def test_removed_custodians_keep_no_share_of_a_new_sealing(vault: LocalVault, home: Home) -> None:
    """A half-done put to three custodians, then a put to two: the third one's stale share goes."""

    def stop(step: Step) -> None:
        if step is Step.SHARES_STORED:
            raise OSError(5, "Input/output error")

    with pytest.raises(HomeFullError):
        LocalVault(home, watch=stop).put(CONTENT, LABEL)
    (home.keys / "custodians" / "wen.pub").unlink()
    identifier = vault.put(CONTENT, LABEL)
    assert not (home.vault / "shares" / "wen" / identifier).exists()
    assert vault.fsck().is_sound


_CHILD = """
import datetime as dt, os, signal, sys
from pathlib import Path
from safehold.home.home import Home
from safehold.settings import load_settings
from safehold.vault import *
from safehold.vocabulary import FixedClock
home, action, step, nth, identifier = sys.argv[1:]
seen = 0
def watch(reached):
    global seen
    seen += reached is Step(step)
    if reached is Step(step) and seen == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
def record(event, connection=None):
    with open(Path(home).parent / "events", "a") as file:
        file.write(event.kind + "\\n")
clock, server = FixedClock(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)), load_settings(Path(home), os.environ).server()
with Home.open(Path(home), clock, server=server) as opened:
    vault = LocalVault(opened, record, watch=watch)
    if action == "put":
        print(vault.put(sys.stdin.buffer.read(), Label(case="run-1")))
    else:
        vault.erase(identifier, Reference(ReferenceKind.RECEIPT, "receipt-17"))
"""


def _run(home: Home, action: str, step: Step, nth: int, *, identifier: str = "") -> int:
    command = [sys.executable, "-c", _CHILD, str(home.path), action, step.value, str(nth), identifier]
    temporary = home.path.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = os.environ | {"TMPDIR": str(temporary)}
    done = subprocess.run(command, input=CONTENT, capture_output=True, timeout=60, check=False, env=environment)
    return done.returncode


PUT_STEPS = [
    *((Step.PART_WRITTEN, nth) for nth in (1, 2, 5)),
    (Step.OBJECT_STORED, 1),
    *((Step.SHARE_STORED, nth) for nth in (1, 2, 3)),
    (Step.SHARES_STORED, 1),
    (Step.ROW_WRITTEN, 1),
    (Step.COMMITTED, 1),
]


@pytest.mark.parametrize(("step", "nth"), PUT_STEPS, ids=lambda value: getattr(value, "value", str(value)))
def test_a_kill_during_a_put_loses_and_doubles_nothing(
    step: Step, nth: int, home: Home, vault: LocalVault, tmp_path: Path
) -> None:
    assert _run(home, "put", step, nth) == -signal.SIGKILL
    assert _files_with(CANARY, tmp_path) == []
    report = vault.fsck()
    is_committed = step is Step.COMMITTED
    assert (report.is_sound, report.examined, report.orphans == ()) == (True, int(is_committed), is_committed)

    identifier = vault.put(CONTENT, LABEL)
    assert [row.id for row in vault.list()] == [identifier]
    assert vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT
    vault.remove_orphans()
    assert (vault.fsck().is_sound, vault.fsck().orphans) == (True, ())
    names = sorted(path.name for path in home.vault.rglob("*") if path.is_file() and path.name != "lock")
    assert names == [identifier] * 4
    assert vault.open(identifier, _keys(tmp_path, "jonas", "wen"), **CEREMONY) == CONTENT


ERASE_STEPS = [
    (Step.ERASURE_BEGUN, 1),
    *((step, nth) for step in (Step.SHARE_RENAMED, Step.SHARE_OVERWRITTEN, Step.SHARE_REMOVED) for nth in (1, 3)),
    (Step.OBJECT_REMOVED, 1),
    (Step.ERASURE_WRITTEN, 1),
]


@pytest.mark.parametrize(("step", "nth"), ERASE_STEPS, ids=lambda value: getattr(value, "value", str(value)))
def test_a_killed_erasure_is_reported_and_can_be_finished(
    step: Step, nth: int, home: Home, vault: LocalVault, tmp_path: Path
) -> None:
    identifier = vault.put(CONTENT, LABEL)
    assert _run(home, "erase", step, nth, identifier=identifier) == -signal.SIGKILL
    assert vault.list()[0].state is EvidenceState.ERASING
    assert not vault.fsck().is_sound
    assert (home.path.parent / "events").read_text().split().count("evidence.erasure_begun") == 1
    with pytest.raises(EvidenceErasedError):
        vault.open(identifier, _keys(tmp_path, *NAMES), **CEREMONY)
    with pytest.raises(HoldRefusedError):
        vault.hold(identifier, "too-late")
    vault.erase(identifier, Reference(ReferenceKind.COUNSEL, "another"))
    erasure = vault.erasure(identifier)
    assert erasure is not None
    assert (erasure.reference, erasure.shares) == (RECEIPT, 3)
    assert vault.list()[0].state is EvidenceState.ERASED
    assert (vault.fsck().is_sound, vault.fsck().orphans) == (True, ())
    assert list(home.vault.rglob(f"*{identifier}*")) == []


def test_bytes_that_come_back_during_an_erasure_are_sealed_anew_after_it(home: Home, vault: LocalVault) -> None:
    identifier = vault.put(CONTENT, LABEL)
    assert _run(home, "erase", Step.SHARE_REMOVED, 1, identifier=identifier) == -signal.SIGKILL
    recorded: list[str] = []
    again = LocalVault(home, lambda event, _connection=None: recorded.append(event.kind))
    assert again.put(CONTENT, LABEL) == identifier
    assert recorded == ["evidence.erased", "evidence.sealed"]
    assert vault.fsck().is_sound


def test_what_is_left_after_an_erasure_keeps_it_from_being_recorded(home: Home, vault: LocalVault) -> None:
    """Somebody restores a share while the vault destroys the others."""
    identifier = vault.put(CONTENT, LABEL)
    path = home.vault / "shares" / "amira" / identifier
    share = path.read_bytes()

    def restore(step: Step) -> None:
        if step is Step.OBJECT_REMOVED:
            path.write_bytes(share)

    with pytest.raises(ErasureUnfinishedError):
        LocalVault(home, watch=restore).erase(identifier, RECEIPT)
    assert vault.list()[0].state is EvidenceState.ERASING
    vault.erase(identifier, RECEIPT)
    assert vault.list()[0].state is EvidenceState.ERASED


def test_a_copy_of_a_destroyed_share_can_be_told_from_others(home: Home, vault: LocalVault) -> None:
    identifier = vault.put(CONTENT, LABEL)
    copies = {name: (home.vault / "shares" / name / identifier).read_bytes() for name in NAMES}
    vault.erase(identifier, RECEIPT)
    assert vault.erasure(identifier) == Erasure.of(RECEIPT, Stored(None, copies))
    assert vault.erasure(identifier) != Erasure.of(RECEIPT, Stored(None, copies | {"wen": copies["jonas"]}))


def test_orphans_of_a_put_are_removable_before_it_is_repeated(home: Home, vault: LocalVault, tmp_path: Path) -> None:
    assert _run(home, "put", Step.SHARES_STORED, 1) == -signal.SIGKILL
    assert vault.remove_orphans() == 4
    identifier = vault.put(CONTENT, LABEL)
    assert vault.open(identifier, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT


def test_two_processes_putting_the_same_bytes_keep_them_once(home: Home, vault: LocalVault, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CHILD, str(home.path), "put", Step.COMMITTED.value, "99", ""]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = {child.communicate(CONTENT, timeout=60)[0].decode().strip() for child in children}
    assert [child.returncode for child in children] == [0, 0, 0]
    assert answers == {row.id for row in vault.list()}
    assert vault.fsck().is_sound
    assert vault.open(vault.list()[0].id, _keys(tmp_path, "amira", "wen"), **CEREMONY) == CONTENT
