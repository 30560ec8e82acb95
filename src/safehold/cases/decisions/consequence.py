"""Consequences: what other rooms do once something is decided, and undo once it is reversed. The port they fill.

Each has a job of its own in the outbox, put in with the decision or reversal itself, so that a crash loses none and
doubles none; what it does must be safe to repeat. None of them runs inside the decision's transaction.
"""

from collections.abc import Sequence
from typing import Protocol

from safehold.cases.decisions.decision import Decided, Undone

FOLLOW = "decision.follow"
UNDO = "decision.undo"


class Consequence(Protocol):
    """One party that acts on decisions."""

    @property
    def name(self) -> str:
        """Return a lower-case word that names it, the same for ever: "enforcement"."""
        ...

    def follow(self, decided: Decided) -> None:
        """Do what follows from the items that a decision decides (`decided.standing`); repeating it changes nothing.

        Raises:
            SafeholdError: it can't be done now; it is tried again.
        """
        ...

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Undo what followed from a decision that was reversed; say of each thing whether that could be done.

        Repeating it changes nothing and says the same. The decision may also not have been followed yet: `follow` is
        never called after this.

        Raises:
            SafeholdError: it can't be done now; it is tried again.
        """
        ...


def kind_of(what: str, party: Consequence) -> str:
    """Return the kind of a party's jobs in the outbox."""
    return f"{what}.{party.name}"
