"""What follows for datasets from decisions: nothing by itself, since a cleaned dataset is written by `dataset decide`.

So a reversed "not a violation" is undone by the next one; until then a cleaned dataset that was written meanwhile holds
the record, and whoever reverses is told so.
"""

from collections.abc import Sequence
from typing import Protocol

from safehold.cases import CaseItem, ItemId, Origin
from safehold.cases.decisions import Decided, Decision, Standing, Undoing, Undone

NAME = "datasets"
DECIDE_AGAIN = "decide-dataset-again"


class Items(Protocol):
    """The part of a store of cases that is needed."""

    def item(self, item_id: ItemId) -> CaseItem:
        """Return an item."""
        ...


class DatasetsFollow:
    """Datasets as a party that acts on decisions.

    Args:
        cases: of the home.
    """

    def __init__(self, cases: Items) -> None:
        self._cases = cases

    @property
    def name(self) -> str:
        """Return what jobs call it."""
        return NAME

    def follow(self, decided: Decided) -> None:
        """Do nothing: the next `dataset decide` takes the decision back into its run."""

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Say of each run whose records were freed that it must be decided again."""
        freed = [
            one.item
            for one in decided.items
            if one.standing is Standing.REVERSED and one.verdict is Decision.NOT_A_VIOLATION
        ]
        told = [self._cases.item(item).told for item in freed]
        runs = {one.reference.partition("#")[0] for one in told if one.origin is Origin.DATASET}
        return [Undone(run, Undoing.STANDS, DECIDE_AGAIN) for run in sorted(runs)]
