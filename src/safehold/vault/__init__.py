"""Evidence, sealed to custodians' public keys before it touches a disk: hold, retain, open by quorum, erase.

Bytes enter :meth:`LocalVault.put` and leave only through :meth:`LocalVault.open`, in memory, when k of n custodians
bring their private keys, a purpose and a case. The machine that sealed can't read back what it sealed.
"""

from safehold.vault.custodians import Custodian, CustodianKey, Custodians, Quorum, read_custodian_key
from safehold.vault.erasure import Erasure, Reference, ReferenceKind
from safehold.vault.errors import (
    CustodianRefusedError,
    ErasureRefusedError,
    ErasureUnfinishedError,
    EvidenceErasedError,
    HoldRefusedError,
    NoCustodiansError,
    OpeningRefusedError,
    UnknownEvidenceError,
    VaultError,
    VaultKeyMissingError,
    VaultSealedError,
)
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState, Label, parse_evidence_id
from safehold.vault.holds import Grounds, Hold, HoldId
from safehold.vault.inspection import Problem, ProblemKind, VaultReport
from safehold.vault.local import LocalVault
from safehold.vault.port import Recorder, Retention, Vault
from safehold.vault.sandbox import Fault, SandboxVault
from safehold.vault.shelves import Step

__all__ = [
    "Custodian",
    "CustodianKey",
    "CustodianRefusedError",
    "Custodians",
    "Erasure",
    "ErasureRefusedError",
    "ErasureUnfinishedError",
    "Evidence",
    "EvidenceErasedError",
    "EvidenceId",
    "EvidenceState",
    "Fault",
    "Grounds",
    "Hold",
    "HoldId",
    "HoldRefusedError",
    "Label",
    "LocalVault",
    "NoCustodiansError",
    "OpeningRefusedError",
    "Problem",
    "ProblemKind",
    "Quorum",
    "Recorder",
    "Reference",
    "ReferenceKind",
    "Retention",
    "SandboxVault",
    "Step",
    "UnknownEvidenceError",
    "Vault",
    "VaultError",
    "VaultKeyMissingError",
    "VaultReport",
    "VaultSealedError",
    "parse_evidence_id",
    "read_custodian_key",
]
