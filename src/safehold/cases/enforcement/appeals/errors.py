"""What can be wrong with an appeal. People outside read some of these: they are kind, and tell nothing of others."""

from safehold.vocabulary import UsageError


class AppealUnknownError(UsageError):
    """There is nothing of this id that this sender could appeal against, or no such appeal."""


class AppealNotPossibleError(UsageError):
    """It is too late, there were enough, or one is being looked at."""


class AppealUnreadableError(UsageError):
    """What was written is empty or too long."""


class AppealUnsealedError(UsageError):
    """What was written can't be sealed, since the home has no review key; so it is not taken."""


class AppealNotAllowedError(UsageError):
    """Somebody without the ability to decide appeals asked for it."""


class OwnWorkError(UsageError):
    """Somebody took part in what is appealed against; another person decides."""


class AppealTakenError(UsageError):
    """Somebody else is looking at it."""
