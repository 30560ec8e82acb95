"""Fingerprints of content: bytes or an 8-bit luma plane enter, digests and prints leave. Pure; no thresholds here."""

from safehold.signals.digests import Digests, digest
from safehold.signals.errors import UnhashablePictureError, UnusablePlaneError
from safehold.signals.fingerprint import DigestFingerprint, Fingerprint, PdqFingerprint, SandboxFingerprint
from safehold.signals.hexadecimal import format_pdq, parse_pdq, parse_pdq_rows, rows_from_values, values_from_rows
from safehold.signals.pdq_exactness import is_exact
from safehold.signals.pdq_prints import Print, Turn, dihedral, pdq
from safehold.signals.variants import Variant, names_of, queries
from safehold.signals.whole_file import WholeFile

__all__ = [
    "DigestFingerprint",
    "Digests",
    "Fingerprint",
    "PdqFingerprint",
    "Print",
    "SandboxFingerprint",
    "Turn",
    "UnhashablePictureError",
    "UnusablePlaneError",
    "Variant",
    "WholeFile",
    "digest",
    "dihedral",
    "format_pdq",
    "is_exact",
    "names_of",
    "parse_pdq",
    "parse_pdq_rows",
    "pdq",
    "queries",
    "rows_from_values",
    "values_from_rows",
]
