"""What can go wrong with keys and with starting the service. What a request is told is in `problem`."""

from safehold.vocabulary import InternalError, OutsidePartyError, UsageError


class KeyNameError(UsageError):
    """A key's name can't be used, or is taken."""


class KeyMissingError(UsageError):
    """There is no key of this name, or it is revoked already."""


class KeyRefusedError(UsageError):
    """What was shown is no valid key: unknown, revoked or expired. Which of them is told to nobody."""


class UnsafeAddressError(UsageError):
    """The service was told to listen where others could read what is sent to it."""


class ServerPartsMissingError(UsageError):
    """The packages that serve HTTP are not installed."""


class AddressInUseError(UsageError):
    """Another process listens there, or this one may not."""


class ProcessesDieError(InternalError):
    """The service's processes end as soon as they start."""


class ClientGoneError(OutsidePartyError):
    """Whoever asked is gone before all of the request arrived: there is nobody to answer."""
