"""What every vault keeps, wherever it stores its objects."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from tests import storage

from safehold.home.home import Home
from safehold.ledger.admission import admit
from safehold.vault import (
    Custodian,
    CustodianKey,
    ErasureRefusedError,
    EvidenceErasedError,
    EvidenceState,
    HoldId,
    HoldRefusedError,
    Label,
    LocalVault,
    OpeningRefusedError,
    Quorum,
    Reference,
    ReferenceKind,
    SandboxVault,
    UnknownEvidenceError,
    parse_evidence_id,
)
from safehold.vault.bucket import BucketShelves
from safehold.vocabulary import Event, FixedClock

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
CONTENT = b"harmless stand-in bytes " * 9000
LABEL = Label(case="run-1", actor="tester")
RECEIPT = Reference(ReferenceKind.RECEIPT, "receipt-17")
CEREMONY = {"purpose": "restore-test", "case": "case-1"}


@dataclass
class Setting:
    """A vault with three custodians of whom two open, its clock and what it recorded."""

    vault: LocalVault | SandboxVault
    keys: dict[str, CustodianKey]
    clock: FixedClock
    events: list[Event] = field(default_factory=list)

    def some_keys(self, *names: str) -> list[CustodianKey]:
        return [self.keys[name] for name in names]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def _keys() -> dict[str, CustodianKey]:
    return {name: CustodianKey(name, bytes(PrivateKey.generate())) for name in ("amira", "jonas", "wen")}


def _recorder(events: list[Event]) -> Callable[..., object]:
    """Record what a ledger would take; anything else raises, as it would there."""

    def record(event: Event, _connection: object = None) -> None:
        admit(event)
        events.append(event)

    return record


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home once, since its tables take a while; tests copy it."""
    path = tmp_path_factory.mktemp("new") / "home"
    Home.open(path, FixedClock(NOON)).close()
    return path


@pytest.fixture(scope="session")
def s3() -> Iterator[storage.Storage]:
    with storage.running() as running:
        yield running


