"""Text rules: which concepts must not stand together in a text or a conversation, as reviewed YAML files.

A rule names groups of concepts; it applies where one concept of each group is found, near enough. Education, medicine,
law, prevention, survivors' support and journalism speak of the same things: near their words a finding gets a subject
of its own, ``RULE:protected``, which a policy may treat otherwise. The same holds for what is negated and for what
stands far apart: a subject of its own, never nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.reviewed import Strict, read_file, read_text

PROTECTED = ":protected"
"""After a rule's id: each of its concepts stands near words of a protected context."""
NEGATED = ":negated"
"""After a rule's or concept's id: what it needs stands only where it is negated ("no red cube")."""
APART = ":apart"
"""After a rule's id: its concepts stand in one text, but farther from each other than the rule's window."""

_Concept = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
_Group = Annotated[tuple[_Concept, ...], Field(min_length=1)]
_Tokens = Annotated[int, Field(ge=1, le=10_000)]


@dataclass(frozen=True, slots=True)
class TextRule:
    """Concepts that must not stand together.

    Attributes:
        id: the subject of its findings, such as "red_cube+blue_ball".
        groups: of each, one concept must be found.
        window: how many words may lie between the first and the last concept within one text; over several texts of a
            conversation distance doesn't count.
        is_lowered: whether protected contexts lower it.
    """

    id: str
    groups: tuple[tuple[str, ...], ...]
    window: int
    is_lowered: bool


@dataclass(frozen=True, slots=True)
class TextRules:
    """Rules with what they share.

    Attributes:
        id: the file's name.
        version: the version of its content.
        rules: in the file's order.
        only_together: concepts too common to be a finding alone.
        contexts: concepts that protect.
        context_window: within how many words a context protects.
        negation: concepts that negate the term right after them.
        shortest_reversed: the fewest letters of a term whose reversed spelling is taken as a sign of reversed text.
        not_reversed: folded terms whose reversed spelling is an ordinary word.
        reviewed_by: who reviewed them; empty means a draft.
        digest: SHA-256, in hexadecimal, of the file's canonical JSON.
    """

    id: str
    version: str
    rules: tuple[TextRule, ...]
    only_together: frozenset[str]
    contexts: frozenset[str]
    context_window: int
    negation: frozenset[str]
    shortest_reversed: int
    not_reversed: frozenset[str]
    reviewed_by: tuple[str, ...]
    digest: str

    @property
    def status(self) -> Literal["draft", "reviewed"]:
        """Return "draft" until a reviewer is named."""
        return "reviewed" if self.reviewed_by else "draft"


class RuleFile(Strict):
    """One of `rules`."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_+-]{0,63}$")]
    why: Annotated[str, Field(min_length=8)]
    all_of: Annotated[tuple[_Group, ...], Field(min_length=2, max_length=6)]
    window: _Tokens
    protected_contexts: Literal["lower", "ignore"]


class ContextFile(Strict):
    """`protected_contexts`."""

    concepts: tuple[_Concept, ...]
    window: _Tokens


class ReversedFile(Strict):
    """`reversed`."""

    shortest: Annotated[int, Field(ge=3, le=64)]
    not_these: tuple[str, ...] = ()


class TextRulesFile(Strict):
    """A file of text rules."""

    format: Literal["safehold.text-rules/1"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    status: Literal["draft", "reviewed"]
    reviewed_by: tuple[str, ...]
    source: Annotated[str, Field(min_length=8)]
    licence: Annotated[str, Field(min_length=3)]
    rules: Annotated[tuple[RuleFile, ...], Field(min_length=1)]
    only_together: tuple[_Concept, ...] = ()
    protected_contexts: ContextFile
    negation: tuple[_Concept, ...] = ()
    reversed: ReversedFile

    @model_validator(mode="after")
    def _says_the_truth_about_itself(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(set(ids)) != len(ids):
            raise ValueError("two rules have the same id")
        if (self.status == "reviewed") != bool(self.reviewed_by):
            raise ValueError("status is reviewed if and only if reviewed_by names somebody")
        for rule in self.rules:
            concepts = [concept for group in rule.all_of for concept in group]
            if len(set(concepts)) != len(concepts):
                raise ValueError(f"a concept stands twice in the rule {rule.id}")
        marks = {*self.protected_contexts.concepts, *self.negation}
        if marks & {concept for rule in self.rules for group in rule.all_of for concept in group}:
            raise ValueError("a concept that protects or negates can't be a rule's")
        return self


def load_rules(path: Path) -> TextRules:
    """Read a file of text rules.

    Raises:
        ReviewedDataError: unreadable, an unknown key, or a value that can't be meant, with its line.
    """
    return _translate(read_file(path, TextRulesFile, kind="text rules"))


def default_rules() -> TextRules:
    """Return the rules that ship with Safehold."""
    return _shipped("text-rules.yaml")


def stand_in_rules() -> TextRules:
    """Return rules over harmless concepts (`red_cube`, `blue_ball`), for tests and demonstrations."""
    return _shipped("stand-in.yaml")


def _shipped(name: str) -> TextRules:
    file = resources.files("safehold.classification.text").joinpath("combinations", name)
    return _translate(read_text(file.read_text(encoding="utf-8"), TextRulesFile, called=name))


def _translate(file: TextRulesFile) -> TextRules:
    text = json.dumps(file.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return TextRules(
        id=file.id,
        version=file.version,
        rules=tuple(
            TextRule(rule.id, rule.all_of, rule.window, rule.protected_contexts == "lower") for rule in file.rules
        ),
        only_together=frozenset(file.only_together),
        contexts=frozenset(file.protected_contexts.concepts),
        context_window=file.protected_contexts.window,
        negation=frozenset(file.negation),
        shortest_reversed=file.reversed.shortest,
        not_reversed=frozenset(file.reversed.not_these),
        reviewed_by=file.reviewed_by,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
    )
