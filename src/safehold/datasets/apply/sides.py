"""Sides: which folders of cleaned data there are, and which of them a record belongs to.

There is one, `clean`, unless the policy puts two concepts of one mix into two disjoint outputs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from safehold.screening import Separation

CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Side:
    """One folder of cleaned data.

    Attributes:
        folder: its name below the output folder.
        concept: it takes the records that claim this concept; None for the side that takes all others.
        excluded: concepts whose records go to another side.
    """

    folder: str
    concept: str | None = None
    excluded: frozenset[str] = frozenset()

    def takes(self, claimed: Iterable[str]) -> bool:
        """Return whether a record with these claims belongs here."""
        claims = frozenset(claimed)
        if self.concept is None:
            return claims.isdisjoint(self.excluded)
        return self.concept in claims and claims.isdisjoint(self.excluded)


def sides_of(separation: Separation) -> tuple[Side, ...]:
    """Return the sides that a separation makes.

    Every record that stays belongs to exactly one. Those that claim both concepts of a pair, or the second concepts of
    two, would belong to none: `final_names` lets none of them stay.
    """
    apart = sorted({second for _, second in separation.outputs})
    others = {
        concept: frozenset(apart).union(first for first, second in separation.outputs if second == concept) - {concept}
        for concept in apart
    }
    return (
        Side(CLEAN, None, frozenset(apart)),
        *(Side(f"{CLEAN}-{_file_name(concept)}", concept, others[concept]) for concept in apart),
    )


def _file_name(concept: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "_", concept.lower())
