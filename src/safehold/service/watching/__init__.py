"""What is seen of the service from outside: log lines, measures, traces. Never content, never who it belongs to.

Durations, counts, digests, ids and words of our own enter; nothing else can leave.
"""

from safehold.service.watching.journal import Journal
from safehold.service.watching.measures import Measures
from safehold.service.watching.traces import Traces

__all__ = ["Journal", "Measures", "Traces"]
