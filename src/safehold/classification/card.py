"""Cards: what a classifier is for, what it was measured on, and what it was not."""

import datetime as dt
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from safehold.classification.errors import ClassifierMissingError
from safehold.reviewed import Strict, read_text

_Sentence = Annotated[str, Field(min_length=8)]


class FalsePositives(Strict):
    """Scores on pictures that show nothing of the concept.

    Attributes:
        pictures: how many.
        what: what they were.
        threshold: the score that counts, included.
        over_threshold: how many reached it.
        highest: the highest score.
        mean: the mean score.
    """

    pictures: Annotated[int, Field(ge=1)]
    what: _Sentence
    threshold: Annotated[float, Field(ge=0, le=1)]
    over_threshold: Annotated[int, Field(ge=0)]
    highest: Annotated[float, Field(ge=0, le=1)]
    mean: Annotated[float, Field(ge=0, le=1)]


class Measured(Strict):
    """What we measured, when, and on what machine."""

    date: dt.date
    machine: _Sentence
    milliseconds_a_picture: Annotated[float, Field(gt=0)]
    false_positives: FalsePositives


class Card(Strict):
    """A classifier's card; `not_validated_on` and `no_abuse_material` are there to be read first."""

    format: Literal["safehold.card/1"]
    name: str
    version: str
    concepts: tuple[str, ...]
    source: _Sentence
    licence: _Sentence
    size_bytes: Annotated[int, Field(ge=0)]
    weights_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    training_data: _Sentence
    intended_use: _Sentence
    not_for: tuple[_Sentence, ...]
    not_validated_on: tuple[_Sentence, ...]
    no_abuse_material: _Sentence
    measured: Measured


def card(name: str) -> Card:
    """Return a shipped classifier's card.

    Raises:
        ClassifierMissingError: there is no such classifier.
    """
    file = resources.files("safehold.classification").joinpath("cards", f"{name}.yaml")
    if not file.is_file():
        raise ClassifierMissingError(f"there is no card for {name!r}", advice="Name one of: opennsfw, stand-in.")
    return read_text(file.read_text(encoding="utf-8"), Card, called=file.name)
