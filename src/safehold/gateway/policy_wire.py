"""The words of a gateway policy file, as pydantic models; `policy_file` makes frozen values of `policy` of them."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from safehold.gateway.answer import Refusal
from safehold.gateway.conduct import Counted, Owner
from safehold.gateway.item import ItemKind, Surface
from safehold.gateway.policy import Mode
from safehold.reviewed import Strict
from safehold.screening.wire import LimitsFile, Name, Pair, Reason, RuleFile, Share, SignalsFile, VideoFile
from safehold.vocabulary import MediaKind

Word = Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
MessageKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Subject = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/+ -]*$")]
_LONGEST_SECONDS = 366 * 86400
_LONGEST_DAYS = 3660


class ThresholdsFile(Strict):
    """`thresholds`."""

    pdq: Annotated[int, Field(ge=0, le=36, description="largest PDQ distance that is a match, included")]
    video_share: Annotated[Share, Field(description="share of either one's frames that is a match of a video")] = 0.8
    scores: dict[Name, dict[Name, Share]] = Field(default_factory=dict)


class SurfaceFile(Strict):
    """One of `surfaces`."""

    mode: Mode = Mode.ACTIVE
    fail_open: bool = False
    required: dict[MediaKind, tuple[Name, ...]]
    messages: dict[Refusal, MessageKey]

    @model_validator(mode="after")
    def _forgets_nothing(self) -> Self:
        if forgotten := {kind.value for kind in MediaKind} - {kind.value for kind in self.required}:
            raise ValueError(f"say what is required for {', '.join(sorted(forgotten))} too, if only []")
        if forgotten := {refusal.value for refusal in Refusal} - {refusal.value for refusal in self.messages}:
            raise ValueError(f"say which message is shown for {', '.join(sorted(forgotten))} too")
        return self


class GatewayRuleFile(RuleFile):
    """One of `rules`: a rule of screening, on some surfaces and for some kinds of items; none named means all."""

    subjects: tuple[Subject, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    items: tuple[ItemKind, ...] = ()


class PairFile(Strict):
    """One of `pairs`."""

    between: Pair
    items: Annotated[tuple[ItemKind, ...], Field(min_length=1)]
    action: Literal["hold", "deny"]
    reason: Reason

    @model_validator(mode="after")
    def _two_concepts(self) -> Self:
        if self.between[0] == self.between[1]:
            raise ValueError("between must name two different concepts")
        return self


class EditFile(Strict):
    """`edit`."""

    concepts: tuple[Subject, ...]
    action: Literal["hold", "deny"]
    reason: Reason


class SessionFile(Strict):
    """`session`."""

    carry_seconds: Annotated[float, Field(ge=0, le=86400)]
    items: tuple[ItemKind, ...]
    action: Literal["hold", "deny"]
    trusted_roles: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _trusts_nobody_who_writes(self) -> Self:
        if "user" in self.trusted_roles:
            raise ValueError("the words of users are what is checked")
        return self


class ConductFile(Strict):
    """One of `conduct`."""

    id: Word
    of: Owner
    counts: Counted
    at_least: Annotated[int, Field(ge=1, le=64)]
    within_seconds: Annotated[float, Field(gt=0, le=_LONGEST_SECONDS)]
    limit_seconds: Annotated[float, Field(ge=0, le=_LONGEST_SECONDS)] = 0.0
    checks_per_minute: Annotated[int, Field(ge=0)] = 0
    proposes: Literal["", "review", "suspend"] = ""
    reason: Reason

    @model_validator(mode="after")
    def _leads_to_something(self) -> Self:
        if not self.limit_seconds and not self.proposes:
            raise ValueError("say limit_seconds, proposes or both: a rule that leads to nothing misleads")
        return self


class RetentionFile(Strict):
    """`retention`."""

    decisions_days: Annotated[int, Field(ge=1, le=_LONGEST_DAYS)]
    accounts_days: Annotated[int, Field(ge=1, le=_LONGEST_DAYS)]
    held_hours: Annotated[int, Field(ge=0, le=24 * 92)]
    held_bytes: Annotated[int, Field(ge=1, le=1 << 29)] = 64 << 20

    @model_validator(mode="after")
    def _forgets_accounts_first(self) -> Self:
        if self.accounts_days > self.decisions_days:
            raise ValueError("accounts_days can't be more than decisions_days")
        return self


class RequestsFile(Strict):
    """`requests`."""

    items: Annotated[int, Field(ge=1, le=1000)] = 32
    text_characters: Annotated[int, Field(ge=1, le=1 << 24)] = 200_000
    turns: Annotated[int, Field(ge=1, le=10_000)] = 500
    data_bytes: Annotated[int, Field(ge=1, le=1 << 30)] = 64 << 20
    waiting_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    detector_seconds: Annotated[float, Field(gt=0, le=600)] = 5.0


class GatewayPolicyFile(Strict):
    """A gateway policy file."""

    format: Annotated[Literal["safehold.gateway-policy/1"], Field(description="the form of this file")]
    name: Name
    version: Name
    reviewed_by: Annotated[tuple[Name, ...], Field(description="who reviewed this text; empty means a draft")] = ()
    thresholds: ThresholdsFile
    surfaces: dict[Surface, SurfaceFile]
    rules: list[GatewayRuleFile]
    pairs: list[PairFile]
    edit: EditFile
    session: SessionFile
    conduct: list[ConductFile]
    retention: RetentionFile
    requests: RequestsFile = RequestsFile()
    limits: LimitsFile = LimitsFile()
    video: VideoFile = VideoFile()
    signals: SignalsFile = SignalsFile()

    @model_validator(mode="after")
    def _says_everything_once(self) -> Self:
        for ids in ([rule.id for rule in self.rules], [rule.id for rule in self.conduct]):
            if twice := {name for name in ids if ids.count(name) > 1}:
                raise ValueError(f"two rules have the id {min(twice)!r}")
        if forgotten := {surface.value for surface in Surface} - {surface.value for surface in self.surfaces}:
            raise ValueError(f"say what holds on the surface {min(forgotten)} too")
        return self


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a gateway policy file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **GatewayPolicyFile.model_json_schema()}
