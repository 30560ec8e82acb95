"""What can be wrong with decisions; read by people, so that each says what to do next."""

from safehold.vocabulary import InternalError, UsageError


class UnfitDecisionError(UsageError):
    """Something is missing in a decision, or does not go with what it is about; nothing was decided."""


class NotAllowedError(UsageError):
    """The person's roles do not let them do this."""


class OwnWorkError(UsageError):
    """Somebody would be the second of four eyes to what they did themselves."""


class AlreadyDecidedError(UsageError):
    """An item is decided; only a reversal opens it again."""


class UnknownDecisionError(UsageError):
    """There is no such decision."""


class NothingToReverseError(UsageError):
    """A decision was reversed before, or decides nothing any more."""


class UnknownListingError(UsageError):
    """There is no such listing of signals, or it does not wait for this."""


class ContradictionError(UsageError):
    """The same bytes would be on the own bank and on the allow list at once."""


class StillFollowedError(InternalError):
    """What followed from a decision is still being done; it is undone after that."""
