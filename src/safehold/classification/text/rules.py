"""Find the terms of lexicons in texts: whole words only, one pass over each view of a batch.

rules = CaptionRules(builtin_lexicons())
rules.find(["a red cube"])           # [()]
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from safehold.classification.errors import EmptyTermError
from safehold.classification.text.lexicon import Lexicon
from safehold.classification.text.normalise import Normaliser, View
from safehold.classification.text.shields import Shields
from safehold.vocabulary import Finding, FindingKind

DETECTOR = "caption-rules"
"""The detector's name in findings, gaps and policies."""

_BATCH_TEXTS = 4096


@dataclass(frozen=True, slots=True, order=True)
class RuleHit:
    """A term that was found.

    Attributes:
        concept: what it claims.
        term_id: which term of the lexicon.
        lexicon: which lexicon.
        version: in which version.
    """

    concept: str
    term_id: str
    lexicon: str
    version: str


@dataclass(frozen=True, slots=True)
class _Target:
    """What finding a pattern means: a hit, or (``hit`` is None) a context that is neutral for a lexicon."""

    lexicon: str
    hit: RuleHit | None


class _Automaton:
    """Patterns with their meanings; the empty one finds nothing."""

    def __init__(self, patterns: dict[str, list[_Target]]) -> None:
        self._targets = list(patterns.values())
        self._search = AhoCorasick(list(patterns), implementation=Implementation.DFA) if patterns else None

    def find(self, view: View) -> Iterator[tuple[int, RuleHit]]:
        """Yield text numbers and hits, leaving out hits that stand in a neutral context."""
        matches = self._search.find_matches_as_indexes(view.text, overlapping=True) if self._search else []
        if not matches:
            return
        owners = view.owners([start for _, start, _ in matches])
        shields = self._shields(matches)
        unshielded = Shields()
        for (pattern, start, end), owner in zip(matches, owners, strict=True):
            for target in self._targets[pattern]:
                if target.hit is not None and not shields.get(target.lexicon, unshielded).cover(start, end):
                    yield owner, target.hit

    def _shields(self, matches: Sequence[tuple[int, int, int]]) -> dict[str, Shields]:
        shields: dict[str, Shields] = defaultdict(Shields)
        for pattern, start, end in matches:
            for target in self._targets[pattern]:
                if target.hit is None:
                    shields[target.lexicon].add(start, end)
        return shields


class CaptionRules:
    """Search texts for the terms of several lexicons.

    Raises:
        EmptyTermError: a term has neither letter nor digit.
    """

    def __init__(self, lexicons: Iterable[Lexicon]) -> None:
        self.lexicons = tuple(lexicons)
        self._normaliser = Normaliser()
        self._plain = _Automaton(self._patterns(is_skeleton=False))
        self._skeleton = _Automaton(self._patterns(is_skeleton=True))

    @property
    def concepts(self) -> tuple[str, ...]:
        """Return the concepts that the lexicons can claim, in alphabetical order."""
        return tuple(sorted({lexicon.concept for lexicon in self.lexicons}))

    def find(self, texts: Sequence[str]) -> list[tuple[RuleHit, ...]]:
        """Return for each text its different hits, in a fixed order; empty if no view holds a term."""
        found: list[tuple[RuleHit, ...]] = [()] * len(texts)
        for start in range(0, len(texts), _BATCH_TEXTS):
            for number, hits in self._find_batch(texts[start : start + _BATCH_TEXTS]).items():
                found[start + number] = tuple(sorted(hits))
        return found

    def _find_batch(self, texts: Sequence[str]) -> dict[int, set[RuleHit]]:
        hits: dict[int, set[RuleHit]] = defaultdict(set)
        for view in self._normaliser.views(texts):
            automaton = self._skeleton if view.is_skeleton else self._plain
            for number, hit in automaton.find(view):
                hits[number].add(hit)
        return hits

    def _patterns(self, *, is_skeleton: bool) -> dict[str, list[_Target]]:
        patterns: dict[str, list[_Target]] = defaultdict(list)
        spell = self._normaliser.skeleton if is_skeleton else self._normaliser.fold
        for lexicon in self.lexicons:
            for text, target in _targets(lexicon, with_ages=not is_skeleton):
                patterns[_edged(spell(text), lexicon)].append(target)
        return patterns


def to_findings(hits: Iterable[RuleHit], *, place: str = "") -> tuple[Finding, ...]:
    """Return hits in the form that a policy reads."""
    return tuple(
        Finding(
            kind=FindingKind.RULE,
            detector=DETECTOR,
            subject=hit.concept,
            reference=f"{hit.lexicon}@{hit.version}#{hit.term_id}",
            place=place,
        )
        for hit in hits
    )


def _targets(lexicon: Lexicon, *, with_ages: bool) -> Iterator[tuple[str, _Target]]:
    for term in lexicon.terms:
        yield term, _Target(lexicon.id, _hit(lexicon, term.replace(" ", "-")))
    for context in lexicon.neutral_contexts:
        yield context, _Target(lexicon.id, None)
    if with_ages and lexicon.ages is not None:
        for text in lexicon.ages.texts():
            yield text, _Target(lexicon.id, _hit(lexicon, lexicon.ages.id))


def _hit(lexicon: Lexicon, term_id: str) -> RuleHit:
    return RuleHit(lexicon.concept, term_id, lexicon.id, lexicon.version)


def _edged(spelling: str, lexicon: Lexicon) -> str:
    if not spelling:
        raise EmptyTermError(
            f"the lexicon {lexicon.id} has a term without letters or digits", advice="Take that term out."
        )
    return f" {spelling} " if lexicon.word_edges else spelling
