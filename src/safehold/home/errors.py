"""What can be wrong with a home, each said with what to do next."""

from safehold.vocabulary import InternalError, OutsidePartyError, UsageError


class HomeBusyError(UsageError):
    """Another command is writing to this home."""


class HomeUnusableError(UsageError):
    """The folder can't be made ready: not writable, not a folder, or its file system keeps no access rights."""


class NotAHomeError(UsageError):
    """The folder holds something that is not Safehold's."""


class HomeTooNewError(UsageError):
    """A later version of Safehold made this home."""


class DowngradeRefusedError(UsageError):
    """Going back to an earlier version would remove what nobody may lose; nothing was changed."""


class HomeFullError(UsageError):
    """The disk that holds the home is full or failing; nothing was half-written."""


class HomeBrokenError(UsageError):
    """The database of the home is damaged."""


class HomeNotEmptyError(UsageError):
    """A restore was asked to write where something already is."""


class BackupBrokenError(UsageError):
    """An archive is damaged, incomplete, altered, or not one of ours."""


class UnfitJobError(InternalError):
    """A job carries something that may be content, a file name or an address; nothing was put in."""


class LeaseLostError(InternalError):
    """A worker took longer than its lease, and another one got the job."""


class UnknownJobError(UsageError):
    """No job that was given up has this id."""


class DatabaseAddressError(UsageError):
    """A setting names no database."""


class DatabaseMissingError(UsageError):
    """What a PostgreSQL database needs is not installed."""


class DatabaseUnfitError(UsageError):
    """A server on which our promises would not hold: too old, or of another encoding."""


class DatabaseUnreachableError(OutsidePartyError):
    """A server does not answer, or refuses the connection."""


class TablesElsewhereError(UsageError):
    """The tables of this home are not where the settings look for them."""
