"""Quality: how well people agree, by second decisions and golden items; of queues, never of persons.

Recorded decisions enter; numbers with their uncertainty leave, or the word that there are too few of them.
"""

from safehold.cases.decisions.quality.agreement import Agreement, AgreementBy, agreement
from safehold.cases.decisions.quality.golden import GoldenAnswer, Guise
from safehold.cases.decisions.quality.pool import GoldenId, GoldenItem, GoldenPool

__all__ = ["Agreement", "AgreementBy", "GoldenAnswer", "GoldenId", "GoldenItem", "GoldenPool", "Guise", "agreement"]
