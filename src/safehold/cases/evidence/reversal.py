"""Reversed decisions and holds: what is released with them, and what stays, visibly.

A hold that rests on a decision (its reference is the decision's id) and that its rule lets go is released, on whichever
piece of the case it lies. What the law asks for, and what was placed for another reason, stays: evidence that somebody
reported is kept for its time, whatever the provider thinks of it later.

    HoldsFollow(holds)      # one of the consequences of decisions
"""

from collections.abc import Sequence
from dataclasses import dataclass

from safehold.cases.decisions import Decided, Undoing, Undone
from safehold.cases.evidence.basis import RULES, basis_of
from safehold.cases.evidence.holds import Holds
from safehold.cases.staff import Person, Role
from safehold.vault import Hold

_BY_ITSELF = Person("system", frozenset({Role.REPORTER}))


@dataclass(frozen=True, slots=True)
class HoldsFollow:
    """Releases the holds that rested on a reversed decision.

    Attributes:
        holds: on evidence.
    """

    holds: Holds

    @property
    def name(self) -> str:
        """Return the party's word."""
        return "holds"

    def follow(self, decided: Decided) -> None:
        """Do nothing: holds are placed by people, with what they rest on."""

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Release what rested on the decision, and say of every other hold on its evidence why it stands."""
        outcomes = [self._undo(hold, decided) for hold in self.holds.resting_on(decided.id)]
        found = self.holds.on_items([one.item for one in decided.items])
        others = [hold for hold in found if hold.grounds.reference != decided.id and hold.released_at is None]
        outcomes += [Undone(hold.id, Undoing.STANDS, "other_grounds") for hold in others]
        return tuple(outcomes) or (Undone("", Undoing.NOTHING),)

    def _undo(self, hold: Hold, decided: Decided) -> Undone:
        if not RULES[basis_of(hold.grounds.rule)].is_releasable:
            return Undone(hold.id, Undoing.STANDS, "law_asks")
        self.holds.release(_BY_ITSELF, hold.id, reference=decided.id)
        return Undone(hold.id, Undoing.UNDONE)
