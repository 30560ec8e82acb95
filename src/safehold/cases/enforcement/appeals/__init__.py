"""Appeals: somebody writes against a measure, and a person who had no part in it decides.

A statement enters, sealed before it is kept; a decision leaves, and what it lifts is lifted with it.
"""

from safehold.cases.enforcement.appeals.appeal import OUTCOMES, Appeal, AppealId, AppealState, Filing, Seals
from safehold.cases.enforcement.appeals.appeals import Appeals
from safehold.cases.enforcement.appeals.errors import (
    AppealNotAllowedError,
    AppealNotPossibleError,
    AppealTakenError,
    AppealUnknownError,
    AppealUnreadableError,
    AppealUnsealedError,
    OwnWorkError,
)
from safehold.cases.enforcement.appeals.intake import LONGEST_CONTACT, LONGEST_STATEMENT

__all__ = [
    "LONGEST_CONTACT",
    "LONGEST_STATEMENT",
    "OUTCOMES",
    "Appeal",
    "AppealId",
    "AppealNotAllowedError",
    "AppealNotPossibleError",
    "AppealState",
    "AppealTakenError",
    "AppealUnknownError",
    "AppealUnreadableError",
    "AppealUnsealedError",
    "Appeals",
    "Filing",
    "OwnWorkError",
    "Seals",
]
