"""The words of a policy file, as pydantic models; `policy_file` turns them into the frozen values of `policy`."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from safehold.reviewed import Strict
from safehold.screening.policy import NEVER_ALLOWED, Disposition, SourceAction, VideoFrames
from safehold.signals import Variant
from safehold.vocabulary import FindingKind, HarmClass, MediaKind, Tier

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/ -]*$")]
Reason = Annotated[str, Field(min_length=8, max_length=1000)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Pair = tuple[Name, Name]
Phrase = Annotated[str, Field(min_length=1, max_length=128, pattern=r"\w")]


class ThresholdsFile(Strict):
    """`thresholds`."""

    pdq: Annotated[int, Field(ge=0, le=36, description="largest PDQ distance that is a match, included")]
    pdq_quality_reported_below: Annotated[int, Field(ge=0, le=100)] = 50
    video_share: Annotated[Share, Field(description="share of either one's frames that is a match of a video")] = 0.8
    scores: dict[Name, dict[Name, Share]] = Field(default_factory=dict)


class DetectorsFile(Strict):
    """`detectors`."""

    required: dict[MediaKind, tuple[Name, ...]]
    required_of_pointers: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _forgets_no_kind(self) -> Self:
        if forgotten := {kind.value for kind in MediaKind} - {kind.value for kind in self.required}:
            raise ValueError(f"say what is required for {', '.join(sorted(forgotten))} too, if only []")
        return self


class RuleFile(Strict):
    """One of `rules`."""

    id: Name
    kind: FindingKind
    action: Literal["allow", "hold", "deny"]
    reason: Reason
    detectors: tuple[Name, ...] = ()
    subjects: tuple[Name, ...] = ()
    tiers: tuple[Tier, ...] = ()
    confirmed: bool | None = None

    @model_validator(mode="after")
    def _never_lets_a_match_through(self) -> Self:
        if self.kind is not FindingKind.MATCH:
            return self
        if unknown := set(self.subjects) - {harm.value for harm in HarmClass}:
            raise ValueError(f"a match's subject is a harm class, which {min(unknown)!r} is not")
        if HarmClass.BENIGN.value in self.subjects:
            raise ValueError("an allow list needs no rule: what it clears is cleared, and nothing else is")
        if self.action == "allow" and (not self.subjects or NEVER_ALLOWED & set(self.subjects)):
            raise ValueError(f"no rule may allow a match of {', '.join(sorted(NEVER_ALLOWED))}")
        return self


class WithinRecordFile(Strict):
    """One of `separation.within_record`."""

    between: Pair
    action: Literal["hold", "deny"]
    reason: Reason

    @model_validator(mode="after")
    def _two_concepts(self) -> Self:
        _must_differ(self.between)
        return self


class AcrossMixFile(Strict):
    """One of `separation.across_mix`."""

    between: Pair
    remove: Annotated[Name, Field(description="one of the two concepts, or two_outputs, or nothing")]
    reason: Reason

    @model_validator(mode="after")
    def _removes_one_of_them(self) -> Self:
        _must_differ(self.between)
        if self.remove not in {*self.between, "two_outputs", "nothing"}:
            raise ValueError("remove must be one of the two concepts, two_outputs or nothing")
        return self


class SeparationFile(Strict):
    """`separation`."""

    within_record: list[WithinRecordFile]
    across_mix: list[AcrossMixFile]

    @model_validator(mode="after")
    def _names_each_pair_once(self) -> Self:
        for pairs in (self.within_record, self.across_mix):
            if len({frozenset(pair.between) for pair in pairs}) < len(pairs):
                raise ValueError("the same pair stands twice")
        return self


class TextOnlyFile(Strict):
    """`text_only`."""

    separation: SeparationFile


class ColumnFile(Strict):
    """One of `columns`."""

    column: Annotated[str, Field(min_length=1, max_length=128)]
    concept: Name
    at_least: float | None = None
    at_most: float | None = None
    contains_any: Annotated[tuple[Phrase, ...], Field(description="words or phrases, for a column of words")] = ()
    required: bool = False

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        is_of_numbers = self.at_least is not None or self.at_most is not None
        if is_of_numbers is bool(self.contains_any):
            raise ValueError("say at_least, at_most or both for a column of numbers, or contains_any for one of words")
        return self


class LimitsFile(Strict):
    """`limits`."""

    pixels: Annotated[int, Field(ge=1)] = 64_000_000
    frames: Annotated[int, Field(ge=1)] = 64
    clip_pixels: Annotated[int, Field(ge=1)] = 2_000_000_000
    seconds: Annotated[float, Field(gt=0)] = 20.0
    memory_bytes: Annotated[int, Field(ge=1 << 26)] = 2 << 30


class PdqFile(Strict):
    """`signals.pdq`."""

    variants: Annotated[
        tuple[Variant, ...], Field(description="forms of a picture to look up beside its own; [] for none")
    ] = (Variant.UNLETTERBOXED, Variant.MIRRORED)

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len(set(self.variants)) < len(self.variants):
            raise ValueError("the same variant stands twice")
        return self


class SignalsFile(Strict):
    """`signals`."""

    pdq: PdqFile = PdqFile()


class VideoFile(Strict):
    """`video`."""

    frames: Annotated[VideoFrames, Field(description="which frames of a clip are examined")] = VideoFrames.ADAPTIVE
    short_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0


class DispositionFile(Strict):
    """`disposition`."""

    jurisdiction: Name = "unset"
    choices: dict[Name, Disposition]
    sealed: list[HarmClass]

    @model_validator(mode="after")
    def _has_a_choice(self) -> Self:
        if self.jurisdiction not in self.choices:
            raise ValueError("jurisdiction must be one of the keys of choices")
        return self


class SourcesFile(Strict):
    """`sources`."""

    known_risk: SourceAction


class PolicyFile(Strict):
    """A policy file."""

    format: Annotated[Literal["safehold.policy/1"], Field(description="the form of this file")]
    name: Name
    version: Name
    reviewed_by: Annotated[tuple[Name, ...], Field(description="who reviewed this text; empty means a draft")] = ()
    single_operator: bool = False
    thresholds: ThresholdsFile
    detectors: DetectorsFile
    rules: list[RuleFile]
    separation: SeparationFile
    text_only: TextOnlyFile
    columns: tuple[ColumnFile, ...] = ()
    inert_extensions: tuple[Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")], ...] = ()
    limits: LimitsFile = LimitsFile()
    video: VideoFile = VideoFile()
    signals: SignalsFile = SignalsFile()
    sources: SourcesFile
    disposition: DispositionFile

    @model_validator(mode="after")
    def _says_nothing_twice(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"two rules have the id {min(twice)!r}")
        if len({(entry.column.casefold(), entry.concept) for entry in self.columns}) < len(self.columns):
            raise ValueError("the same column is mapped to the same concept twice")
        of_words = {entry.column.casefold() for entry in self.columns if entry.contains_any}
        if both := of_words & {entry.column.casefold() for entry in self.columns if not entry.contains_any}:
            raise ValueError(f"the column {min(both)!r} is mapped as one of numbers and as one of words")
        return self


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PolicyFile.model_json_schema()}


def _must_differ(pair: Pair) -> None:
    if pair[0] == pair[1]:
        raise ValueError("between must name two different concepts")
