"""What can be wrong with webhooks, when they are set up and when one is received."""

from safehold.vocabulary import OutsidePartyError, UsageError


class WebhookNameError(UsageError):
    """The name can't be used."""


class WebhookExistsError(UsageError):
    """There is, or was, a webhook of this name."""


class WebhookMissingError(UsageError):
    """No webhook has this name."""


class WebhookAddressError(UsageError):
    """The address is none that is delivered to."""


class DeliveryRefusedError(UsageError):
    """What was received is not a delivery of the key's holder; answer 400, do nothing."""


class DeliveryStaleError(DeliveryRefusedError):
    """What was received was signed too long ago, or in the future; answer 400, do nothing."""


class DeliverySeenError(DeliveryRefusedError):
    """What was received was received before: answer 200, or it comes again; do nothing."""


class DeliveryFailedError(OutsidePartyError):
    """An endpoint could not be reached, or did not take the delivery.

    Attributes:
        reason: why, in one word.
        for_good: whether it makes no sense to try again.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(f"not delivered: {reason}", advice="It is tried again; see: safehold webhook list")
        self.reason = reason
        self.for_good = for_good
