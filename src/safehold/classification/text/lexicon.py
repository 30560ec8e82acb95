"""Lexicons: versioned lists of plain words that claim a concept, as reviewed YAML files.

A lexicon says where it comes from and who reviewed it; nobody yet means that it is a draft, and says so. Operators add
their own files. Plain, clinical words only: no coded terms, which would teach more than they catch.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.reviewed import Strict, read_file, read_text

_Term = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^\S+( \S+)*$")]
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


@dataclass(frozen=True, slots=True)
class AgeRule:
    """Ages in numbers or words, within phrases.

    Attributes:
        youngest: the lowest age that counts.
        oldest: the highest age that counts.
        words: the ages as words, from ``youngest`` on.
        phrases: texts with ``{age}`` in them.
    """

    youngest: int
    oldest: int
    words: tuple[str, ...]
    phrases: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the term id of every hit: ages aren't told apart."""
        return f"age-{self.youngest}-{self.oldest}"

    def texts(self) -> Iterator[str]:
        """Yield every phrase with every age."""
        ages = [str(age) for age in range(self.youngest, self.oldest + 1)]
        for phrase in self.phrases:
            for age in (*ages, *self.words):
                yield phrase.replace("{age}", age)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words that claim a concept.

    Attributes:
        id: its name, such as "en-minor".
        version: the version of its content.
        language: a BCP 47 tag.
        concept: what every term claims.
        terms: words and phrases; matched as whole words, in any case.
        neutral_contexts: phrases in which a term does not count; other terms of the same text still do.
        ages: ages in numbers, or None.
        word_edges: whether terms must stand as whole words; False for scripts that don't put spaces between words.
        reviewed_by: who reviewed it; empty means a draft.
        source: where its content comes from.
        licence: SPDX identifier.
        digest: SHA-256, in hexadecimal, of its canonical JSON.
    """

    id: str
    version: str
    language: str
    concept: str
    terms: tuple[str, ...]
    neutral_contexts: tuple[str, ...]
    ages: AgeRule | None
    word_edges: bool
    reviewed_by: tuple[str, ...]
    source: str
    licence: str
    digest: str

    @property
    def status(self) -> Literal["draft", "reviewed"]:
        """Return "draft" until a reviewer is named."""
        return "reviewed" if self.reviewed_by else "draft"


class AgeFile(Strict):
    """`ages`."""

    youngest: Annotated[int, Field(ge=0, le=17)]
    oldest: Annotated[int, Field(ge=0, le=17)]
    words: tuple[_Term, ...] = ()
    phrases: Annotated[tuple[Annotated[str, Field(pattern=r"\{age\}")], ...], Field(min_length=1)]


class LexiconFile(Strict):
    """A lexicon file."""

    format: Literal["safehold.lexicon/1"]
    id: _Id
    version: Annotated[str, Field(min_length=1, max_length=32)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]
    concept: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    status: Literal["draft", "reviewed"]
    size: Annotated[int, Field(ge=1, description="the number of terms")]
    source: Annotated[str, Field(min_length=8)]
    licence: Annotated[str, Field(min_length=3)]
    reviewed_by: tuple[str, ...]
    word_edges: bool = True
    terms: Annotated[tuple[_Term, ...], Field(min_length=1, max_length=100_000)]
    neutral_contexts: tuple[_Term, ...] = ()
    ages: AgeFile | None = None

    @model_validator(mode="after")
    def _says_the_truth_about_itself(self) -> Self:
        if len(set(self.terms)) != len(self.terms):
            raise ValueError("a term stands twice")
        if self.size != len(self.terms):
            raise ValueError(f"size says {self.size}, but there are {len(self.terms)} terms")
        if (self.status == "reviewed") != bool(self.reviewed_by):
            raise ValueError("status is reviewed if and only if reviewed_by names somebody")
        return self


def load_lexicon(path: Path) -> Lexicon:
    """Read a lexicon file.

    Raises:
        ReviewedDataError: unreadable, an unknown key, or a value that can't be meant, with its line.
    """
    return _translate(read_file(path, LexiconFile, kind="lexicon"))


def builtin_lexicons() -> tuple[Lexicon, ...]:
    """Return the lexicons that ship with Safehold, in the order of their names."""
    return _shipped("lexicons")


def stand_in_lexicons() -> tuple[Lexicon, ...]:
    """Return lexicons of harmless concepts (`red_cube`, `blue_ball`) for tests and demonstrations of separation."""
    return _shipped("lexicons/stand-in")


def _shipped(place: str) -> tuple[Lexicon, ...]:
    folder = resources.files("safehold.classification.text").joinpath(*place.split("/"))
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(
        _translate(read_text(file.read_text(encoding="utf-8"), LexiconFile, called=file.name)) for file in files
    )


def _translate(file: LexiconFile) -> Lexicon:
    text = json.dumps(file.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Lexicon(
        id=file.id,
        version=file.version,
        language=file.language,
        concept=file.concept,
        terms=file.terms,
        neutral_contexts=file.neutral_contexts,
        ages=None if file.ages is None else _ages(file.ages),
        word_edges=file.word_edges,
        reviewed_by=file.reviewed_by,
        source=file.source,
        licence=file.licence,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
    )


def _ages(file: AgeFile) -> AgeRule:
    return AgeRule(file.youngest, file.oldest, file.words, file.phrases)
