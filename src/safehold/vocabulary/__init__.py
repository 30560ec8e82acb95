"""The words that every room shares: frozen values, units, enums and the root error. Standard library only.

Nothing enters and nothing leaves here: this package holds no behaviour beyond what keeps a value true.
"""

from safehold.vocabulary.action import Action
from safehold.vocabulary.clock import Clock, FixedClock, SystemClock
from safehold.vocabulary.content import Content, MediaKind
from safehold.vocabulary.errors import InternalError, OutsidePartyError, SafeholdError, UsageError
from safehold.vocabulary.event import Event
from safehold.vocabulary.finding import Finding, FindingKind, HarmClass, Tier
from safehold.vocabulary.gap import Gap, GapReason
from safehold.vocabulary.signal import (
    CRYPTOGRAPHIC,
    DIGESTS_OF_NOTHING,
    Algorithm,
    PdqFlavour,
    Signal,
    signal_width_bytes,
)
from safehold.vocabulary.units import Bits, Fraction, Seconds
from safehold.vocabulary.verdict import UnexaminedAllowError, Verdict

__all__ = [
    "CRYPTOGRAPHIC",
    "DIGESTS_OF_NOTHING",
    "Action",
    "Algorithm",
    "Bits",
    "Clock",
    "Content",
    "Event",
    "Finding",
    "FindingKind",
    "FixedClock",
    "Fraction",
    "Gap",
    "GapReason",
    "HarmClass",
    "InternalError",
    "MediaKind",
    "OutsidePartyError",
    "PdqFlavour",
    "SafeholdError",
    "Seconds",
    "Signal",
    "SystemClock",
    "Tier",
    "UnexaminedAllowError",
    "UsageError",
    "Verdict",
    "signal_width_bytes",
]
