"""States: how cases and items go from one to the next. Pure: one table, and what follows from the items' states.

Nothing here is silently nothing: what can't be done raises, and asking for the state that a case has already is one of
those things. What an item *is* (text, picture, hash) plays no part: each kind of case goes the same way.

    require_move(CaseState.OPEN, CaseState.ESCALATED, Tally(undecided=1))
    state_after(CaseState.OPEN, Tally())                       # CaseState.DECIDED
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from safehold.cases.case import CaseState
from safehold.cases.errors import UnfitTransitionError
from safehold.cases.item import ItemState


@dataclass(frozen=True, slots=True)
class Tally:
    """What the items of a case still need.

    Attributes:
        undecided: items without a first decision.
        second: items that wait for a second person.
    """

    undecided: int = 0
    second: int = 0


MOVES: Mapping[CaseState, frozenset[CaseState]] = MappingProxyType(
    {
        CaseState.OPEN: frozenset({CaseState.SECOND_REVIEW, CaseState.ESCALATED, CaseState.DECIDED}),
        CaseState.SECOND_REVIEW: frozenset({CaseState.OPEN, CaseState.ESCALATED, CaseState.DECIDED}),
        CaseState.ESCALATED: frozenset({CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.DECIDED}),
        CaseState.DECIDED: frozenset({CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED, CaseState.CLOSED}),
        CaseState.CLOSED: frozenset({CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED}),
    }
)
"""Where a case can go. A closed one opens again when its decision is reversed, or somebody escalates it."""

ITEM_MOVES: Mapping[ItemState, frozenset[ItemState]] = MappingProxyType(
    {
        ItemState.UNDECIDED: frozenset({ItemState.SECOND_REVIEW, ItemState.DECIDED}),
        ItemState.SECOND_REVIEW: frozenset({ItemState.UNDECIDED, ItemState.DECIDED}),
        ItemState.DECIDED: frozenset({ItemState.UNDECIDED, ItemState.SECOND_REVIEW}),
    }
)
"""Where an item can go; back, when a decision is reversed or sampled for a second look."""


def require_move(now: CaseState, to: CaseState, tally: Tally) -> None:
    """Refuse to take a case where it can't go, or where its items contradict it.

    Raises:
        UnfitTransitionError: which, and what to do instead.
    """
    if to not in MOVES[now]:
        raise UnfitTransitionError(
            f"a case that is {now.value} can't become {to.value}",
            advice="Look at the case again: it may have moved on.",
        )
    if not _fits(to, tally):
        raise UnfitTransitionError(
            f"a case with {tally.undecided} undecided items and {tally.second} for a second person can't be {to.value}",
            advice="Decide its items, or reverse their decisions; the state follows from them.",
        )


def require_item_move(now: ItemState, to: ItemState) -> None:
    """Refuse to take an item where it can't go.

    Raises:
        UnfitTransitionError: it can't go there.
    """
    if to not in ITEM_MOVES[now]:
        raise UnfitTransitionError(
            f"an item that is {now.value} can't become {to.value}",
            advice="Look at the case again: somebody may have decided meanwhile.",
        )


def state_after(now: CaseState, tally: Tally) -> CaseState:
    """Return the state of a case whose items now need this.

    An escalated case stays so until a first decision on everything is there; a closed one stays closed until an item
    needs somebody again.
    """
    if tally.undecided:
        return CaseState.ESCALATED if now is CaseState.ESCALATED else CaseState.OPEN
    if tally.second:
        return CaseState.SECOND_REVIEW
    return CaseState.CLOSED if now is CaseState.CLOSED else CaseState.DECIDED


def _fits(state: CaseState, tally: Tally) -> bool:
    """Return whether what the items need allows this state; a case may be escalated whatever they need."""
    match state:
        case CaseState.OPEN:
            return tally.undecided > 0
        case CaseState.SECOND_REVIEW:
            return tally.undecided == 0 and tally.second > 0
        case CaseState.ESCALATED:
            return True
        case CaseState.DECIDED | CaseState.CLOSED:
            return tally.undecided == 0 and tally.second == 0
