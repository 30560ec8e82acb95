"""Queues: which cases wait together, and who holds which of them for how long.

A person and the name of a queue enter; a claim on one case leaves, which nobody else can have at the same time.
"""

from safehold.cases.queues.claim import Claim, Wellbeing
from safehold.cases.queues.definition import QUEUES, QueueDefinition
from safehold.cases.queues.queues import Queues

__all__ = ["QUEUES", "Claim", "QueueDefinition", "Queues", "Wellbeing"]
