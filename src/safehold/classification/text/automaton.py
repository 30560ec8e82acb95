"""Many patterns searched for at once: which of them a text holds, what each means, and among which of its words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from safehold.classification.text.shields import Shields


class Role(Enum):
    """What a term is there for."""

    CLAIM = "claim"
    CONTEXT = "context"
    NEGATION = "negation"
    NEUTRAL = "neutral"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Target:
    """What finding a pattern means.

    Attributes:
        role: what it is there for; of NEUTRAL and REVERSED only the lexicon is said.
        lexicon: the lexicon's id.
        language: the lexicon's language.
        concept: what it claims.
        reference: "LEXICON@VERSION#TERM".
        term: as its lexicon spells it.
    """

    role: Role
    lexicon: str
    language: str = ""
    concept: str = ""
    reference: str = ""
    term: str = ""


class Mark(NamedTuple):
    """A term in a view.

    Attributes:
        target: which.
        first: the number of its first word in the view, from 0.
        last: the number of its last word.
        is_shielded: whether it stands in a neutral context of a lexicon that has it.
        is_reversed: whether it was met while reading backwards.
    """

    target: Target
    first: int
    last: int
    is_shielded: bool = False
    is_reversed: bool = False


Match = tuple[int, int, int]
"""A pattern's number, and where it begins and ends, the latter not included."""


class Found(NamedTuple):
    """The patterns in a view.

    Attributes:
        automaton: whose patterns they are.
        text: the view.
        matches: in the order of their ends.
    """

    automaton: "Automaton"
    text: str
    matches: Sequence[Match]

    @property
    def kinds(self) -> list[int]:
        """Return what they mean, in order: views that agree in this show the same terms."""
        kinds = self.automaton.kinds
        return [kinds[match[0]] for match in self.matches]

    def marks(self) -> list[Mark]:
        """Return the terms, those met forwards first and in the order of their ends."""
        if not self.matches:
            return []
        marks = self.automaton.marks(self.text, self.matches)
        if any(self.automaton.is_backwards(match[0]) for match in self.matches):
            marks += self._backwards()
        return marks

    def _backwards(self) -> list[Mark]:
        found = self.automaton.find(self.text[::-1])
        last_word = self.text.count(" ") - 2
        return [
            Mark(mark.target, last_word - mark.last, last_word - mark.first, mark.is_shielded, is_reversed=True)
            for mark in self.automaton.marks(found.text, found.matches)
        ]


class Automaton:
    """Patterns with what each of them means; the empty one finds nothing.

    A contiguous NFA: nearly as fast as a DFA over short texts, in a small part of its memory, which others need too.

    Args:
        patterns: framed spellings with what each may mean.
        kinds: what patterns of several automatons mean, numbered; the same dictionary for all that are to be compared.
    """

    def __init__(self, patterns: Mapping[str, Sequence[Target]], kinds: dict[frozenset[Target], int]) -> None:
        self._search = AhoCorasick(list(patterns), implementation=Implementation.ContiguousNFA) if patterns else None
        targets = [tuple(dict.fromkeys(several)) for several in patterns.values()]
        self.kinds = [kinds.setdefault(frozenset(several), len(kinds)) for several in targets]
        marks = (Role.CLAIM, Role.CONTEXT, Role.NEGATION)
        self._targets = [tuple(target for target in several if target.role in marks) for several in targets]
        self._shields = {
            number: shielded
            for number, several in enumerate(targets)
            if (shielded := tuple(target.lexicon for target in several if target.role is Role.NEUTRAL))
        }
        self._signs = {
            number for number, several in enumerate(targets) if any(target.role is Role.REVERSED for target in several)
        }

    def find(self, text: str) -> "Found":
        """Return all patterns in a text."""
        if self._search is None:
            return Found(self, text, ())
        return Found(self, text, self._search.find_matches_as_indexes(text, overlapping=True))

    def is_backwards(self, pattern: int) -> bool:
        """Return whether a pattern is a term that is not short, written backwards."""
        return pattern in self._signs

    def marks(self, text: str, matches: Sequence[Match]) -> list[Mark]:
        """Return the terms among matches in a text, in the order of their ends."""
        shields = self._shields_of(matches)
        marks = []
        word = place = 0
        for pattern, start, end in matches:
            targets = self._targets[pattern]
            if not targets:
                continue
            # Ends ascend, and starts nearly do: words are counted once, and few are counted again.
            word += text.count(" ", place, start) if start >= place else -text.count(" ", start, place)
            place = start
            last = word + text.count(" ", start + 1, end - 1)
            shielding = {lexicon for lexicon, shield in shields.items() if shield.cover(start, end)}
            marks += [
                Mark(target, word, last, bool(shielding) and _is_shielded(target, targets, shielding))
                for target in targets
            ]
        return marks

    def _shields_of(self, matches: Sequence[Match]) -> dict[str, Shields]:
        shields: dict[str, Shields] = {}
        for pattern, start, end in matches:
            for lexicon in self._shields.get(pattern, ()):
                shields.setdefault(lexicon, Shields()).add(start, end)
        return shields


def _is_shielded(target: Target, others: Iterable[Target], shielding: set[str]) -> bool:
    """Return whether a lexicon with this very term, for the same concept in any language, is shielded there."""
    return any(other.lexicon in shielding and other.concept == target.concept for other in others)
