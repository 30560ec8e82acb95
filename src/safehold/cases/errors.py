"""What can be wrong when people work on cases; read by people, so that each says what to do next."""

import datetime as dt

from safehold.vocabulary import InternalError, UsageError


class UnknownCaseError(UsageError):
    """There is no such case."""


class UnknownItemError(UsageError):
    """There is no such item, or it belongs to another case."""


class NoItemsError(InternalError):
    """Somebody tried to open a case about nothing."""


class UnfitTransitionError(UsageError):
    """A case or an item can't go from where it is to there: nothing was changed."""


class CaseOvertakenError(UsageError):
    """Somebody changed the case since it was looked at: nothing was changed."""


class UnfitWordError(UsageError):
    """A name, reason or label is more than a word, and the ledger keeps no sentences."""


class ClaimedError(UsageError):
    """Somebody else holds the case.

    Attributes:
        until: when that ends, if they don't go on.
    """

    def __init__(self, message: str, *, advice: str, until: dt.datetime) -> None:
        super().__init__(message, advice=advice)
        self.until = until


class ClaimLostError(UsageError):
    """A claim's time is over, or it was given back: nothing was changed."""


class NotForThemError(UsageError):
    """A case or queue is not for this person: their role, or that they decided first."""


class UnknownQueueError(UsageError):
    """There is no such queue."""


class UnfitNoticeError(UsageError):
    """A notice of an exchange has no usable name or reference, or can't be about one thing."""
