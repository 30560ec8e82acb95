"""What can go wrong between an application and its guard. Each of them means that nothing was allowed."""

from safehold.vocabulary import OutsidePartyError, UsageError


class GuardUnavailableError(OutsidePartyError):
    """The service did not answer, not in time, or not in words that are understood."""


class GuardTimedOutError(GuardUnavailableError):
    """The service was reached and decided nothing in time. Content can bring that about, so it opens no surface."""


class GuardLimitedError(OutsidePartyError):
    """The service asks to be asked less often."""


class RejectedRequestError(UsageError):
    """The service can't use what it was sent: key, size or form is wrong, so that asking again won't help."""


class GuardSetupError(UsageError):
    """A guard, a route or a wrapper can't be set up as it was asked for."""