@pytest.fixture(params=["local", "bucket", "sandbox"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    clock, keys, events = FixedClock(NOON), _keys(), []
    if request.param == "sandbox":
        quorum = Quorum(tuple(Custodian(name, key.public_key) for name, key in keys.items()), 2)
        yield Setting(SandboxVault(quorum, clock, _recorder(events)), keys, clock, events)
        return
    shutil.copytree(request.getfixturevalue("new_home"), tmp_path / "home")
    with Home.open(tmp_path / "home", clock) as home:
        shelves = None
        if request.param == "bucket":
            s3 = request.getfixturevalue("s3")
            shelves = BucketShelves(s3.place(), home.vault, clock, client=s3.client)
        vault = LocalVault(home, _recorder(events), shelves=shelves)
        for name, key in keys.items():
            vault.custodians.register(name, key.public_key)
        yield Setting(vault, keys, clock, events)


def test_what_was_sealed_opens_with_as_many_keys_as_the_threshold(setting: Setting) -> None:
    for size in (0, 1, 65_535, 65_536, 65_537, 200_000):
        content = bytes(index * 7 % 251 for index in range(size))
        identifier = setting.vault.put(content, LABEL)
        for names in (("amira", "jonas"), ("wen", "amira"), ("jonas", "wen", "amira")):
            assert setting.vault.open(identifier, setting.some_keys(*names), **CEREMONY) == content


def test_a_memoryview_is_sealed_like_bytes(setting: Setting) -> None:
    assert setting.vault.put(memoryview(CONTENT), LABEL) == setting.vault.put(CONTENT, LABEL)


def test_one_key_fewer_than_the_threshold_opens_nothing(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    for names in ((), ("amira",), ("jonas",), ("wen",)):
        with pytest.raises(OpeningRefusedError, match="of the 2 custodians' keys"):
            setting.vault.open(identifier, setting.some_keys(*names), **CEREMONY)


def test_the_same_custodian_twice_is_not_a_quorum(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    with pytest.raises(OpeningRefusedError, match="twice"):
        setting.vault.open(identifier, setting.some_keys("amira", "amira"), **CEREMONY)


def test_a_strangers_key_is_refused(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    stranger = CustodianKey("mallory", bytes(PrivateKey.generate()))
    with pytest.raises(OpeningRefusedError, match="belongs to nobody"):
        setting.vault.open(identifier, [*setting.some_keys("amira"), stranger], **CEREMONY)


def test_a_key_under_another_custodians_name_is_refused(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    disguised = CustodianKey("jonas", setting.keys["wen"].secret)
    with pytest.raises(OpeningRefusedError, match="does not open"):
        setting.vault.open(identifier, [*setting.some_keys("amira"), disguised], **CEREMONY)


@pytest.mark.parametrize("missing", ["purpose", "case"])
def test_opening_needs_a_purpose_and_a_case_that_can_be_recorded(setting: Setting, missing: str) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    for text in ("", "  ", "a sentence", "file.png", "a/b", "x" * 65, "a\n"):
        with pytest.raises(OpeningRefusedError, match="purpose and a case"):
            setting.vault.open(identifier, setting.some_keys("amira", "jonas"), **(CEREMONY | {missing: text}))


def test_the_same_bytes_are_kept_once(setting: Setting) -> None:
    first = setting.vault.put(CONTENT, LABEL)
    assert setting.vault.put(CONTENT, Label(case="run-2")) == first
    assert setting.vault.put(CONTENT + b".", LABEL) != first
    assert len(setting.vault.list()) == 2
    assert setting.kinds() == ["evidence.sealed", "evidence.sealed"]


def test_the_register_says_what_is_known_without_opening(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    (row,) = setting.vault.list()
    assert (row.id, row.size, row.case, row.sealed_at) == (identifier, len(CONTENT), "run-1", NOON)
    assert (row.custodians, row.threshold, row.state) == (("amira", "jonas", "wen"), 2, EvidenceState.SEALED)


def test_an_id_is_not_the_plain_digest_of_the_content(setting: Setting) -> None:
    import hashlib

    assert setting.vault.put(CONTENT, LABEL) != hashlib.sha256(CONTENT).hexdigest()


def test_a_fresh_vault_is_sound(setting: Setting) -> None:
    setting.vault.put(CONTENT, LABEL)
    report = setting.vault.fsck()
    assert report.is_sound
    assert (report.examined, report.problems, report.orphans) == (1, (), ())


def test_evidence_nobody_sealed_is_unknown(setting: Setting) -> None:
    identifier = parse_evidence_id("0" * 64)
    with pytest.raises(UnknownEvidenceError):
        setting.vault.open(identifier, [], **CEREMONY)
    with pytest.raises(UnknownEvidenceError):
        setting.vault.erase(identifier, RECEIPT)
    with pytest.raises(UnknownEvidenceError):
        setting.vault.hold(identifier, "counsel")
    with pytest.raises(UnknownEvidenceError):
        setting.vault.holds(identifier)


def test_erased_evidence_opens_for_nobody(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    setting.vault.erase(identifier, RECEIPT)
    with pytest.raises(EvidenceErasedError):
        setting.vault.open(identifier, list(setting.keys.values()), **CEREMONY)
    assert setting.vault.list()[0].state is EvidenceState.ERASED
    assert setting.vault.fsck().is_sound


def test_erasing_twice_equals_once(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    setting.vault.erase(identifier, RECEIPT)
    setting.vault.erase(identifier, RECEIPT)
    assert setting.kinds() == ["evidence.sealed", "evidence.erasure_begun", "evidence.erased"]


def test_bytes_that_were_erased_can_be_sealed_again(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    setting.vault.erase(identifier, RECEIPT)
    assert setting.vault.put(CONTENT, Label(case="run-9")) == identifier
    assert setting.vault.open(identifier, setting.some_keys("amira", "wen"), **CEREMONY) == CONTENT
    assert [row.case for row in setting.vault.list()] == ["run-9"]


@pytest.mark.parametrize("text", ["", "  \n", "a sentence", "mail@host.example", "a/b"])
def test_erasing_needs_a_reference_that_can_be_recorded(text: str) -> None:
    with pytest.raises(ErasureRefusedError):
        Reference(ReferenceKind.COUNSEL, text)


def test_a_hold_forbids_erasing_until_it_is_released(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    hold = setting.vault.hold(identifier, "preservation request 12")
    with pytest.raises(ErasureRefusedError):
        setting.vault.erase(identifier, RECEIPT)
    assert setting.vault.open(identifier, setting.some_keys("amira", "wen"), **CEREMONY) == CONTENT
    setting.vault.release(hold.id)
    setting.vault.erase(identifier, RECEIPT)


def test_a_hold_ends_at_its_expiry_and_not_before(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    expiry = NOON + dt.timedelta(days=365, microseconds=123_456)
    setting.vault.hold(identifier, "one year", expires_at=expiry)
    setting.clock.at = expiry - dt.timedelta(microseconds=1)
    with pytest.raises(ErasureRefusedError):
        setting.vault.erase(identifier, RECEIPT)
    setting.clock.at = expiry
    setting.vault.erase(identifier, RECEIPT)


def test_one_released_hold_does_not_end_another(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    first = setting.vault.hold(identifier, "a")
    setting.vault.hold(identifier, "b")
    setting.vault.release(first.id)
    with pytest.raises(ErasureRefusedError):
        setting.vault.erase(identifier, RECEIPT)


def test_releasing_a_hold_twice_equals_once(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    hold = setting.vault.hold(identifier, "a")
    released = setting.vault.release(hold.id)
    setting.clock.at += dt.timedelta(hours=1)
    assert setting.vault.release(hold.id) == released
    assert tuple(setting.vault.holds(identifier)) == (released,)
    assert setting.kinds().count("hold.released") == 1


def test_a_hold_needs_a_basis_a_future_expiry_and_something_to_hold(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    with pytest.raises(HoldRefusedError, match="basis"):
        setting.vault.hold(identifier, " ")
    for expiry in (NOON, NOON.replace(tzinfo=None) + dt.timedelta(days=1)):
        with pytest.raises(HoldRefusedError, match="future"):
            setting.vault.hold(identifier, "a", expires_at=expiry)
    with pytest.raises(HoldRefusedError, match="no hold"):
        setting.vault.release(HoldId("0" * 16))
    setting.vault.erase(identifier, RECEIPT)
    with pytest.raises(HoldRefusedError, match="erased"):
        setting.vault.hold(identifier, "a")


def test_every_opening_and_every_refusal_is_recorded(setting: Setting) -> None:
    identifier = setting.vault.put(CONTENT, LABEL)
    with pytest.raises(OpeningRefusedError):
        setting.vault.open(identifier, setting.some_keys("wen"), **CEREMONY, actor="wen")
    setting.vault.open(identifier, setting.some_keys("wen", "amira"), **CEREMONY, actor="wen")
    assert setting.kinds() == ["evidence.sealed", "evidence.opening_refused", "evidence.opened"]
    assert setting.events[1].details == {"evidence": identifier, "reason": "OpeningRefusedError"}
    assert setting.events[2].details == {
        "evidence": identifier,
        "case": "case-1",
        "purpose": "restore-test",
        "custodian_1": "amira",
        "custodian_2": "wen",
    }
    assert {event.actor for event in setting.events} == {"tester", "wen"}


def test_a_vault_that_two_must_open_is_not_one_persons(setting: Setting) -> None:
    assert setting.vault.is_single_operator is False


def test_events_hold_no_content(setting: Setting) -> None:
    canary = b"canary-7d1f" * 3
    identifier = setting.vault.put(canary, LABEL)
    setting.vault.open(identifier, setting.some_keys("wen", "amira"), **CEREMONY)
    setting.vault.erase(identifier, RECEIPT)
    assert "canary-7d1f" not in repr(setting.events)


def test_what_belongs_to_evidence_is_held_and_erased_with_it(setting: Setting) -> None:
    above = setting.vault.put(CONTENT, LABEL)
    below = setting.vault.put(b"told of it", Label(LABEL.case, belongs_to=above))
    hold = setting.vault.hold(below, "a")
    assert (hold.evidence, tuple(setting.vault.holds(below))) == (above, (hold,))
    for one in (above, below):
        with pytest.raises(ErasureRefusedError):
            setting.vault.erase(one, RECEIPT)
    setting.vault.release(hold.id)
    setting.vault.erase(above, RECEIPT)
    assert {row.state for row in setting.vault.list()} == {EvidenceState.ERASED}
    told = [(event.kind, event.details["evidence"]) for event in setting.events if event.kind.startswith("evidence.er")]
    assert set(told) == {
        (kind, one) for kind in ("evidence.erasure_begun", "evidence.erased") for one in (above, below)
    }
    assert setting.vault.fsck().is_sound


def test_what_belongs_to_evidence_can_go_alone(setting: Setting) -> None:
    above = setting.vault.put(CONTENT, LABEL)
    below = setting.vault.put(b"told of it", Label(LABEL.case, belongs_to=above))
    setting.vault.erase(below, RECEIPT)
    states = {row.id: row.state for row in setting.vault.list()}
    assert states == {above: EvidenceState.SEALED, below: EvidenceState.ERASED}
