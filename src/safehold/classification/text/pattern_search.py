"""Search a prompt's views for the terms of all lexicons at once, and say where among its words each stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from safehold.classification.errors import EmptyTermError
from safehold.classification.text.combination import TextRules
from safehold.classification.text.lexicon import Lexicon
from safehold.classification.text.normalise import Normaliser
from safehold.classification.text.prompt_views import PromptView
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


_Match = tuple[int, int, int]


class PatternSearch:
    """All terms of several lexicons, forwards and backwards, as one automaton for each spelling.

    Raises:
        EmptyTermError: a term has neither letter nor digit.
    """

    def __init__(self, lexicons: Sequence[Lexicon], rules: TextRules, normaliser: Normaliser) -> None:
        self._rules = rules
        self._normaliser = normaliser
        self._plain = _Automaton(self._patterns(lexicons, is_skeleton=False))
        self._skeleton = _Automaton(self._patterns(lexicons, is_skeleton=True))

    def marks(self, view: PromptView) -> list[Mark]:
        """Return the terms in a view, forwards ones in the order of their ends."""
        text, is_skeleton = view
        automaton = self._skeleton if is_skeleton else self._plain
        matches = automaton.find(text)
        if not matches:
            return []
        marks = automaton.marks(text, matches)
        if automaton.shows_reversed_text(matches):
            backwards = text[::-1]
            last_word = text.count(" ") - 2
            marks += [
                Mark(mark.target, last_word - mark.last, last_word - mark.first, mark.is_shielded, is_reversed=True)
                for mark in automaton.marks(backwards, automaton.find(backwards))
            ]
        return marks

    def _patterns(self, lexicons: Iterable[Lexicon], *, is_skeleton: bool) -> dict[str, list[Target]]:
        patterns: dict[str, list[Target]] = defaultdict(list)
        spell = self._normaliser.skeleton if is_skeleton else self._normaliser.fold
        for lexicon in lexicons:
            for text, target in self._targets(lexicon, with_ages=not is_skeleton):
                spelling = _edged(spell(text), lexicon)
                patterns[spelling].append(target)
                if self._is_sign_backwards(text, target, lexicon):
                    patterns[spelling[::-1]].append(Target(Role.REVERSED, lexicon.id))
        return patterns

    def _is_sign_backwards(self, text: str, target: Target, lexicon: Lexicon) -> bool:
        folded = self._normaliser.fold(text)
        return (
            target.role is Role.CLAIM
            and lexicon.word_edges
            and len(folded) >= self._rules.shortest_reversed
            and folded not in self._rules.not_reversed
            and folded != folded[::-1]
        )

    def _targets(self, lexicon: Lexicon, *, with_ages: bool) -> Iterator[tuple[str, Target]]:
        role = self._role(lexicon)
        for term in lexicon.terms:
            yield term, _target(lexicon, role, term.replace(" ", "-"), term)
        for context in lexicon.neutral_contexts:
            yield context, Target(Role.NEUTRAL, lexicon.id)
        if with_ages and lexicon.ages is not None:
            for text in lexicon.ages.texts():
                yield text, _target(lexicon, role, lexicon.ages.id, text)

    def _role(self, lexicon: Lexicon) -> Role:
        if lexicon.concept in self._rules.contexts:
            return Role.CONTEXT
        return Role.NEGATION if lexicon.concept in self._rules.negation else Role.CLAIM


class _Automaton:
    """Patterns with what each of them means; the empty one finds nothing."""

    def __init__(self, patterns: Mapping[str, Sequence[Target]]) -> None:
        self._search = AhoCorasick(list(patterns), implementation=Implementation.DFA) if patterns else None
        targets = [tuple(dict.fromkeys(several)) for several in patterns.values()]
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

    def find(self, text: str) -> Sequence[_Match]:
        """Return the numbers, starts and ends of all patterns in a text, in the order of their ends."""
        matches: Sequence[_Match] = self._search.find_matches_as_indexes(text, overlapping=True) if self._search else ()
        return matches

    def shows_reversed_text(self, matches: Iterable[_Match]) -> bool:
        """Return whether a term that is not short stands there backwards."""
        return any(match[0] in self._signs for match in matches)

    def marks(self, text: str, matches: Sequence[_Match]) -> list[Mark]:
        """Return the terms among matches, in the order of their ends."""
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

    def _shields_of(self, matches: Sequence[_Match]) -> dict[str, Shields]:
        shields: dict[str, Shields] = {}
        for pattern, start, end in matches:
            for lexicon in self._shields.get(pattern, ()):
                shields.setdefault(lexicon, Shields()).add(start, end)
        return shields


def _is_shielded(target: Target, others: Iterable[Target], shielding: set[str]) -> bool:
    """Return whether a lexicon with this very term, for the same concept in any language, is shielded there."""
    return any(other.lexicon in shielding and other.concept == target.concept for other in others)


def _target(lexicon: Lexicon, role: Role, term_id: str, term: str) -> Target:
    reference = f"{lexicon.id}@{lexicon.version}#{term_id}"
    return Target(role, lexicon.id, lexicon.language, lexicon.concept, reference, term)


def _edged(spelling: str, lexicon: Lexicon) -> str:
    if not spelling:
        raise EmptyTermError(
            f"the lexicon {lexicon.id} has a term without letters or digits", advice="Take that term out."
        )
    return f" {spelling} " if lexicon.word_edges else spelling
