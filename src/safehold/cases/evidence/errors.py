"""What can be wrong when evidence of a case is opened, held or destroyed."""

from safehold.vocabulary import UsageError


class EvidenceError(UsageError):
    """Something can't be done with evidence of a case as it was asked."""


class UnknownOpeningError(EvidenceError):
    """There is no such opening."""


class OpeningUnfitError(EvidenceError):
    """An opening can't be asked for, granted, or read as it was tried; nothing was opened."""


class OwnOpeningError(EvidenceError):
    """Somebody tried to grant what they asked for themselves, or to grant twice."""


class OpeningOverError(EvidenceError):
    """An opening's time is over, or it was ended or refused."""


class HoldUnfitError(EvidenceError):
    """A hold can't be placed, extended or released as it was asked: its rule does not allow it."""


class UnknownDestructionError(EvidenceError):
    """There is no such destroy request."""


class DestructionRefusedError(EvidenceError):
    """Evidence may not be destroyed as it was asked: a hold, its rule, or a second person is missing."""


class AccountUnfitError(EvidenceError):
    """What opened is no account of an item."""
