import datetime as dt

import pytest
from nacl.public import PrivateKey

from safehold.home import HomeFullError
from safehold.vault import (
    Custodian,
    CustodianKey,
    Fault,
    Label,
    NoCustodiansError,
    OpeningRefusedError,
    ProblemKind,
    Quorum,
    SandboxVault,
    UnknownEvidenceError,
    VaultSealedError,
    parse_evidence_id,
)
from safehold.vocabulary import FixedClock

KEY = CustodianKey("solo", bytes(PrivateKey.generate()))
LABEL = Label(case="run-1")


@pytest.fixture
def vault() -> SandboxVault:
    quorum = Quorum((Custodian("solo", KEY.public_key),), 1)
    return SandboxVault(quorum, FixedClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC)))


@pytest.mark.parametrize(
    ("fault", "error"), [(Fault.DISK_FULL, HomeFullError), (Fault.NO_CUSTODIANS, NoCustodiansError)]
)
def test_a_sandbox_told_to_refuse_keeps_nothing_until_it_is_told_otherwise(
    vault: SandboxVault, fault: Fault, error: type[Exception]
) -> None:
    vault.misbehave(fault)
    with pytest.raises(error):
        vault.put(b"x", LABEL)
    assert vault.list() == ()
    vault.misbehave()
    vault.put(b"x", LABEL)


def test_a_sandbox_that_loses_shares_is_found_out_by_its_fsck(vault: SandboxVault) -> None:
    vault.misbehave(Fault.LOSES_SHARES)
    identifier = vault.put(b"x", LABEL)
    assert {found.kind for found in vault.fsck().problems} == {ProblemKind.SHARE_MISSING, ProblemKind.TOO_FEW_SHARES}
    with pytest.raises(OpeningRefusedError):
        vault.open(identifier, [KEY], purpose="p", case="c")


def test_a_sandbox_that_changes_objects_is_found_out_by_its_fsck(vault: SandboxVault) -> None:
    vault.misbehave(Fault.CHANGES_OBJECTS)
    vault.put(b"x", LABEL)
    assert {found.kind for found in vault.fsck().problems} == {ProblemKind.OBJECT_CHANGED}


def test_a_lost_object_does_not_open(vault: SandboxVault) -> None:
    vault.misbehave(Fault.LOSES_OBJECTS)
    identifier = vault.put(b"x", LABEL)
    assert {found.kind for found in vault.fsck().problems} == {ProblemKind.OBJECT_MISSING}
    with pytest.raises(VaultSealedError):
        vault.open(identifier, [KEY], purpose="p", case="c")


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "../" + "0" * 61, "0" * 64 + "\n"])
def test_what_is_not_an_id_never_becomes_one(text: str) -> None:
    with pytest.raises(UnknownEvidenceError):
        parse_evidence_id(text)
