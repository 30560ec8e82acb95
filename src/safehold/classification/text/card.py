"""The card of the text rules: what they are for, what they were measured on, and what they were not.

card = text_card()
card.measured.all_sentences.rate        # false positives, with card.measured.all_sentences.low and .high
"""

import datetime as dt
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.reviewed import Strict, read_text

_Sentence = Annotated[str, Field(min_length=8)]
_Share = Annotated[float, Field(ge=0, le=1)]
_ROUNDING = 0.000_005
"""Shares are stated with five decimals."""


class FalsePositives(Strict):
    """Harmless texts that a rule found, without those that a context or a negation lowered.

    Attributes:
        hits: how many were found.
        of: how many were read.
        rate: the first over the second.
        low: the lower end of the 95 % interval (Wilson).
        high: its upper end.
    """

    hits: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=1)]
    rate: _Share
    low: _Share
    high: _Share

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(self.rate - self.hits / self.of) > _ROUNDING or not self.low <= self.rate <= self.high:
            raise ValueError("the rate is not hits over texts, or not within its interval")
        return self


class Measured(Strict):
    """What was measured, when, and on what machine.

    Attributes:
        all_sentences: of the whole set, half of which holds a term.
        with_term: of that half alone.
        sessions_of_ten: of ten consecutive sentences read as one conversation.
        prompts_a_second: on one core, half of them with signs that call for several views, with 5,000 patterns.
    """

    date: dt.date
    machine: _Sentence
    what: _Sentence
    all_sentences: FalsePositives
    with_term: FalsePositives
    sessions_of_ten: FalsePositives
    by_subject: dict[str, Annotated[int, Field(ge=0)]]
    prompts_a_second: Annotated[int, Field(gt=0)]


class TextCard(Strict):
    """The card; `not_validated_on` and `no_abuse_material` are there to be read first.

    Attributes:
        version: of `PromptRules` with the shipped rules and lexicons, as they were when measured.
        terms: how many terms each language has.
    """

    format: Literal["safehold.text-card/1"]
    name: Literal["text-rules"]
    version: str
    status: Literal["draft", "reviewed"]
    rules: tuple[str, ...]
    terms: dict[str, Annotated[int, Field(ge=1)]]
    source: _Sentence
    licence: _Sentence
    intended_use: _Sentence
    not_for: tuple[_Sentence, ...]
    not_validated_on: tuple[_Sentence, ...]
    no_abuse_material: _Sentence
    measured: Measured


def text_card() -> TextCard:
    """Return the card of the shipped text rules."""
    file = resources.files("safehold.classification").joinpath("cards", "text-rules.yaml")
    return read_text(file.read_text(encoding="utf-8"), TextCard, called=file.name)
