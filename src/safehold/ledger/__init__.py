"""The ledger: append-only events in a Merkle log, with signed checkpoints that anybody can verify offline.

Events enter, in the transaction of what they tell of; checkpoints and exports leave. No content, file name or address
can enter: :mod:`safehold.ledger.admission` refuses whatever could be one.
"""

from safehold.ledger.admission import is_fit
from safehold.ledger.canonical import canonical
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.commit import GroupCommit
from safehold.ledger.entry import Recorded
from safehold.ledger.errors import (
    BadSignatureError,
    CommitsClosedError,
    CommitsFullError,
    KeyLostError,
    LedgerBrokenError,
    MalformedCheckpointError,
    MalformedKeyError,
    ProofFailedError,
    UnfitEventError,
    UnprovenKeyError,
)
from safehold.ledger.export import verify_export
from safehold.ledger.keys import SigningKey, parse_public_key, verify
from safehold.ledger.ledger import EventLog, Ledger
from safehold.ledger.memory import MemoryLedger
from safehold.ledger.rotation import open_ledger, replace_lost, rotate
from safehold.ledger.verify import LedgerState

__all__ = [
    "BadSignatureError",
    "Checkpoint",
    "CommitsClosedError",
    "CommitsFullError",
    "EventLog",
    "GroupCommit",
    "KeyLostError",
    "Ledger",
    "LedgerBrokenError",
    "LedgerState",
    "MalformedCheckpointError",
    "MalformedKeyError",
    "MemoryLedger",
    "ProofFailedError",
    "Recorded",
    "SigningKey",
    "UnfitEventError",
    "UnprovenKeyError",
    "canonical",
    "is_fit",
    "open_ledger",
    "parse_public_key",
    "replace_lost",
    "rotate",
    "verify",
    "verify_export",
]
