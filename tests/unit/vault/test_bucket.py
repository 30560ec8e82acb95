"""A vault in a bucket: what lies there, what a kill leaves, what is erased, and what the storage may do to it."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from tests import storage
from tests.storage import Storage

from safehold.home.home import Home
from safehold.vault import (
    CustodianKey,
    ErasureUnfinishedError,
    EvidenceErasedError,
    EvidenceState,
    Label,
    LocalVault,
    ProblemKind,
    Reference,
    ReferenceKind,
    Step,
)
from safehold.vault.bucket import Bucket, BucketShelves
from safehold.vault.errors import BucketUnreachableError
from safehold.vocabulary import FixedClock
from safehold.wiring import open_workshop

pytestmark = pytest.mark.long

CANARY = b"CANARY-harmless-4c1d9e"
CONTENT = CANARY * 7000  # three chunks, and the canary lies whole in each
LABEL = Label(case="run-1")
RECEIPT = Reference(ReferenceKind.RECEIPT, "receipt-17")
CEREMONY = {"purpose": "restore-test", "case": "case-1"}
NAMES = ("amira", "jonas", "wen")


@pytest.fixture(scope="session")
def s3() -> Iterator[Storage]:
    with storage.running() as running:
        yield running


class Kept:
    """A home whose vault lies in a bucket, with custodians."""

    def __init__(self, home: Home, clock: FixedClock, bucket: Bucket, server: Storage) -> None:
        self.home, self.clock, self.bucket, self.server = home, clock, bucket, server
        self.keys = [CustodianKey(name, bytes(PrivateKey.generate())) for name in NAMES]
        for key in self.keys:
            self.vault().custodians.register(key.name, key.public_key)

    def vault(self, watch: object = None, bucket: Bucket | None = None) -> LocalVault:
        seen = watch if callable(watch) else lambda _step: None
        shelves = BucketShelves(
            bucket or self.bucket, self.home.vault, self.clock, watch=seen, client=self.server.client
        )
        return LocalVault(self.home, watch=seen, shelves=shelves)

    def names(self) -> list[str]:
        found = self.server.client.list_objects_v2(Bucket=self.bucket.name, Prefix=self.bucket.prefix)
        return [one["Key"] for one in found.get("Contents", ())]

    def versions(self) -> list[str]:
        found = self.server.client.list_object_versions(Bucket=self.bucket.name, Prefix=self.bucket.prefix)
        return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in found.get(kind, ())]


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home once, since its tables take a while; tests copy it."""
    path = tmp_path_factory.mktemp("new") / "home"
    Home.open(path, FixedClock(dt.datetime.now(dt.UTC))).close()
    return path


@pytest.fixture
def kept(tmp_path: Path, s3: Storage, new_home: Path) -> Iterator[Kept]:
    clock = FixedClock(dt.datetime.now(dt.UTC))  # the storage's own times are the machine's
    shutil.copytree(new_home, tmp_path / "home")
    with Home.open(tmp_path / "home", clock) as home:
        yield Kept(home, clock, s3.place(), s3)


def test_nothing_in_the_bucket_shows_the_content_and_nothing_lies_in_the_home(kept: Kept) -> None:
    identifier = kept.vault().put(CONTENT, LABEL)
    assert len(kept.names()) == 4
    for name in kept.names():
        body = kept.server.client.get_object(Bucket=kept.bucket.name, Key=name)["Body"].read()
        assert CANARY not in body
    assert list(kept.home.vault.rglob("*")) == []
    assert kept.vault().open(identifier, kept.keys[:2], **CEREMONY) == CONTENT


def test_fsck_finds_what_the_storage_changed_lost_or_exchanged(kept: Kept) -> None:
    vault, client = kept.vault(), kept.server.client
    first, second = vault.put(b"first", LABEL), vault.put(b"other", LABEL)
    assert vault.fsck().is_sound
    objects = {name.split("/")[2]: name for name in kept.names() if "/objects/" in name}
    genuine = client.get_object(Bucket=kept.bucket.name, Key=objects[first])["Body"].read()
    client.put_object(Bucket=kept.bucket.name, Key=objects[first], Body=genuine[:-1] + bytes([genuine[-1] ^ 1]))
    assert [(one.kind, one.evidence) for one in vault.fsck().problems] == [(ProblemKind.OBJECT_CHANGED, first)]
    client.copy_object(
        Bucket=kept.bucket.name, Key=objects[second], CopySource={"Bucket": kept.bucket.name, "Key": objects[first]}
    )
    assert {one.evidence for one in vault.fsck().problems} == {first, second}
    client.put_object(Bucket=kept.bucket.name, Key=objects[first], Body=genuine)
    client.delete_object(Bucket=kept.bucket.name, Key=objects[second])
    share = next(name for name in kept.names() if f"/shares/{first}/" in name and name.endswith("/wen"))
    client.delete_object(Bucket=kept.bucket.name, Key=share)
    kinds = {(one.evidence, one.kind) for one in vault.fsck().problems}
    assert kinds == {(second, ProblemKind.OBJECT_MISSING), (first, ProblemKind.SHARE_MISSING)}


