"""What can be wrong around a danger to somebody's life. None of it keeps anybody from calling."""

from safehold.vocabulary import UsageError


class DangerUnknownError(UsageError):
    """There is no danger of this id."""


class DangerOverError(UsageError):
    """A danger is closed already."""


class DangerNotAllowedError(UsageError):
    """Somebody who does not work on cases tried to record something; calling needs nobody's leave."""


class ContactsError(UsageError):
    """A file of contacts can't be read, or says something that can't be meant."""


class NobodyInDangerError(UsageError):
    """A case is a golden item's: what it tells is made up, and nobody is called for it."""
