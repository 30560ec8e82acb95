"""Language files: all lexicons of one language in one versioned file, and plain lists with one term a line.

What a prompt is searched for is the lexicons of every language at once: nobody guesses which language a text is in, so
that no wrong guess can miss anything.
"""

import hashlib
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.classification.text.lexicon import AgeFile, AgeRule, Lexicon, builtin_lexicons, stand_in_lexicons
from safehold.reviewed import ReviewedDataError, Strict, read_text

LARGEST_LIST_BYTES = 16 << 20
"""How long a list may be: about a million terms."""

_Term = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S+( \S+)*$")]


class SaidAgeFile(AgeFile):
    """`ages`, with the units that make something else of a number ("I am 12 minutes late")."""

    unless_followed_by: tuple[_Term, ...] = ()


class EntryFile(Strict):
    """One of `lexicons`."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    concept: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    terms: Annotated[tuple[_Term, ...], Field(min_length=1, max_length=100_000)]
    neutral_contexts: tuple[_Term, ...] = ()
    ages: SaidAgeFile | None = None
    word_edges: bool = True

    @model_validator(mode="after")
    def _each_term_once(self) -> Self:
        if len(set(self.terms)) != len(self.terms):
            raise ValueError("a term stands twice")
        return self


class LanguageFile(Strict):
    """A language file."""

    format: Literal["safehold.language/1"]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    status: Literal["draft", "reviewed"]
    reviewed_by: tuple[str, ...]
    source: Annotated[str, Field(min_length=8)]
    licence: Annotated[str, Field(min_length=3)]
    size: Annotated[int, Field(ge=1, description="the number of terms in all its lexicons")]
    lexicons: Annotated[tuple[EntryFile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_the_truth_about_itself(self) -> Self:
        counted = sum(len(entry.terms) for entry in self.lexicons)
        if self.size != counted:
            raise ValueError(f"size says {self.size}, but there are {counted} terms")
        if len({entry.id for entry in self.lexicons}) != len(self.lexicons):
            raise ValueError("two lexicons have the same id")
        if (self.status == "reviewed") != bool(self.reviewed_by):
            raise ValueError("status is reviewed if and only if reviewed_by names somebody")
        return self


def prompt_lexicons() -> tuple[Lexicon, ...]:
    """Return what prompts are searched for: the built-in lexicons and those of every language file."""
    names = ("en.yaml", "de.yaml", "es.yaml", "fr.yaml", "pt.yaml")
    return (*builtin_lexicons(), *(lexicon for name in names for lexicon in _shipped(name)))


def stand_in_prompt_lexicons() -> tuple[Lexicon, ...]:
    """Return harmless lexicons for every concept that the stand-in rules know."""
    return (*stand_in_lexicons(), *_shipped("stand-in.yaml"))


def load_word_list(path: Path, *, concept: str, language: str = "und") -> Lexicon:
    """Read an operator's own list: one term a line, UTF-8, blank lines and lines that begin with ``#`` left out.

    The lexicon's id is the file's name, its version the beginning of its content's digest.

    Raises:
        ReviewedDataError: unreadable, too large, or without any term.
    """
    content = _read(path)
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise ReviewedDataError(f"the list {path} is not UTF-8", advice="Save it as UTF-8.") from error
    terms = tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line and not line.startswith("#")))
    if not terms:
        raise ReviewedDataError(f"the list {path} holds no term", advice="Give one term a line.")
    digest = hashlib.sha256(content).hexdigest()
    return Lexicon(
        id=path.stem,
        version=digest[:12],
        language=language,
        concept=concept,
        terms=terms,
        neutral_contexts=(),
        ages=None,
        word_edges=True,
        reviewed_by=(),
        source=f"operator's list {path.name}",
        licence="LicenseRef-operator",
        digest=digest,
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_LIST_BYTES + 1)
    except OSError as error:
        raise ReviewedDataError(f"the list {path} can't be read", advice="Give a readable file.") from error
    if len(content) > LARGEST_LIST_BYTES:
        raise ReviewedDataError(f"the list {path} is longer than 16 MiB", advice="Split it into several files.")
    return content


def _shipped(name: str) -> Iterator[Lexicon]:
    file = resources.files("safehold.classification.text").joinpath("languages", name)
    read = read_text(file.read_text(encoding="utf-8"), LanguageFile, called=name)
    for entry in read.lexicons:
        yield _translate(entry, read)


def _translate(entry: EntryFile, file: LanguageFile) -> Lexicon:
    text = json.dumps(entry.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    ages = entry.ages
    return Lexicon(
        id=entry.id,
        version=file.version,
        language=file.language,
        concept=entry.concept,
        terms=entry.terms,
        neutral_contexts=(*entry.neutral_contexts, *_units(ages)),
        ages=None if ages is None else _rule(ages),
        word_edges=entry.word_edges,
        reviewed_by=file.reviewed_by,
        source=file.source,
        licence=file.licence,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
    )


def _rule(ages: AgeFile) -> AgeRule:
    return AgeRule(ages.youngest, ages.oldest, ages.words, ages.phrases)


def _units(ages: SaidAgeFile | None) -> Iterator[str]:
    if ages is not None:
        for text in _rule(ages).texts():
            for unit in ages.unless_followed_by:
                yield f"{text} {unit}"