def test_an_erasure_removes_every_version_that_the_bucket_kept(kept: Kept, s3: Storage) -> None:
    kept.bucket = s3.new_bucket(is_versioned=True)
    identifier = kept.vault().put(CONTENT, LABEL)
    share = next(name for name in kept.names() if name.endswith("/wen"))
    sealed = s3.client.get_object(Bucket=kept.bucket.name, Key=share)["Body"].read()
    s3.client.put_object(Bucket=kept.bucket.name, Key=share, Body=sealed)  # a copy job came by
    s3.client.delete_object(Bucket=kept.bucket.name, Key=share)  # a rule "tidied" it
    assert len(kept.versions()) == 6
    kept.vault().erase(identifier, RECEIPT)
    assert kept.versions() == []
    assert kept.vault().list()[0].state is EvidenceState.ERASED


def test_what_the_storage_will_not_give_up_is_not_recorded_as_erased(kept: Kept, s3: Storage) -> None:
    kept.bucket = s3.new_bucket(is_locked=True)
    vault = kept.vault()
    identifier = vault.put(CONTENT, LABEL)
    share = next(name for name in kept.names() if name.endswith("/wen"))
    s3.client.put_object_legal_hold(Bucket=kept.bucket.name, Key=share, LegalHold={"Status": "ON"})
    with pytest.raises((BucketUnreachableError, ErasureUnfinishedError)):
        vault.erase(identifier, RECEIPT)
    assert vault.list()[0].state is EvidenceState.ERASING
    assert {one.kind for one in vault.fsck().problems} == {ProblemKind.ERASURE_INTERRUPTED}
    with pytest.raises(EvidenceErasedError):
        vault.open(identifier, kept.keys, **CEREMONY)
    s3.client.put_object_legal_hold(Bucket=kept.bucket.name, Key=share, LegalHold={"Status": "OFF"})
    vault.erase(identifier, RECEIPT)
    assert (vault.list()[0].state, kept.versions()) == (EvidenceState.ERASED, [])


def test_machines_that_seal_the_same_bytes_at_once_keep_one_sealing_whole(kept: Kept) -> None:
    """They share tables and bucket, not a folder, so that no lock keeps them apart."""
    ready, errors = threading.Barrier(3), []

    def wait(step: Step) -> None:
        if step is Step.SHARES_STORED:
            ready.wait(30)

    class Elsewhere(BucketShelves):
        def turn(self) -> threading.Lock:  # type: ignore[override] # each machine has a lock of its own
            return threading.Lock()

    def put() -> None:
        shelves = Elsewhere(kept.bucket, kept.home.vault, kept.clock, watch=wait, client=kept.server.client)
        try:
            LocalVault(kept.home, shelves=shelves).put(CONTENT, LABEL)
        except Exception as error:  # noqa: BLE001 - asserted below
            errors.append(error)

    kept.vault()._make_vault_key()
    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    vault = kept.vault()
    (row,) = vault.list()
    assert (vault.fsck().is_sound, len(kept.names())) == (True, 4)
    assert vault.open(row.id, kept.keys[1:], **CEREMONY) == CONTENT


def test_what_is_just_being_put_is_no_orphan_yet(kept: Kept) -> None:
    class StopError(Exception):
        pass

    def stop(step: Step) -> None:
        if step is Step.SHARES_STORED:
            raise StopError

    with pytest.raises(StopError):
        kept.vault(stop).put(CONTENT, LABEL)
    assert kept.vault().fsck().orphans == ()
    kept.clock.at += dt.timedelta(minutes=61)
    assert (len(kept.vault().fsck().orphans), kept.vault().remove_orphans(), kept.names()) == (4, 4, [])


def test_storage_that_refuses_is_named_without_its_address(kept: Kept) -> None:
    missing = kept.vault(bucket=Bucket("vault-of-nobody", "p", kept.bucket.endpoint, "us-east-1"))
    with pytest.raises(BucketUnreachableError, match="NoSuchBucket") as refused:
        missing.put(CONTENT, LABEL)
    assert "vault-of-nobody" not in str(refused.value)
    assert missing.list() == ()


def test_a_vault_copied_out_of_a_folder_opens_and_has_no_orphans(kept: Kept) -> None:
    """As docs/evidence.md says: objects keep their names, shares move below their evidence."""
    identifier = LocalVault(kept.home).put(CONTENT, LABEL)
    for path in kept.home.vault.rglob(identifier):
        parts = ("objects", identifier) if path.parent.name == "objects" else ("shares", identifier, path.parent.name)
        name = "/".join((kept.bucket.prefix, *parts))
        kept.server.client.put_object(Bucket=kept.bucket.name, Key=name, Body=path.read_bytes())
    kept.clock.at += dt.timedelta(hours=2)
    assert (kept.vault().fsck().is_sound, kept.vault().fsck().orphans) == (True, ())
    assert kept.vault().open(identifier, kept.keys[:2], **CEREMONY) == CONTENT


