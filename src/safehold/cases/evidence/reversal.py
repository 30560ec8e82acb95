"""Reversed decisions and holds: what is released with them, and what stays, visibly.

A hold that rests on a decision (its reference is the decision's id) and that its rule lets go is released. What the law
asks for, and what was placed for another reason, stays: evidence that somebody reported is kept for its time, whatever
the provider thinks of it later.

    HoldsFollow(holds, cases)      # one of the consequences of decisions
"""

from collections.abc import Sequence
from dataclasses import dataclass

from safehold.cases.decisions import Decided, Undoing, Undone
from safehold.cases.evidence.basis import RULES, basis_of
from safehold.cases.evidence.holds import Holds
from safehold.cases.item import Place
from safehold.cases.staff import Person, Role
from safehold.cases.store import CaseStore
from safehold.vault import EvidenceId, Hold

_BY_ITSELF = Person("system", frozenset({Role.REPORTER}))


@dataclass(frozen=True, slots=True)
class HoldsFollow:
    """Releases the holds that rested on a reversed decision.

    Attributes:
        holds: on evidence.
        cases: the store of cases.
    """

    holds: Holds
    cases: CaseStore

    @property
    def name(self) -> str:
        """Return the party's word."""
        return "holds"

    def follow(self, decided: Decided) -> None:
        """Do nothing: holds are placed by people, with what they rest on."""

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Release what rested on the decision, and say of every other hold on its evidence why it stands."""
        contents = (self.cases.item(one.item).told.content for one in decided.items)
        evidence = {EvidenceId(one.reference) for one in contents if one.place is Place.VAULT}
        found = [hold for one in sorted(evidence) for hold in self.holds.list(evidence=one, with_ended=True)]
        outcomes = [self._undo(hold, decided) for hold in found if hold.grounds.reference == decided.id]
        others = [hold for hold in found if hold.grounds.reference != decided.id and hold.released_at is None]
        outcomes += [Undone(hold.id, Undoing.STANDS, "other_grounds") for hold in others]
        return tuple(outcomes) or (Undone("", Undoing.NOTHING),)

    def _undo(self, hold: Hold, decided: Decided) -> Undone:
        if not RULES[basis_of(hold.grounds.rule)].is_releasable:
            return Undone(hold.id, Undoing.STANDS, "law_asks")
        self.holds.release(_BY_ITSELF, hold.id, reference=decided.id)
        return Undone(hold.id, Undoing.UNDONE)
