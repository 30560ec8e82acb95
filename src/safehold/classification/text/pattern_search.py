"""Make the search for the terms of all lexicons out of them: plain and as skeletons, forwards and backwards."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from safehold.classification.errors import EmptyTermError
from safehold.classification.text.automaton import Automaton, Found, Role, Target
from safehold.classification.text.combination import TextRules
from safehold.classification.text.lexicon import Lexicon
from safehold.classification.text.normalise import Normaliser
from safehold.classification.text.prompt_views import PromptView


class PatternSearch:
    """All terms of several lexicons, forwards and backwards, as one automaton for each spelling.

    Raises:
        EmptyTermError: a term has neither letter nor digit.
    """

    def __init__(self, lexicons: Sequence[Lexicon], rules: TextRules, normaliser: Normaliser) -> None:
        self._rules = rules
        self._normaliser = normaliser
        kinds: dict[frozenset[Target], int] = {}
        self._plain = Automaton(self._patterns(lexicons, is_skeleton=False), kinds)
        self._skeleton = Automaton(self._patterns(lexicons, is_skeleton=True), kinds)

    def find(self, view: PromptView) -> Found:
        """Return what a view holds."""
        text, is_skeleton = view
        return (self._skeleton if is_skeleton else self._plain).find(text)

    def _patterns(self, lexicons: Iterable[Lexicon], *, is_skeleton: bool) -> dict[str, list[Target]]:
        patterns: dict[str, list[Target]] = defaultdict(list)
        spell = self._normaliser.skeleton if is_skeleton else self._normaliser.fold
        for lexicon in lexicons:
            for text, target in self._targets(lexicon, with_ages=not is_skeleton):
                for spelling in _spellings(spell(text), target, lexicon):
                    patterns[spelling].append(target)
                    if self._is_sign_backwards(text, target, lexicon):
                        patterns[spelling[::-1]].append(Target(Role.REVERSED, lexicon.id))
        return patterns

    def _is_sign_backwards(self, text: str, target: Target, lexicon: Lexicon) -> bool:
        if target.role is not Role.CLAIM or not lexicon.word_edges:
            return False
        folded = self._normaliser.fold(text)
        is_long = len(folded) >= self._rules.shortest_reversed
        return is_long and folded not in self._rules.not_reversed and folded != folded[::-1]

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


def _spellings(spelling: str, target: Target, lexicon: Lexicon) -> Iterator[str]:
    """Yield a term with its edges and, if it is a phrase of letters, the same written as one word.

    Raises:
        EmptyTermError: it has neither letter nor digit.
    """
    if not spelling:
        raise EmptyTermError(
            f"the lexicon {lexicon.id} has a term without letters or digits", advice="Take that term out."
        )
    yield f" {spelling} " if lexicon.word_edges else spelling
    joined = spelling.replace(" ", "")
    if target.role is Role.CLAIM and lexicon.word_edges and joined != spelling and joined.isalpha():
        yield f" {joined} "
