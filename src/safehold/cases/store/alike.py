"""Alike: items with an equal cryptographic fingerprint, wherever they wait, so that one decision serves them all."""

import sqlalchemy as sa

from safehold.cases.item import ItemId
from safehold.cases.tables import case_fingerprints, case_items, case_signals, cases
from safehold.vocabulary import CRYPTOGRAPHIC, DIGESTS_OF_NOTHING

_NAMES = tuple(sorted(algorithm.value for algorithm in CRYPTOGRAPHIC))

_OF_NOTHING = tuple(value.hex() for value in DIGESTS_OF_NOTHING.values())
"""What every empty file has: it makes two of them no more alike than any others."""


def alike(item_id: ItemId, limit: int) -> sa.Select[tuple[object, ...]]:
    """Return the question for other items of cases that are not closed; those of its own case first.

    Args:
        item_id: like which.
        limit: how many at most.
    """
    own = case_signals.alias("own")
    of_item = sa.select(case_items.c.case_id).where(case_items.c.id == item_id).scalar_subquery()
    found = (
        sa.select(case_signals.c.item_id)
        .join(
            case_fingerprints,
            sa.and_(
                case_fingerprints.c.case_id == case_signals.c.case_id, case_fingerprints.c.value == case_signals.c.value
            ),
        )
        .join(own, sa.and_(own.c.value == case_fingerprints.c.value, own.c.algorithm == case_fingerprints.c.algorithm))
        .where(
            own.c.item_id == item_id,
            own.c.algorithm.in_(_NAMES),
            own.c.value.not_in(_OF_NOTHING),
            case_signals.c.algorithm == own.c.algorithm,
        )
    )
    return (
        sa.select(case_items)
        .join(cases, cases.c.id == case_items.c.case_id)
        .where(case_items.c.id.in_(found), case_items.c.id != item_id, cases.c.is_open + 0 == 1)  # begins at the items
        .order_by(case_items.c.case_id != of_item, case_items.c.case_id, case_items.c.number)
        .limit(limit)
    )
