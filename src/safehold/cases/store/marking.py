"""Marking: say how far items are, and work out what their case still needs."""

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.errors import UnfitTransitionError, UnknownItemError
from safehold.cases.item import ItemId, ItemState
from safehold.cases.state import Tally, require_item_move
from safehold.cases.store.counts import count_day
from safehold.cases.tables import case_items

_ASKED_AT_ONCE = 400
"""Values in one question: SQLite takes 32,766 by default, and a plan is made anew for each number of them."""


def mark(
    connection: sa.Connection, case_id: CaseId, states: Mapping[ItemId, ItemState], tally: Tally, *, at: str
) -> Tally:
    """Change items of a case in a writing transaction; return what its items need then.

    Args:
        connection: writing.
        case_id: the case that all of them belong to.
        states: what each becomes.
        tally: what the items of the case need now.
        at: the time, as rows hold it.

    Raises:
        UnknownItemError: one is not of this case.
        UnfitTransitionError: none was named, or one can't go there, or is there already.
    """
    if not states:
        raise UnfitTransitionError("no item was named", advice="Name the items that are decided.")
    found = _found(connection, case_id, states)
    for item_id, to in states.items():
        if item_id not in found:
            raise unknown_item()
        require_item_move(ItemState(found[item_id]["state"]), to)
    for to in ItemState:
        _set_state(connection, [item_id for item_id, state in states.items() if state is to], to)
    _count_decided(connection, found, states, at)
    before = Counter(ItemState(row["state"]) for row in found.values())
    after = Counter(states.values())
    return Tally(
        tally.undecided + after[ItemState.UNDECIDED] - before[ItemState.UNDECIDED],
        tally.second + after[ItemState.SECOND_REVIEW] - before[ItemState.SECOND_REVIEW],
    )


def unknown_item() -> UnknownItemError:
    """Return the error that there is no such item."""
    return UnknownItemError("there is no such item in this case", advice="Look at the case again.")


def _found(
    connection: sa.Connection, case_id: CaseId, states: Mapping[ItemId, ItemState]
) -> dict[ItemId, sa.RowMapping]:
    of_case = sa.select(case_items.c.id, case_items.c.state, case_items.c.origin).where(case_items.c.case_id == case_id)
    return {
        ItemId(row["id"]): row
        for some in _groups(list(states))
        for row in connection.execute(of_case.where(case_items.c.id.in_(some))).mappings()
    }


def _set_state(connection: sa.Connection, chosen: Sequence[ItemId], to: ItemState) -> None:
    for some in _groups(chosen):
        connection.execute(sa.update(case_items).where(case_items.c.id.in_(some)).values(state=to.value))


def _groups(items: Sequence[ItemId]) -> list[Sequence[ItemId]]:
    return [items[start : start + _ASKED_AT_ONCE] for start in range(0, len(items), _ASKED_AT_ONCE)]


def _count_decided(
    connection: sa.Connection, found: Mapping[ItemId, sa.RowMapping], states: Mapping[ItemId, ItemState], at: str
) -> None:
    decided: Counter[str] = Counter()
    for item_id, to in states.items():
        was = ItemState(found[item_id]["state"]) is ItemState.DECIDED
        decided[found[item_id]["origin"]] += (to is ItemState.DECIDED) - was
    for origin, number in decided.items():
        if number:
            count_day(connection, at, origin, decided=number)
