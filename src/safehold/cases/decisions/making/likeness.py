"""Likeness: which items of a case are one and the same, so that a thousand identical uploads are one decision.

Two items are alike if they have the same cryptographic fingerprint of the whole, in the same form and role, and text
rules and classifiers said the same of both: the same picture beside other words may be another matter. Nothing that is
merely near is alike.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.item import CaseItem, NewItem
from safehold.cases.rows import to_item
from safehold.cases.tables import case_items, case_signals
from safehold.vocabulary import CRYPTOGRAPHIC, Algorithm, FindingKind, Signal

Likeness = tuple[str, str, str, bool, frozenset[tuple[str, str]]]

_STRONGEST_FIRST = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)


def likeness(item: NewItem) -> Likeness | None:
    """Return what identical items have in common; None for one that is like no other."""
    digest = _digest(item.signals)
    if digest is None:
        return None
    said = frozenset((one.kind.value, one.subject) for one in item.findings if one.kind is not FindingKind.MATCH)
    is_confirmed = any(one.is_confirmed for one in item.findings)
    return f"{digest.algorithm.value}:{digest.value.hex()}", item.form.value, item.role, is_confirmed, said


def alike(connection: sa.Connection, item: CaseItem) -> Sequence[CaseItem]:
    """Return the other items of the same case that are like this one and as far as it is."""
    digest, wanted = _digest(item.told.signals), likeness(item.told)
    if digest is None:
        return ()
    same = sa.select(case_signals.c.item_id).where(
        case_signals.c.value == digest.value.hex(),
        case_signals.c.algorithm == digest.algorithm.value,
        case_signals.c.case_id == item.case,
    )
    query = sa.select(case_items).where(
        case_items.c.case_id == item.case,
        case_items.c.id.in_(same),
        case_items.c.id != item.id,
        case_items.c.state == item.state.value,
    )
    rows = connection.execute(query.order_by(case_items.c.number)).mappings()
    return [one for one in map(to_item, rows) if likeness(one.told) == wanted]


def _digest(signals: Sequence[Signal]) -> Signal | None:
    """Return the strongest cryptographic fingerprint of the whole."""
    whole = {one.algorithm: one for one in signals if one.algorithm in CRYPTOGRAPHIC and not one.place}
    return next((whole[algorithm] for algorithm in _STRONGEST_FIRST if algorithm in whole), None)
