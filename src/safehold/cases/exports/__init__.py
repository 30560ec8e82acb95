"""Exports of cases: sealed and complete for law enforcement; decisions, events and proofs alone for auditors.

Stores are read, bytes leave. Each export verifies offline, by anybody who may read it.
"""

from safehold.cases.exports.archive import Archive
from safehold.cases.exports.audit_file import Disclosure, Scope
from safehold.cases.exports.exports import Exports, Signing
from safehold.cases.exports.packing import Contents, Keys
from safehold.cases.exports.verifying import Verified, verify_disclosure, verify_export

__all__ = [
    "Archive",
    "Contents",
    "Disclosure",
    "Exports",
    "Keys",
    "Scope",
    "Signing",
    "Verified",
    "verify_disclosure",
    "verify_export",
]
