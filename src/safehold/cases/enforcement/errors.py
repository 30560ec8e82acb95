"""What can be wrong with an action on an account, content, a model or a link."""

from safehold.vocabulary import UsageError


class EnforcementUnknownError(UsageError):
    """There is no enforcement of this id."""


class EnforcementNotAllowedError(UsageError):
    """Somebody without the ability to act asked for it."""


class UnfitMeasureError(UsageError):
    """A measure does not fit what it is to be taken on."""


class StepNotPossibleError(UsageError):
    """What was to be done next is not possible from where it is: somebody was faster, or it is over."""


class SecondPersonNeededError(UsageError):
    """Somebody else has to do this step: nobody approves their own work."""