def test_an_installation_is_told_of_its_bucket_by_settings(
    s3: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3.place()
    told = {"BUCKET": bucket.name, "PREFIX": bucket.prefix, "ENDPOINT": bucket.endpoint, "REGION": bucket.region}
    environment = {f"SAFEHOLD_VAULT_S3_{name}": str(value) for name, value in told.items()}
    for name, value in storage.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with open_workshop(tmp_path / "home", environment=environment) as workshop:
        workshop.vault.custodians.register("amira", bytes(PrivateKey.generate().public_key))
        identifier = workshop.vault.put(CONTENT, LABEL)
        assert list(workshop.home.vault.rglob("*")) == []
        assert workshop.vault.fsck().is_sound
        workshop.vault.erase(identifier, RECEIPT)
    found = s3.client.list_object_versions(Bucket=bucket.name, Prefix=bucket.prefix)
    assert found.get("Versions", []) == []


_SCRIPT = """
import datetime as dt, json, os, signal, sys
from pathlib import Path
import boto3
from safehold.home.home import Home
from safehold.settings import load_settings
from safehold.vault import *
from safehold.vault.bucket import Bucket, BucketShelves
from safehold.vocabulary import FixedClock

def work(told):
    left = told["nth"]
    def watch(step):
        nonlocal left
        left -= step.value == told["step"]
        if step.value == told["step"] and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    clock = FixedClock(dt.datetime.fromisoformat(told["at"]))
    server = load_settings(Path(told["home"]), told["environment"]).server()
    with Home.open(Path(told["home"]), clock, server=server) as home:
        shelves = BucketShelves(Bucket(**told["bucket"]), home.vault, clock, watch=watch)
        vault = LocalVault(home, watch=watch, shelves=shelves)
        if told["action"] == "put":
            vault.put(bytes.fromhex(told["content"]), Label(case="run-1"))
        else:
            vault.erase(vault.list()[0].id, Reference(ReferenceKind.RECEIPT, "receipt-17"))

boto3.client("s3", endpoint_url="http://127.0.0.1:1")  # reads what is dear to read, before any fork
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(json.loads(line))
            status = 0
        finally:
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="session")
def process() -> Iterator["subprocess.Popen[str]"]:
    """Give an interpreter that forks a child for each line that it is told; the children are killed."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _SCRIPT]
    environment = os.environ | storage.CREDENTIALS
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as running:
        yield running
        if running.stdin is not None:
            running.stdin.close()
        running.wait(30)


def _try_to(action: str, kept: Kept, process: "subprocess.Popen[str]", *, step: Step, nth: int) -> int:
    database = kept.home.database
    url = None if database.path is not None else database.engine.url.render_as_string(hide_password=False)
    told = {"action": action, "home": str(kept.home.path), "at": kept.clock.at.isoformat(), "step": step.value}
    told |= {"environment": {} if url is None else {"SAFEHOLD_DATABASE": url}}  # type: ignore[dict-item]
    line = json.dumps({**told, "nth": nth, "bucket": asdict(kept.bucket), "content": CONTENT.hex()})
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process has no pipes")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


@pytest.mark.parametrize(
    ("step", "nth"),
    [(Step.OBJECT_STORED, 1), (Step.SHARE_STORED, 2), (Step.ROW_WRITTEN, 1), (Step.COMMITTED, 1)],
    ids=str,
)
def test_a_kill_during_a_put_loses_and_doubles_nothing(
    kept: Kept, process: "subprocess.Popen[str]", step: Step, nth: int
) -> None:
    assert _try_to("put", kept, process, step=step, nth=nth) == -signal.SIGKILL
    vault = kept.vault()
    assert (vault.fsck().is_sound, len(vault.list())) == (True, int(step is Step.COMMITTED))
    identifier = vault.put(CONTENT, LABEL)
    kept.clock.at += dt.timedelta(hours=2)
    vault.remove_orphans()
    assert (vault.fsck().is_sound, vault.fsck().orphans, len(kept.names())) == (True, (), 4)
    assert vault.open(identifier, kept.keys[:2], **CEREMONY) == CONTENT


@pytest.mark.parametrize(
    ("step", "nth"),
    [(Step.ERASURE_BEGUN, 1), (Step.SHARE_REMOVED, 2), (Step.OBJECT_REMOVED, 1), (Step.ERASURE_WRITTEN, 1)],
    ids=str,
)
def test_a_killed_erasure_opens_for_nobody_and_can_be_finished(
    kept: Kept, process: "subprocess.Popen[str]", step: Step, nth: int
) -> None:
    vault = kept.vault()
    identifier = vault.put(CONTENT, LABEL)
    assert _try_to("erase", kept, process, step=step, nth=nth) == -signal.SIGKILL
    assert vault.list()[0].state is EvidenceState.ERASING
    with pytest.raises(EvidenceErasedError):
        vault.open(identifier, kept.keys, **CEREMONY)
    vault.erase(identifier, RECEIPT)
    assert (vault.list()[0].state, kept.names(), vault.fsck().is_sound) == (EvidenceState.ERASED, [], True)
