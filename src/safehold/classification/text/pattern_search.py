"""Search a prompt's views for the terms of all lexicons at once, and say where among its words each stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

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


@dataclass(frozen=True, slots=True)
class Mark:
    """A term in a view.

    Attributes:
        target: which.
        first: the number of its first word in the view, from 0.
        last: the number of its last word.
        is_reversed: whether it was met while reading backwards.
    """

    target: Target
    first: int
    last: int
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
        self._plain, self._plain_targets = self._automaton(lexicons, is_skeleton=False)
        self._skeleton, self._skeleton_targets = self._automaton(lexicons, is_skeleton=True)

    def marks(self, view: PromptView) -> list[Mark]:
        """Return the terms in a view, without those in a neutral context."""
        text, is_skeleton = view
        matches, targets = self._matches(text, is_skeleton=is_skeleton)
        if not matches:
            return []
        marks = list(_marks(text, matches, targets))
        if any(target.role is Role.REVERSED for pattern, _, _ in matches for target in targets[pattern]):
            backwards = text[::-1]
            last_word = text.count(" ") - 2
            found, _ = self._matches(backwards, is_skeleton=is_skeleton)
            marks += [
                Mark(mark.target, last_word - mark.last, last_word - mark.first, is_reversed=True)
                for mark in _marks(backwards, found, targets)
            ]
        return marks

    def _matches(self, text: str, *, is_skeleton: bool) -> tuple[Sequence[_Match], list[tuple[Target, ...]]]:
        automaton = self._skeleton if is_skeleton else self._plain
        targets = self._skeleton_targets if is_skeleton else self._plain_targets
        return (automaton.find_matches_as_indexes(text, overlapping=True) if automaton else (), targets)

    def _automaton(
        self, lexicons: Iterable[Lexicon], *, is_skeleton: bool
    ) -> tuple[AhoCorasick | None, list[tuple[Target, ...]]]:
        patterns: dict[str, list[Target]] = defaultdict(list)
        spell = self._normaliser.skeleton if is_skeleton else self._normaliser.fold
        for lexicon in lexicons:
            for text, target in self._targets(lexicon, with_ages=not is_skeleton):
                spelling = _edged(spell(text), lexicon)
                patterns[spelling].append(target)
                if self._is_sign_backwards(text, target, lexicon):
                    patterns[spelling[::-1]].append(Target(Role.REVERSED, lexicon.id))
        if not patterns:
            return None, []
        automaton = AhoCorasick(list(patterns), implementation=Implementation.DFA)
        return automaton, [tuple(dict.fromkeys(targets)) for targets in patterns.values()]

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


def _target(lexicon: Lexicon, role: Role, term_id: str, term: str) -> Target:
    reference = f"{lexicon.id}@{lexicon.version}#{term_id}"
    return Target(role, lexicon.id, lexicon.language, lexicon.concept, reference, term)


def _edged(spelling: str, lexicon: Lexicon) -> str:
    if not spelling:
        raise EmptyTermError(
            f"the lexicon {lexicon.id} has a term without letters or digits", advice="Take that term out."
        )
    return f" {spelling} " if lexicon.word_edges else spelling


def _marks(text: str, matches: Sequence[_Match], targets: list[tuple[Target, ...]]) -> Iterator[Mark]:
    shields = _shields(matches, targets)
    word = place = 0
    for pattern, start, end in matches:
        # Matches come in the order of their ends, so that words are counted once and little is counted again.
        word += text.count(" ", place, start) if start >= place else -text.count(" ", start, place)
        place = start
        for target in targets[pattern]:
            if target.role is Role.NEUTRAL or target.role is Role.REVERSED:
                continue
            if target.lexicon in shields and shields[target.lexicon].cover(start, end):
                continue
            yield Mark(target, word, word + text.count(" ", start + 1, end - 1))


def _shields(matches: Sequence[_Match], targets: list[tuple[Target, ...]]) -> dict[str, Shields]:
    shields: dict[str, Shields] = defaultdict(Shields)
    for pattern, start, end in matches:
        for target in targets[pattern]:
            if target.role is Role.NEUTRAL:
                shields[target.lexicon].add(start, end)
    return dict(shields)
