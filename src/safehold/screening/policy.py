"""Policy: versioned, reviewed data that says which detectors are required and which findings lead to which action.

Thresholds live here and nowhere else. A policy is a value: `safehold.screening.load` makes one from a file, `screen`
obeys it. The action for a record is the most severe one that any applicable rule names, so the order of rules carries
no meaning; a finding that no rule names is held.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from safehold.signals import Variant
from safehold.vocabulary import Action, Bits, Finding, FindingKind, Fraction, HarmClass, MediaKind, Seconds, Tier

VIDEO_DETECTOR = "vpdq"
"""What found that frames of a clip make up a listed video."""


class Disposition(Enum):
    """What becomes of removed originals of confirmed matches; a recorded choice for a jurisdiction."""

    HOLD_FOR_COUNSEL = "hold_for_counsel"
    REPORT_AND_PRESERVE = "report_and_preserve"
    REPORT_AND_DESTROY = "report_and_destroy"
    DESTROY_ONLY = "destroy_only"


class VideoFrames(Enum):
    """Which frames of a clip are examined, the fewest first."""

    KEYFRAMES = "keyframes"
    ADAPTIVE = "adaptive"
    ALL = "all"


class SourceAction(Enum):
    """What to do when a whole source is on the register of known-risk sources and nobody waived it."""

    REFUSE = "refuse"
    HOLD = "hold"


class Removal(Enum):
    """How two concepts that must not both remain in a mix are kept apart."""

    FIRST = "first"
    SECOND = "second"
    TWO_OUTPUTS = "two_outputs"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which findings lead to which action; an empty set of conditions means "any".

    Attributes:
        id: the name that verdicts show.
        kind: the kind of finding.
        action: ALLOW (recorded only), HOLD or DENY.
        reason: why, for the person who reads a verdict.
        detectors: detector names.
        subjects: harm classes, concepts or register entries.
        tiers: bank tiers.
        confirmed: whether the finding must (True) or must not (False) be *confirmed by hash*; None for either.
    """

    id: str
    kind: FindingKind
    action: Action
    reason: str
    detectors: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    confirmed: bool | None = None

    def names(self, finding: Finding) -> bool:
        """Return whether this rule is about the finding."""
        return (
            finding.kind is self.kind
            and (not self.detectors or finding.detector in self.detectors)
            and (not self.subjects or finding.subject in self.subjects)
            and (not self.tiers or finding.tier in self.tiers)
            and (self.confirmed is None or finding.is_confirmed is self.confirmed)
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a distance or score starts to count.

    Attributes:
        pdq: the largest PDQ distance that is a match, this value included.
        pdq_quality_reported_below: PDQ values of a lower quality are matched all the same, and counted in the report.
        scores: detector, then concept, to the lowest score that claims the concept, this value included.
        video_share: the share of a clip's frames, or of the listed video's, from which the hits on single frames make a
            match of the video, this value included. The single frames are findings in any case.
    """

    pdq: Bits
    pdq_quality_reported_below: int
    scores: Mapping[str, Mapping[str, Fraction]]
    video_share: Fraction

    def is_reached(self, finding: Finding) -> bool | None:
        """Return whether a finding counts; None if the policy sets no threshold for this score.

        A score, PDQ or video match that carries no number is taken as reaching every threshold.
        """
        if finding.kind is FindingKind.SCORE:
            line = self.scores.get(finding.detector, {}).get(finding.subject)
            if line is None:
                return None
            return finding.value is None or not finding.value < line
        if finding.kind is FindingKind.MATCH and finding.detector == "pdq":
            return finding.distance is None or finding.distance <= self.pdq
        if finding.kind is FindingKind.MATCH and finding.detector == VIDEO_DETECTOR:
            return finding.value is None or not finding.value < self.video_share
        return True


@dataclass(frozen=True, slots=True)
class PairWithinRecord:
    """Two concepts that must not stand in one record.

    Attributes:
        between: the two concepts.
        action: HOLD or DENY.
        reason: why.
    """

    between: tuple[str, str]
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class PairAcrossMix:
    """Two concepts that must not both remain in one training mix.

    Attributes:
        between: the two concepts.
        remove: which of them goes, or that they go into two outputs.
        reason: why; never empty when nothing is removed.
    """

    between: tuple[str, str]
    remove: Removal
    reason: str

    @property
    def removed(self) -> str | None:
        """Return the concept that goes, or None if neither does."""
        match self.remove:
            case Removal.FIRST:
                return self.between[0]
            case Removal.SECOND:
                return self.between[1]
            case Removal.TWO_OUTPUTS | Removal.NOTHING:
                return None


@dataclass(frozen=True, slots=True)
class SeparationRules:
    """Everything a policy says about keeping concepts apart (Safety by Design, D1.3)."""

    within_record: tuple[PairWithinRecord, ...]
    across_mix: tuple[PairAcrossMix, ...]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a dataset's own column becomes a concept claim.

    Attributes:
        column: the column's name, compared without regard to case.
        concept: the concept that it claims.
        at_least: claims if the value is this or more.
        at_most: claims if the value is this or less; with both given, only between them.
        required: whether a record without the column is a gap.
        contains_any: claims if the column's text, or one of its list of texts, holds one of these words or phrases;
            such a column is one of words, and holds no number.
    """

    column: str
    concept: str
    at_least: float | None
    at_most: float | None
    required: bool
    contains_any: tuple[str, ...] = ()

    def is_claimed_by(self, value: float) -> bool:
        """Return whether a number claims the concept."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How much one record may ask of a decoder; beyond it lies a gap.

    Attributes:
        pixels: of one picture or frame.
        frames: examined of one animation or video, where not every frame is.
        clip_pixels: decoded pixels over all frames of one stream of a video.
        seconds: of processor time for one record.
        memory_bytes: of one decoding process.
    """

    pixels: int
    frames: int
    clip_pixels: int
    seconds: Seconds
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class VideoRules:
    """How clips are examined.

    Attributes:
        frames: which of their frames.
        short_seconds: up to which length every frame is, where the choice is ADAPTIVE; this length included.
    """

    frames: VideoFrames
    short_seconds: Seconds


@dataclass(frozen=True, slots=True)
class Policy:
    """What is required, what counts, and what follows.

    Attributes:
        name: short name.
        version: the author's version.
        digest: SHA-256, in hexadecimal, of the canonical text: comments and layout don't change it.
        canonical: the parsed policy as JSON with defaults filled in, which `load` reads again as this policy.
        reviewed_by: who reviewed this text; empty means a draft.
        single_operator: whether one person alone runs the installation; every export then says so.
        thresholds: where numbers start to count.
        required: detectors that must have examined a record holding this kind.
        required_of_pointers: detectors of which one at least must have examined a record that only points at media.
        rules: what findings lead to.
        separation: which concepts are kept apart.
        text_separation: the same for a dataset that is purely text.
        columns: mapped columns.
        inert_extensions: extensions, lower case and without dot, of members that need no examination beyond hashing.
        limits: for decoders.
        video: how clips are examined.
        variants: the forms of a picture that are looked up beside its own: mirrored, without bars...
        source_action: what a known-risk source leads to.
        jurisdiction: the key into ``dispositions``.
        dispositions: jurisdiction to choice.
        sealed_subjects: harm classes whose confirmed matches may be sealed into the vault.
    """

    name: str
    version: str
    digest: str
    canonical: str
    reviewed_by: tuple[str, ...]
    single_operator: bool
    thresholds: Thresholds
    required: Mapping[MediaKind, frozenset[str]]
    required_of_pointers: frozenset[str]
    rules: tuple[Rule, ...]
    separation: SeparationRules
    text_separation: SeparationRules
    columns: tuple[ColumnMapping, ...]
    inert_extensions: frozenset[str]
    limits: MediaLimits
    video: VideoRules
    variants: frozenset[Variant]
    source_action: SourceAction
    jurisdiction: str
    dispositions: Mapping[str, Disposition]
    sealed_subjects: frozenset[str]

    @property
    def label(self) -> str:
        """Return what verdicts and events carry: ``NAME@VERSION sha256:HEX``."""
        return f"{self.name}@{self.version} sha256:{self.digest}"

    @property
    def is_draft(self) -> bool:
        """Return whether nobody is named as having reviewed this text."""
        return not self.reviewed_by

    @property
    def disposition(self) -> Disposition:
        """Return the choice for this policy's jurisdiction."""
        return self.dispositions.get(self.jurisdiction, Disposition.HOLD_FOR_COUNSEL)

    def required_for(self, kinds: Collection[MediaKind]) -> frozenset[str]:
        """Return every detector that must have examined a record of these kinds."""
        return frozenset().union(*(self.required.get(kind, frozenset()) for kind in kinds))

    def is_inert(self, extension: str) -> bool:
        """Return whether a member with this extension needs no examination beyond hashing."""
        return extension.lower().removeprefix(".") in self.inert_extensions

    def is_sealed(self, finding: Finding) -> bool:
        """Return whether this finding lets the original be sealed: confirmed by hash, and in a class that is kept."""
        return finding.is_confirmed and finding.subject in self.sealed_subjects

    def as_text_only(self) -> "Policy":
        """Return the policy as it applies to a dataset that is purely text; name and digest stay."""
        return replace(self, separation=self.text_separation)


NEVER_ALLOWED = frozenset(
    {HarmClass.CSAM.value, HarmClass.EXPLOITATIVE.value, HarmClass.NCII.value, HarmClass.TEST.value}
)
"""Harm classes whose matches no policy may allow: `test` is handled like the real ones, or it would prove nothing."""
