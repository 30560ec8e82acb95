"""References: how the operator's own systems know the items that a measure is about."""

from collections.abc import Sequence

from safehold.cases.case import Subject
from safehold.cases.item import CaseItem, Origin

KNOWN_OUTSIDE = frozenset({Origin.GATEWAY, Origin.REPORT})
"""Origins whose references the operator's systems know: a check's id and place, a report's ticket."""


def references_of(items: Sequence[CaseItem], subject: Subject | None = None) -> tuple[str, ...]:
    """Return the references of items, in their order.

    Args:
        items: of a case.
        subject: only of those that came from it; None for all.
    """
    mine = [one for one in items if subject is None or one.subject == subject]
    return tuple(one.told.reference for one in mine if one.told.origin in KNOWN_OUTSIDE)
