"""What can go wrong with banks, their lists and the index."""

from safehold.vocabulary import InternalError, UsageError


class UnknownBankError(UsageError):
    """There is no bank of that name."""


class BankNameError(UsageError):
    """A bank's name can't be used."""


class BankDiffersError(UsageError):
    """An import says something else of a bank than what the bank was created with."""


class BankWithdrawnError(UsageError):
    """The bank is no longer in use."""


class UnreadableListError(UsageError):
    """A list as a whole can't be read: missing, empty, of an unknown shape."""


class AmbiguousAlgorithmError(UsageError):
    """A value could belong to more than one algorithm."""


class MalformedListError(UsageError):
    """Some rows of a list don't have the shape of their algorithm; nothing was imported.

    Attributes:
        rows: the first of them, as pairs of line number and reason.
        count: how many there are.
    """

    def __init__(self, message: str, *, advice: str, rows: tuple[tuple[int, str], ...], count: int) -> None:
        super().__init__(message, advice=advice)
        self.rows = rows
        self.count = count


class NotListedError(UsageError):
    """A value to withdraw is not in the bank."""


class ExportRefusedError(UsageError):
    """The bank's terms don't allow onward sharing."""


class WrongWidthError(UsageError):
    """The values looked up don't have the width of their algorithm."""


class SegmentDamagedError(InternalError):
    """A file of an index is missing, truncated or altered."""


class PartDamagedError(InternalError):
    """A file of a bank is missing, truncated or altered."""
