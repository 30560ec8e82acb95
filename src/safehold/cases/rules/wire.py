"""The words of the sections on decisions, review and retention, as pydantic models."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from safehold.cases.axes import HarmType
from safehold.cases.item import Form
from safehold.cases.rules.rules import (
    Axis,
    DecisionRules,
    Occasion,
    OwnBankRules,
    RequiredAxes,
    RetentionRules,
    ReviewRules,
)
from safehold.reviewed import Strict
from safehold.vocabulary import Fraction, HarmClass

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Days = Annotated[int, Field(ge=1, le=36_500)]
QueueName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]

_HARMLESS = HarmType.BENIGN
_NO_HARM = frozenset({HarmClass.HONOUR_MARK, HarmClass.BENIGN})


class RequiredFile(Strict):
    """One of `decisions.required`."""

    harms: Annotated[tuple[HarmType, ...], Field(min_length=1)]
    forms: Annotated[tuple[Form, ...], Field(min_length=1)]
    say: Annotated[tuple[Axis, ...], Field(min_length=1)]

    def value(self) -> RequiredAxes:
        """Return it as what people obey."""
        return RequiredAxes(frozenset(self.harms), frozenset(self.forms), frozenset(self.say))


class AutomaticFile(Strict):
    """`decisions.automatic`."""

    classes: dict[HarmClass, HarmType]

    @model_validator(mode="after")
    def _confirms_harm_alone(self) -> Self:
        for listed, harm in self.classes.items():
            _require_harm(listed, harm)
        return self


class OwnBankFile(Strict):
    """`decisions.own_bank`."""

    classes: dict[HarmType, HarmClass]
    pdq_quality_at_least: Annotated[int, Field(ge=0, le=100)]

    @model_validator(mode="after")
    def _lists_harm_alone(self) -> Self:
        for harm, listed in self.classes.items():
            _require_harm(listed, harm)
        return self


class DecisionsFile(Strict):
    """`decisions`."""

    automatic: AutomaticFile
    required: tuple[RequiredFile, ...]
    own_bank: OwnBankFile

    def value(self) -> DecisionRules:
        """Return it as what people obey."""
        own = OwnBankRules(dict(self.own_bank.classes), self.own_bank.pdq_quality_at_least)
        return DecisionRules(dict(self.automatic.classes), tuple(one.value() for one in self.required), own)


class SharesFile(Strict):
    """`review.second.share`, and those of single queues."""

    confirm: Share
    not_a_violation: Share
    automatic: Share

    def value(self) -> dict[Occasion, Fraction]:
        """Return it by occasion."""
        return {occasion: Fraction(getattr(self, occasion.value)) for occasion in Occasion}


class SecondFile(Strict):
    """`review.second`."""

    share: SharesFile
    queues: dict[QueueName, SharesFile] = Field(default_factory=dict)
    always: tuple[HarmType, ...] = ()
    third_person: bool


class AgreementFile(Strict):
    """`review.agreement`."""

    least_pairs: Annotated[int, Field(ge=2, le=100_000)]
    least_people: Annotated[int, Field(ge=2, le=1000, description="never 1: it would be said of that one person")]


class ReviewFile(Strict):
    """`review`."""

    second: SecondFile
    agreement: AgreementFile

    def value(self) -> ReviewRules:
        """Return it as what people obey."""
        return ReviewRules(
            shares=self.second.share.value(),
            queue_shares={queue: shares.value() for queue, shares in self.second.queues.items()},
            always=frozenset(self.second.always),
            third_person=self.second.third_person,
            least_pairs=self.agreement.least_pairs,
            least_people=self.agreement.least_people,
        )


class RetentionFile(Strict):
    """`retention`."""

    held_most_days: Days
    context_days: Days
    preserve: tuple[HarmType, ...]

    def value(self) -> RetentionRules:
        """Return it as what people obey."""
        return RetentionRules(self.held_most_days, self.context_days, frozenset(self.preserve))


def _require_harm(listed: HarmClass, harm: HarmType) -> None:
    if listed in _NO_HARM or harm is _HARMLESS:
        raise ValueError(f"{harm.value} and {listed.value} don't go together here: nobody is harmed")
    if (harm is HarmType.TEST) is not (listed is HarmClass.TEST):
        raise ValueError("what is a test stays one: test goes with test alone")
