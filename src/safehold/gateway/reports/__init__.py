"""Reports from people: what users, strangers and those depicted say about content, models and accounts.

What enters is a :class:`Submission`, from anybody, without a name and never with the material itself; what leaves is a
ticket with a token that tells its status, a sealed note for the people who decide, and, for requests to take down, a
clock of 48 hours and fingerprints that hold identical copies until somebody has decided.
"""

from safehold.gateway.reports.casework import ReportCases
from safehold.gateway.reports.errors import (
    MaterialSentError,
    NoteUnopenedError,
    ReopeningUnfitError,
    ReportClosedError,
    ReportIncompleteError,
    ReportOvertakenError,
    ReportUnknownError,
    SealMissingError,
    TooManyReportsError,
)
from safehold.gateway.reports.holding import BANK_NAME, BankHolding, Holding, NoHolding
from safehold.gateway.reports.intake import TAKE_DOWN_HOURS, Desk, Reports
from safehold.gateway.reports.report import (
    Category,
    Fingerprint,
    Kind,
    Receipt,
    Report,
    Role,
    Sender,
    Status,
    Submission,
    Target,
)
from safehold.gateway.reports.sealing import ReviewSeal, Seals
from safehold.gateway.reports.sources import Limits

__all__ = [
    "BANK_NAME",
    "TAKE_DOWN_HOURS",
    "BankHolding",
    "Category",
    "Desk",
    "Fingerprint",
    "Holding",
    "Kind",
    "Limits",
    "MaterialSentError",
    "NoHolding",
    "NoteUnopenedError",
    "Receipt",
    "ReopeningUnfitError",
    "Report",
    "ReportCases",
    "ReportClosedError",
    "ReportIncompleteError",
    "ReportOvertakenError",
    "ReportUnknownError",
    "Reports",
    "ReviewSeal",
    "Role",
    "SealMissingError",
    "Seals",
    "Sender",
    "Status",
    "Submission",
    "Target",
    "TooManyReportsError",
]
