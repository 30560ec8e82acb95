"""Text: everything of a request that is words is read by the text rules, each item by itself and then together.

A concept that one item holds, or that the session carried, is joined with the words of the others, but for negative
prompts: they name what must not appear. A reader that fails leaves a gap.

    said = read_texts(reader, request.items, policy.session.items, carried)
    said.subjects[0].findings, said.concepts
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from safehold.gateway.item import Item, ItemKind
from safehold.screening import Subject
from safehold.vocabulary import Finding, Gap, GapReason, MediaKind, SafeholdError

TEXT_DETECTOR = "text-rules"
FILE_NAME = "file name"
"""The place of what a file's name says."""

_TEXT = frozenset({MediaKind.TEXT})
_FAULTS = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
"""What a reader may raise over a text that nobody foresaw: that text was not examined."""


class Reading(Protocol):
    """What texts say: findings, and the names of concepts that a session carries on."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...  # noqa: D102  said above, like the other
    @property
    def concepts(self) -> frozenset[str]: ...  # noqa: D102


class TextReader(Protocol):
    """Read texts that belong together; threads may share one."""

    @property
    def version(self) -> str: ...  # noqa: D102

    def read(self, texts: Sequence[str], *, carried: frozenset[str] = frozenset()) -> Reading:
        """Return what they say, joined with what was carried."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one item.

    Attributes:
        kind: the item's.
        texts: a text, or the turns of a conversation, oldest first.
        file_name: that a user gave it; "" for none.
        gaps: why some could not be had.
    """

    kind: ItemKind
    texts: tuple[str, ...] = ()
    file_name: str = ""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of a request say.

    Attributes:
        subjects: for each item, in order; without kinds where the item has no words.
        concepts: that a session may carry on; names only.
    """

    subjects: tuple[Subject, ...]
    concepts: frozenset[str]


def words_of(item: Item, trusted_roles: frozenset[str] = frozenset()) -> Words:
    """Return the words that an item holds as they were sent, but for turns whose words are the operator's own."""
    if item.kind is ItemKind.MESSAGES:
        return Words(
            item.kind,
            tuple(turn.text for turn in item.turns if turn.role not in trusted_roles) or ("",),
            item.file_name,
        )
    return Words(item.kind, (item.text,) if item.kind.is_text else (), item.file_name)


def read_texts(
    reader: TextReader, words: Sequence[Words], joinable: frozenset[ItemKind], carried: frozenset[str]
) -> Said:
    """Return what the words of a request say.

    Args:
        reader: the text rules.
        words: of every item, in order.
        joinable: the kinds of items that are joined with each other and with the session.
        carried: concepts that the session had before.
    """
    alone = {number: _read(reader, one, frozenset()) for number, one in enumerate(words)}
    joined = {number: alone[number][1] for number, one in enumerate(words) if one.kind in joinable}
    for number, said in joined.items():
        others = carried.union(*(concepts for other, concepts in joined.items() if other != number))
        if said and others:
            alone[number] = (_read(reader, words[number], others)[0], said)
    return Said(tuple(subject for subject, _ in alone.values()), frozenset().union(*joined.values()))


def _read(reader: TextReader, words: Words, carried: frozenset[str]) -> tuple[Subject, frozenset[str]]:
    if not words.texts and not words.file_name and not words.gaps:
        return Subject(frozenset()), frozenset()
    try:
        reading = reader.read(words.texts, carried=carried)
        named = reader.read((words.file_name,)).findings if words.file_name else ()
    except (SafeholdError, *_FAULTS):
        gap = Gap(TEXT_DETECTOR, GapReason.DETECTOR_FAILED)
        return Subject(_TEXT, gaps=(*words.gaps, gap)), frozenset()
    findings = (*reading.findings, *(replace(finding, place=FILE_NAME) for finding in named))
    examined = frozenset() if words.gaps else frozenset({TEXT_DETECTOR})
    return Subject(_TEXT, findings, words.gaps, examined), reading.concepts - carried


def merged(first: Subject, second: Subject) -> Subject:
    """Return what two detectors saw of one item; one that left a gap examined nothing."""
    gaps = (*first.gaps, *second.gaps)
    examined = (first.examined | second.examined) - {gap.detector for gap in gaps}
    return Subject(first.kinds | second.kinds, (*first.findings, *second.findings), gaps, examined)


def versions(reader: TextReader, subjects: Sequence[Subject]) -> Mapping[str, str]:
    """Return the reader's version, if it took part."""
    has_words = any(MediaKind.TEXT in subject.kinds for subject in subjects)
    return {TEXT_DETECTOR: reader.version} if has_words else {}
