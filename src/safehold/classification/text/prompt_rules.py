"""Prompt rules: what a prompt, a chat or any other text of a service says, by concepts and rules over them.

rules = PromptRules(prompt_lexicons(), default_rules())
reading = rules.read(["a red cube"], carried=frozenset())
reading.findings, reading.concepts      # (), frozenset()
"""

import bisect
import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from safehold.classification.text.automaton import Mark, Role
from safehold.classification.text.combination import NEGATED, PROTECTED, TextRules
from safehold.classification.text.joining import Page, State, join
from safehold.classification.text.lexicon import Lexicon
from safehold.classification.text.normalise import Normaliser, frame
from safehold.classification.text.pattern_search import PatternSearch
from safehold.classification.text.prompt_views import prompt_views
from safehold.vocabulary import Finding, FindingKind

PROMPT_DETECTOR = "text-rules"
"""The detector's name in findings, gaps and policies."""

_READER = "1"
"""Counted up whenever texts are read otherwise than before by the same rules and lexicons."""

_ENDINGS = {State.PLAIN: "", State.PROTECTED: PROTECTED, State.NEGATED: NEGATED}
_STATES = {ending: state for state, ending in _ENDINGS.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What texts say.

    Attributes:
        findings: of rules first, then of single concepts; each subject once.
        concepts: what a session carries on, with what was carried before: names of concepts, some with ``:protected``
            or ``:negated`` behind them; no text.
    """

    findings: tuple[Finding, ...] = ()
    concepts: frozenset[str] = frozenset()


class _Hit(NamedTuple):
    mark: Mark
    state: State


class PromptRules:
    """Read texts by lexicons and rules; safe to use from several threads.

    Attributes:
        lexicons: every one, whatever language a text seems to be in.
        rules: over their concepts.
        version: the rules' version, with the beginning of a digest over all that decides what is found.

    Raises:
        EmptyTermError: a lexicon's term has neither letter nor digit.
    """

    def __init__(self, lexicons: Sequence[Lexicon], rules: TextRules) -> None:
        self.lexicons = tuple(lexicons)
        self.rules = rules
        self._normaliser = Normaliser()
        self._search = PatternSearch(self.lexicons, rules, self._normaliser)
        digests = "\n".join([_READER, rules.digest, *(lexicon.digest for lexicon in self.lexicons)])
        self.version = f"{rules.version}-{hashlib.sha256(digests.encode('ascii')).hexdigest()[:12]}"

    def read(self, texts: Sequence[str], *, carried: frozenset[str] = frozenset()) -> Reading:
        """Return what texts that belong together say: the turns of a chat, a prompt and its caption, or one prompt.

        Args:
            texts: in any order; concepts of different ones are joined whatever lies between.
            carried: what an earlier reading of the same session gave as ``concepts``; joined with what the texts say,
                and never a finding alone.
        """
        found = [(hits, slack) for hits, slack in map(self._hits, texts) if hits]
        if not found:
            return Reading(concepts=carried)
        pages = [_page(claims, slack) for claims, slack in found]
        hits = [hit for claims, _ in found for hit in claims]
        names = {f"{hit.mark.target.concept}{_ENDINGS[hit.state]}" for hit in hits}
        return Reading(
            findings=(*self._rule_findings(pages, carried), *self._concept_findings(hits)),
            concepts=carried | names,
        )

    def _rule_findings(self, pages: Sequence[Page], carried: frozenset[str]) -> Iterator[Finding]:
        before = _carried(carried)
        known = {concept for page in pages for concept, _ in page.places} | before.keys()
        for rule in self.rules.rules:
            if all(not known.isdisjoint(group) for group in rule.groups):
                joined = join(rule, pages, before)
                for ending in sorted(joined.within | joined.across):
                    place = "" if ending in joined.within else "conversation"
                    reference = f"{self.rules.id}@{self.rules.version}#{rule.id}"
                    yield _finding(rule.id + ending, reference, place)

    def _concept_findings(self, hits: Iterable[_Hit]) -> Iterator[Finding]:
        references: dict[str, set[str]] = defaultdict(set)
        for hit in hits:
            target = hit.mark.target
            if target.concept not in self.rules.only_together:
                ending = NEGATED if hit.state is State.NEGATED else ""
                references[target.concept + ending].add(target.reference)
        for subject in sorted(references):
            yield _finding(subject, min(references[subject]), "")

    def _hits(self, text: str) -> tuple[list[_Hit], int]:
        """Return a text's claims, and by how many words their places may be off."""
        views = prompt_views(text, self._normaliser)
        folded = self._search.find(views[0])
        marks = folded.marks()
        forwards = [mark for mark in marks if not mark.is_reversed]
        hits = self._judged([mark for mark in forwards if not mark.is_shielded], text)
        new = [mark for mark in marks if mark.is_reversed]
        slack = 0
        if len(views) > 1:
            known, kinds, words = _words_by_term(forwards), folded.kinds, views[0][0].count(" ")
            for view in views[1:]:
                found = self._search.find(view)
                if found.kinds != kinds:
                    shift = abs(view[0].count(" ") - words)
                    slack = max(slack, shift)
                    new += _unknown(found.marks(), known, shift)
        # What only a further view shows was disguised: nothing lowers it.
        claims = [mark for mark in new if mark.target.role is Role.CLAIM and not mark.is_shielded]
        return [*hits, *(_Hit(mark, State.PLAIN) for mark in claims)], slack if claims else 0

    def _judged(self, marks: Sequence[Mark], text: str) -> list[_Hit]:
        """Return the claims of the folded view, each as plain, protected or negated."""
        if not marks:
            return []
        contexts = sorted(mark.first for mark in marks if mark.target.role is Role.CONTEXT)
        negated = self._negated(marks, text)
        hits = []
        for mark in marks:
            if mark.target.role is Role.CLAIM:
                if (mark.first, mark.last, mark.target.concept) in negated:
                    state = State.NEGATED
                else:
                    state = State.PROTECTED if self._is_protected(mark, contexts) else State.PLAIN
                hits.append(_Hit(mark, state))
        return hits

    def _negated(self, marks: Sequence[Mark], text: str) -> set[tuple[int, int, str]]:
        """Return the places and concepts of claims with a word of their own language before them that negates."""
        negations = {
            (mark.last + 1, mark.target.language): mark.target.term
            for mark in marks
            if mark.target.role is Role.NEGATION
        }
        if not negations:
            return set()
        is_adjacent = functools.cache(functools.partial(self._is_adjacent, text))
        return {
            (mark.first, mark.last, mark.target.concept)
            for mark in marks
            if mark.target.role is Role.CLAIM
            and (negation := negations.get((mark.first, mark.target.language))) is not None
            and is_adjacent(negation, mark.target.term)
        }

    def _is_protected(self, mark: Mark, contexts: Sequence[int]) -> bool:
        window = self.rules.context_window
        nearest = bisect.bisect_left(contexts, mark.first - window)
        return nearest < len(contexts) and contexts[nearest] <= mark.last + window

    def _is_adjacent(self, text: str, negation: str, term: str) -> bool:
        """Return whether nothing but spaces ever separates the two: "no, red cube" negates nothing."""
        lowered = self._normaliser.lower(frame([text]))
        words = [re.escape(self._normaliser.fold(word)) for word in (*negation.split(), term.split(maxsplit=1)[0])]
        together = re.search(r"\b" + r"\s+".join(words) + r"\b", lowered)
        apart = re.search(rf"\b{words[-2]}\s*[^\w\s][\s\W]*{words[-1]}\b", lowered)
        return together is not None and apart is None


def _page(hits: Iterable[_Hit], slack: int) -> Page:
    places: dict[tuple[str, State], list[int]] = defaultdict(list)
    for hit in hits:
        places[hit.mark.target.concept, hit.state].append(hit.mark.first)
    return Page({key: sorted(found) for key, found in places.items()}, slack)


def _carried(names: frozenset[str]) -> Mapping[str, frozenset[State]]:
    states: dict[str, set[State]] = defaultdict(set)
    for name in names:
        concept, colon, ending = name.partition(":")
        states[concept].add(_STATES.get(colon + ending, State.PLAIN))
    return {concept: frozenset(found) for concept, found in states.items()}


def _words_by_term(marks: Iterable[Mark]) -> dict[str, list[int]]:
    words: dict[str, list[int]] = defaultdict(list)
    for mark in marks:
        words[mark.target.reference].append(mark.first)
    return words


def _unknown(marks: Iterable[Mark], known: Mapping[str, Sequence[int]], shift: int) -> Iterator[Mark]:
    """Yield the marks of a view that the folded one doesn't show, as far as the places of the two agree.

    Each mark of the folded view, shielded or not, stands for at most one of the other.
    """
    taken: dict[str, int] = defaultdict(int)
    for mark in marks:
        words = known.get(mark.target.reference, ())
        number = taken[mark.target.reference]
        while number < len(words) and words[number] < mark.first - shift:
            number += 1
        is_known = not mark.is_reversed and number < len(words) and words[number] <= mark.first + shift
        taken[mark.target.reference] = number + is_known
        if not is_known:
            yield mark


def _finding(subject: str, reference: str, place: str) -> Finding:
    return Finding(FindingKind.RULE, PROMPT_DETECTOR, subject, reference, place=place)
