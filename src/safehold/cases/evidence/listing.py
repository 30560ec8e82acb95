"""Lists of openings, holds and destructions, page by page; inside a transaction that the caller opened.

A page goes on behind the last row of the one before (:mod:`safehold.cases.paging`), whose place a function here gives.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.evidence.destroyed import read_destructions
from safehold.cases.evidence.destruction import Destruction, DestructionState
from safehold.cases.evidence.opening import Opening, OpeningState
from safehold.cases.evidence.stored import read_openings
from safehold.cases.evidence.tables import destructions, openings
from safehold.cases.paging import behind, flag, place_of
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId, Hold
from safehold.vault.holds import read_holds
from safehold.vault.tables import holds

LISTED = 100
"""Rows of a page where nobody says otherwise. Ours."""


@dataclass(frozen=True, slots=True)
class OpeningFilter:
    """Which openings.

    Attributes:
        state: in which state; None for any.
        case: for which case; None for any.
        running_at: of those that wait or are granted, the ones whose time is not over then; None for all.
    """

    state: OpeningState | None = None
    case: str | None = None
    running_at: dt.datetime | None = None


def list_openings(
    connection: sa.Connection, wanted: OpeningFilter, *, after: str = "", limit: int = LISTED
) -> Sequence[Opening]:
    """Return openings behind a place, the latest asked for first."""
    row = openings.c
    order = (row.requested_at, row.id)
    query = sa.select(openings).where(behind(after, order, is_descending=True))
    if wanted.state is not None:
        query = query.where(row.state == wanted.state.value)
    if wanted.case is not None:
        query = query.where(row.case_ref == wanted.case)
    if wanted.running_at is not None:
        at = timestamp(wanted.running_at)
        waits = sa.and_(row.state == OpeningState.REQUESTED.value, row.lapses_at > at)
        query = query.where(sa.or_(waits, sa.and_(row.state == OpeningState.GRANTED.value, row.expires_at > at)))
    return read_openings(connection, query.order_by(*(one.desc() for one in order)).limit(limit))


def place_of_opening(opening: Opening) -> str:
    """Return where an opening stands in lists."""
    return place_of(timestamp(opening.requested_at), opening.id)


def list_holds(
    connection: sa.Connection,
    query: sa.Select[tuple[object, ...]],
    keep: Callable[[Hold], bool],
    *,
    after: str = "",
    limit: int = LISTED,
) -> Sequence[Hold]:
    """Return holds behind a place, oldest first.

    Args:
        connection: to read with.
        query: of the table of holds, without an order.
        keep: which of them; what it can't tell from their columns as text.
        after: behind which place.
        limit: how many at most.
    """
    found: list[Hold] = []
    while len(found) < limit:
        more = read_holds(connection, query.where(behind(after, (holds.c.starts_at, holds.c.id))).limit(limit))
        found += [hold for hold in more if keep(hold)]
        if len(more) < limit:
            break
        after = place_of_hold(more[-1])
    return found[:limit]


def place_of_hold(hold: Hold) -> str:
    """Return where a hold stands in lists: by its beginning, as the vault writes that."""
    return place_of(hold.starts_at.isoformat(), hold.id)


def place_of_end(hold: Hold) -> str:
    """Return where a hold that has an end stands among those that end soon."""
    return place_of("" if hold.expires_at is None else timestamp(hold.expires_at), hold.id)


def list_destructions(
    connection: sa.Connection,
    *,
    state: DestructionState | None = None,
    evidence: EvidenceId | None = None,
    after: str = "",
    limit: int = LISTED,
) -> Sequence[Destruction]:
    """Return destructions in a state and of evidence, where these are given, behind a place; the latest asked first."""
    order = (destructions.c.asked_at, destructions.c.id)
    query = sa.select(destructions).where(behind(after, order, is_descending=True))
    if state is not None:
        query = query.where(destructions.c.state == state.value)
    if evidence is not None:
        query = query.where(destructions.c.evidence_id == evidence)
    return read_destructions(connection, query.order_by(*(one.desc() for one in order)).limit(limit))


def place_of_destruction(found: Destruction) -> str:
    """Return where a destruction stands among all."""
    return place_of(timestamp(found.asked_at), found.id)


def destructions_to_come(connection: sa.Connection, *, after: str = "", limit: int = LISTED) -> Sequence[Destruction]:
    """Return what is asked for or approved, behind a place: what waits for a second person first, oldest of each."""
    row, asked = destructions.c, DestructionState.ASKED.value
    order = (flag(row.state != asked), row.asked_at, row.id)
    to_come = row.state.in_((asked, DestructionState.APPROVED.value))
    query = sa.select(destructions).where(to_come, behind(after, order)).order_by(*order).limit(limit)
    return read_destructions(connection, query)


def place_to_come(found: Destruction) -> str:
    """Return where a destruction stands among those to come."""
    is_decided = found.state is not DestructionState.ASKED
    return place_of(str(int(is_decided)), timestamp(found.asked_at), found.id)
