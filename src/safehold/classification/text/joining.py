"""Join concepts by rules: within one text by distance, over the texts of a conversation without.

Every way of meeting a rule is worked out by itself, and more texts only add ways: nothing that is added to a
conversation takes a finding away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import product

from safehold.classification.text.combination import APART, NEGATED, PROTECTED, TextRule

CARRIED = -1
"""The number of the text that stands for what a session said before."""


class State(IntEnum):
    """How a term is meant where it stands."""

    PLAIN = 0
    PROTECTED = 1
    NEGATED = 2


@dataclass(frozen=True, slots=True)
class Page:
    """What one text holds.

    Attributes:
        places: concept and state to the numbers of the words that begin a term, ascending.
        slack: by how many words places may be off, since they come from different views.
    """

    places: Mapping[tuple[str, State], Sequence[int]]
    slack: int = 0


_Sources = Mapping[State, frozenset[int]]


@dataclass(slots=True)
class Joined:
    """The ways in which a rule is met.

    Attributes:
        within: the endings of its subject for single texts; "" is the rule itself.
        across: the same for several texts, or for texts and what was carried.
    """

    within: set[str] = field(default_factory=set)
    across: set[str] = field(default_factory=set)


def join(rule: TextRule, pages: Sequence[Page], carried: Mapping[str, frozenset[State]]) -> Joined:
    """Return in which ways pages, with what was carried, meet a rule."""
    joined = Joined()
    for page in pages:
        joined.within.update(_within(rule, page))
    groups = [_sources(group, pages, carried) for group in rule.groups]
    if all(groups):
        joined.across.update(_across(rule, groups))
    return joined


def _within(rule: TextRule, page: Page) -> Iterator[str]:
    groups = [_places(group, page) for group in rule.groups]
    if not all(groups):
        return
    for states in product(*groups):
        places = [group[state] for group, state in zip(groups, states, strict=True)]
        is_near = _is_near(places, rule.window + page.slack)
        ending = _ending(rule, states)
        yield ending if is_near or ending else APART


def _across(rule: TextRule, groups: Sequence[_Sources]) -> Iterator[str]:
    for states in product(*groups):
        sources = frozenset[int]().union(*(group[state] for group, state in zip(groups, states, strict=True)))
        if len(sources) > 1:
            yield _ending(rule, states)


def _ending(rule: TextRule, states: Sequence[State]) -> str:
    if State.NEGATED in states:
        return NEGATED
    return PROTECTED if rule.is_lowered and all(state is State.PROTECTED for state in states) else ""


def _places(group: Sequence[str], page: Page) -> dict[State, list[int]]:
    found = {
        state: sorted(place for concept in group for place in page.places.get((concept, state), ())) for state in State
    }
    return {state: places for state, places in found.items() if places}


def _sources(
    group: Sequence[str], pages: Sequence[Page], carried: Mapping[str, frozenset[State]]
) -> dict[State, frozenset[int]]:
    found: dict[State, frozenset[int]] = {}
    for state in State:
        numbers = {number for number, page in enumerate(pages) for c in group if (c, state) in page.places}
        if any(state in carried.get(concept, ()) for concept in group):
            numbers.add(CARRIED)
        if numbers:
            found[state] = frozenset(numbers)
    return found


def _is_near(groups: Sequence[Sequence[int]], window: int) -> bool:
    """Return whether one place of each group lies within a window, counted from the first to the last of them."""
    merged = sorted((place, number) for number, places in enumerate(groups) for place in places)
    latest: dict[int, int] = {}
    for place, number in merged:
        latest[number] = place
        if len(latest) == len(groups) and place - min(latest.values()) <= window:
            return True
    return False
