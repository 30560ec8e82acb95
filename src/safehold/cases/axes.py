"""Axes: what a trained person says of an item, each thing apart, so that no party's scheme is ever taken for ours.

They are mapped to an authority's or exchange's words where something leaves, and never collapsed into one of them. None
of them is a severity: that is a label of its own, from somebody trained in it or from a trusted list.

Source: the categories in use by NCMEC, INHOPE, the Tech Coalition and the EU's DSA, as far as they are published.
"""

from dataclasses import dataclass
from enum import Enum


class HarmType(Enum):
    """What kind of harm it is."""

    CSAM = "csam"
    """Shows the sexual abuse or exploitation of a child."""
    AIG_CSAM = "aig_csam"
    """The same, made or altered by generative AI."""
    CSEM = "csem"
    """Sexualises a child without showing abuse; also texts and guides."""
    GROOMING = "grooming"
    SEXTORTION = "sextortion"
    SOLICITATION = "solicitation"
    TRAFFICKING = "trafficking"
    NUDIFY_TOOL = "nudify_tool"
    ABUSIVE_MODEL = "abusive_model"
    NCII_ADULT = "ncii_adult"
    """Intimate imagery of an adult, shared or made without consent."""
    BENIGN = "benign"
    TEST = "test"
    """Safehold's own test signature, or what is near to it: decided like the real, and never reported."""


class Realism(Enum):
    """How it came to be, as far as one can see."""

    PHOTOGRAPHIC = "photographic"
    PHOTOREALISTIC_SYNTHETIC = "photorealistic_synthetic"
    EDITED_REAL = "edited_real"
    DRAWN = "drawn"
    TEXT = "text"
    AUDIO = "audio"


class Depicted(Enum):
    """Who is in it."""

    KNOWN_CHILD = "real_known_child"
    """A real child whom somebody knows: there may be somebody to protect today."""
    UNKNOWN_CHILD = "real_unknown_child"
    SYNTHETIC = "synthetic"
    ADULT = "adult"
    NOBODY = "nobody"
    UNCLEAR = "unclear"


class AgeBand(Enum):
    """How old whoever is in it appears to be, in years, both ends included.

    Source: the bands that the Internet Watch Foundation publishes its statistics in.
    """

    TO_2 = "0-2"
    TO_6 = "3-6"
    TO_10 = "7-10"
    TO_13 = "11-13"
    TO_15 = "14-15"
    TO_17 = "16-17"
    ADULT = "adult"
    UNCLEAR = "unclear"


class Confidence(Enum):
    """How sure a person is of an age band."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Age:
    """An apparent age.

    Attributes:
        band: between which years.
        confidence: how sure.
    """

    band: AgeBand
    confidence: Confidence


class PlayedRole(Enum):
    """What an item was to the service."""

    INPUT = "input"
    OUTPUT = "output"
    UPLOAD = "upload"
    TRAINING_ITEM = "training_item"
    MODEL = "model"
    LINK = "link"
    PROFILE = "profile"


class FoundBy(Enum):
    """What brought it to anybody's notice."""

    HASH_EXACT = "hash_exact"
    HASH_NEAR = "hash_near"
    CLASSIFIER = "classifier"
    RULE = "rule"
    USER_REPORT = "user_report"
    TRUSTED_FLAGGER = "trusted_flagger"
    OSINT = "osint"
    RED_TEAM = "red_team"
    LAW_ENFORCEMENT = "law_enforcement"
    HAND = "hand"
    """Somebody of the staff came across it."""


class Reviewed(Enum):
    """Who has verified it."""

    NONE = "none"
    HASH_VERIFIED = "hash_verified"
    """Nobody looked: a cryptographic hash on a trusted list says what it is."""
    HUMAN = "human"


class Scheme(Enum):
    """Whose severity label it is."""

    INDUSTRY = "industry"
    """Industry Classification System: A1, A2, B1, B2. Source: Tech Coalition and NCMEC, revised June 2022."""
    UK = "uk"
    """Categories A, B, C. Source: Sentencing Council for England and Wales, Sexual Offences guideline, April 2014."""


LABELS = {Scheme.INDUSTRY: ("A1", "A2", "B1", "B2"), Scheme.UK: ("A", "B", "C")}
"""The labels of each scheme, most severe first."""


@dataclass(frozen=True, slots=True)
class Severity:
    """A severity label, said by a person trained in it or carried from a trusted list; never by the system.

    Attributes:
        scheme: whose.
        label: one of that scheme's.
    """

    scheme: Scheme
    label: str

    @property
    def word(self) -> str:
        """Return it as one word: scheme, colon, label."""
        return f"{self.scheme.value}:{self.label}"


@dataclass(frozen=True, slots=True)
class Axes:
    """What is said of one item; None where nobody said it.

    Attributes:
        harm: what kind of harm.
        realism: how it came to be.
        depicted: who is in it.
        age: how old they appear to be.
        role: what it was to the service, where a person corrects what the item itself says.
        found_by: what brought it up, likewise.
        severities: labels, at most one of each scheme.
    """

    harm: HarmType | None = None
    realism: Realism | None = None
    depicted: Depicted | None = None
    age: Age | None = None
    role: PlayedRole | None = None
    found_by: FoundBy | None = None
    severities: tuple[Severity, ...] = ()


NO_AXES = Axes()
"""Says nothing."""


def severity_of(word: str) -> Severity | None:
    """Return the severity that a word names by scheme, colon and label; None for any other word."""
    scheme, _, label = word.strip().partition(":")
    named = next((one for one in Scheme if one.value == scheme), None)
    return Severity(named, label) if named is not None and label in LABELS[named] else None
