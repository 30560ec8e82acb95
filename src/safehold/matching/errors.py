"""What can go wrong with banks, their lists and the index."""

from dataclasses import dataclass

from safehold.vocabulary import InternalError, UsageError


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of a list that can't be read.

    Attributes:
        line: its number, from 1.
        reason: what is wrong with it, without its text.
    """

    line: int
    reason: str


class UnknownBankError(UsageError):
    """There is no bank of that name."""


class BankNameError(UsageError):
    """A bank's name can't be used."""


class BankDiffersError(UsageError):
    """An import says something else of a bank than what the bank was created with."""


class BankExistsError(UsageError):
    """There already is a bank of that name."""


class AllowListError(UsageError):
    """A file would clear content, which people's decisions alone may do."""


class MissingTraitError(UsageError):
    """A bank can't be created without saying what it lists."""


class BankWithdrawnError(UsageError):
    """The bank is no longer in use."""


class UnreadableListError(UsageError):
    """A list as a whole can't be read: missing, empty, of an unknown shape."""


class AmbiguousAlgorithmError(UsageError):
    """A value could belong to more than one algorithm."""


class MalformedListError(UsageError):
    """Some rows of a list don't have the shape of their algorithm; nothing was imported.

    Attributes:
        faults: the first of them.
        count: how many there are.
    """

    def __init__(self, message: str, *, advice: str, faults: tuple[Fault, ...], count: int) -> None:
        super().__init__(message, advice=advice)
        self.faults = faults
        self.count = count


class NotListedError(UsageError):
    """A value to withdraw is not in the bank."""


class ExportRefusedError(UsageError):
    """The bank's terms don't allow onward sharing."""


class WrongWidthError(UsageError):
    """The values looked up don't have the width of their algorithm."""


class SegmentDamagedError(InternalError):
    """A file of an index is missing, truncated or altered."""


def damaged_segment(what: str) -> SegmentDamagedError:
    """Return the error that says what is wrong with a segment."""
    return SegmentDamagedError(
        f"a segment of the index is damaged: {what}",
        advice="Run the command again: the index is made anew from the banks. If it happens again, check the disk.",
    )


class PartDamagedError(InternalError):
    """A file of a bank is missing, truncated or altered."""
