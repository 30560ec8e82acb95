"""What can be wrong when cases are exported, or exports are verified."""

from safehold.vocabulary import UsageError


class ExportError(UsageError):
    """A case can't be exported as it was asked."""


class ExportBrokenError(ExportError):
    """A file is no export of ours, is of the other profile, or was altered."""
