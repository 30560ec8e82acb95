"""What can go wrong while a fingerprint is made."""

from safehold.vocabulary import GapReason, InternalError, SafeholdError


class UnhashablePictureError(SafeholdError):
    """A picture has no fingerprint of this kind; the caller turns it into a Gap, never into "clean".

    Attributes:
        reason: what the Gap says.
    """

    def __init__(self, message: str, *, reason: GapReason) -> None:
        super().__init__(message, advice="Keep the picture out of the dataset, or have a person look at it.")
        self.reason = reason


class UnusablePlaneError(InternalError):
    """What was handed in is not an 8-bit luma plane with at least one flavour to make."""

    def __init__(self, message: str) -> None:
        super().__init__(message, advice="This is a defect of Safehold: please report it.")
