"""Findings: a match, score, claim, text-rule hit or known-risk source, in the one form that a policy reads."""

from dataclasses import dataclass
from enum import Enum

from safehold.vocabulary.signal import CRYPTOGRAPHIC, Algorithm
from safehold.vocabulary.units import Bits, Fraction


class HarmClass(Enum):
    """What a bank lists. Severity (A1..B2, A/B/C) is never assigned here: trained people or trusted lists do."""

    CSAM = "csam"
    EXPLOITATIVE = "exploitative"
    NCII = "ncii"
    ABUSIVE_MODEL = "abusive_model"
    HONOUR_MARK = "honour_mark"
    TEST = "test"
    BENIGN = "benign"
    """What two people confirmed to be no violation: an allow list. It accuses nobody; see `is_cleared`."""


class Tier(Enum):
    """How far a policy may go on a bank's word alone."""

    TRUSTED = "trusted"
    REVIEW = "review"


class FindingKind(Enum):
    """Where a finding comes from."""

    MATCH = "match"
    SCORE = "score"
    CLAIM = "claim"
    RULE = "rule"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a detector found.

    Attributes:
        kind: where it comes from.
        detector: which detector, without version: "sha256", "pdq", "caption-rules", "opennsfw", "source-register".
        subject: a match's harm class; a score's or rule's concept ("minor"); a source's register entry.
        reference: what was hit and in which version: "BANK@VERSION#ENTRY", "LEXICON@VERSION#RULE".
        tier: a match's bank tier; None otherwise.
        distance: a match's distance, 0 for cryptographic hashes; None otherwise.
        value: a score, 0..1; None otherwise.
        place: which part of the record: a member or column name, a frame.
    """

    kind: FindingKind
    detector: str
    subject: str
    reference: str
    tier: Tier | None = None
    distance: Bits | None = None
    value: Fraction | None = None
    place: str = ""

    @property
    def is_confirmed(self) -> bool:
        """Whether this is *confirmed by hash*: a cryptographic hash in a bank of the trusted tier."""
        return self._is_trusted_and_equal and self.detector in _CRYPTOGRAPHIC_NAMES and not self._is_benign

    @property
    def is_cleared(self) -> bool:
        """Whether an allow list of the trusted tier holds exactly these bytes, by their SHA-256.

        Two files of one SHA-1 or MD5 can be made on purpose: a harmless one to be cleared, and another one.
        """
        return self._is_trusted_and_equal and self.detector == Algorithm.SHA256.value and self._is_benign

    @property
    def _is_trusted_and_equal(self) -> bool:
        return self.kind is FindingKind.MATCH and self.tier is Tier.TRUSTED and self.distance == 0

    @property
    def _is_benign(self) -> bool:
        return self.subject == HarmClass.BENIGN.value


_CRYPTOGRAPHIC_NAMES = frozenset(algorithm.value for algorithm in CRYPTOGRAPHIC)
