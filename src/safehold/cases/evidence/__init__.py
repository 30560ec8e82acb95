"""Evidence of cases: opened by two custodians for a stated time, held as the law asks, destroyed with proof.

A request enters, with custodians' grants; bytes leave in memory alone, to who asked, while the time lasts. Holds keep
evidence from every erasure; what is destroyed leaves proven events behind.
"""

from safehold.cases.evidence.basis import RULES, Basis, HoldRule, basis_of
from safehold.cases.evidence.ceremony import Ceremony
from safehold.cases.evidence.destruction import Destruction, DestructionId, DestructionState, Ground, Obstacle, Waiting
from safehold.cases.evidence.destructions import Destructions
from safehold.cases.evidence.holds import Holds
from safehold.cases.evidence.opening import Opening, OpeningId, OpeningState
from safehold.cases.evidence.openings import Openings

__all__ = [
    "RULES",
    "Basis",
    "Ceremony",
    "Destruction",
    "DestructionId",
    "DestructionState",
    "Destructions",
    "Ground",
    "HoldRule",
    "Holds",
    "Obstacle",
    "Opening",
    "OpeningId",
    "OpeningState",
    "Openings",
    "Waiting",
    "basis_of",
]
