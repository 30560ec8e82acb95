"""Evidence of cases: opened by two custodians for a stated time, held as the law asks, destroyed with proof.

A request enters, with custodians' grants; bytes leave in memory alone, to who asked, while the time lasts.
"""

from safehold.cases.evidence.ceremony import Ceremony
from safehold.cases.evidence.opening import Opening, OpeningId, OpeningState
from safehold.cases.evidence.openings import Openings

__all__ = ["Ceremony", "Opening", "OpeningId", "OpeningState", "Openings"]
