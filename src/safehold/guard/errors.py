"""What can go wrong between an application and its guard. Each of them means that nothing was allowed."""

from typing import TYPE_CHECKING

from safehold.vocabulary import OutsidePartyError, SafeholdError, UsageError

if TYPE_CHECKING:
    from safehold.guard.outcome import GuardResult


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


class RefusedError(SafeholdError):
    """What was checked may not be used or shown.

    Attributes:
        result: the answer; its `message_key` names what to tell the person.
    """

    def __init__(self, result: "GuardResult") -> None:
        code = "" if result.refusal is None else result.refusal.value
        super().__init__(
            f"the content was not allowed: {code}",
            advice="Show the message of the result's message key, and nothing of what was refused.",
        )
        self.result = result
