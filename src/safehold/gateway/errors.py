"""What can go wrong with a check, so that nothing was decided: whoever asked lets nothing pass."""

from safehold.vocabulary import InternalError, OutsidePartyError, UsageError


class GatewayError(UsageError):
    """A request, a policy or a key of the gateway can't be used."""


class EmptyRequestError(GatewayError):
    """A request holds no item: there is nothing to say about it, and silence would look like a pass."""


class RequestTooLargeError(GatewayError):
    """A request holds more items, or longer ones, than the policy allows."""


class MalformedItemError(GatewayError):
    """An item holds no text, turns or bytes where its kind asks for them, or holds what its kind has no use for."""


class GatewayPolicyError(GatewayError):
    """A gateway policy can't be read, or says what can't be meant."""


class HeldItemMissingError(GatewayError):
    """There is no held item of this id: it was never kept, or its time is over."""


class ChecksUnavailableError(OutsidePartyError):
    """Nothing can be decided now: the database or the index can't be reached."""


class UnrecordedDecisionError(InternalError):
    """A decision was made and could not be recorded, so that it does not count."""


class OvertakenError(InternalError):
    """Another turn of the session was recorded while this one was decided on; nothing was recorded of this one."""


class DigestKeyError(GatewayError):
    """The key that marks of accounts are made with can't be used."""
