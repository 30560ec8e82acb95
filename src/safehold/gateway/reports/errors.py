"""What can be wrong with a report. People read these: they name what to do, and repeat nothing of what was sent."""

from collections.abc import Sequence

from safehold.vocabulary import Seconds, UsageError


class ReportIncompleteError(UsageError):
    """A report lacks something, or has a part that can't be used.

    Attributes:
        fields: names of the parts.
    """

    def __init__(self, message: str, *, advice: str, fields: Sequence[str]) -> None:
        super().__init__(message, advice=advice)
        self.fields = tuple(fields)


class MaterialSentError(UsageError):
    """Somebody sent material along; it was not read and not kept."""


class TooManyReportsError(UsageError):
    """One source, or everybody together, reported more than can be read.

    Attributes:
        retry_seconds: when to try again.
    """

    def __init__(self, retry_seconds: Seconds) -> None:
        super().__init__("there were many reports in a short time", advice="Try again later; nothing was kept.")
        self.retry_seconds = retry_seconds


class SealMissingError(UsageError):
    """What somebody wrote can't be sealed, since the home has no review key; so it is not taken."""


class NoteUnopenedError(UsageError):
    """What somebody wrote does not open with the key that was given."""


class ReportUnknownError(UsageError):
    """There is no report of this ticket or token."""


class ReportClosedError(UsageError):
    """A report is decided: nobody overrules that alone."""


class ReopeningUnfitError(UsageError):
    """A report that is decided is taken up again without a word why."""


class ReportOvertakenError(UsageError):
    """Somebody else said how far a report is at the same moment; nothing was changed."""
