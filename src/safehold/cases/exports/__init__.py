"""Exports of cases: sealed and complete for law enforcement; decisions, events and proofs alone for auditors.

Stores are read, bytes leave. Each export verifies offline, by anybody who may read it.
"""

from safehold.cases.exports.archive import Archive
from safehold.cases.exports.exports import Exports
from safehold.cases.exports.packing import Contents, Keys
from safehold.cases.exports.verifying import Verified, verify_export

__all__ = ["Archive", "Contents", "Exports", "Keys", "Verified", "verify_export"]
