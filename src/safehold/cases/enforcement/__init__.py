"""Enforcement: what follows from a confirmed harm for an account, content, a model or a link; every step reversible.

A decision enters, in its own transaction; proposed measures leave, people let them come into force, and the operator's
systems are told. Nothing here names an account: marks and the operator's own references stand for it.
"""

from safehold.cases.enforcement.enforcement import (
    Cause,
    Enforcement,
    EnforcementId,
    EnforcementState,
    Happened,
    Measure,
    Order,
    Reason,
    Standing,
    Step,
)
from safehold.cases.enforcement.enforcements import Enforcements
from safehold.cases.enforcement.errors import (
    EnforcementNotAllowedError,
    EnforcementUnknownError,
    SecondPersonNeededError,
    StepNotPossibleError,
    UnfitMeasureError,
)
from safehold.cases.enforcement.ladder import AppealRules, Ground, Ladder, Rung, Taken
from safehold.cases.enforcement.ladder_file import LadderFile
from safehold.cases.enforcement.references import references_of
from safehold.cases.enforcement.stepping import TELL, EnforcementChange
from safehold.cases.enforcement.stored import Cursor, EnforcementFilter, EnforcementPage

__all__ = [
    "TELL",
    "AppealRules",
    "Cause",
    "Cursor",
    "Enforcement",
    "EnforcementChange",
    "EnforcementFilter",
    "EnforcementId",
    "EnforcementNotAllowedError",
    "EnforcementPage",
    "EnforcementState",
    "EnforcementUnknownError",
    "Enforcements",
    "Ground",
    "Happened",
    "Ladder",
    "LadderFile",
    "Measure",
    "Order",
    "Reason",
    "Rung",
    "SecondPersonNeededError",
    "Standing",
    "Step",
    "StepNotPossibleError",
    "Taken",
    "UnfitMeasureError",
    "references_of",
]
