"""What can be wrong with a ledger, its keys, or what is offered to it."""

from safehold.home.errors import HomeBusyError
from safehold.vocabulary import InternalError, UsageError

EXPLAIN_TAMPERING = (
    "Treat the ledger as altered: keep this copy as it is, "
    "and compare it with a backup and with a checkpoint kept elsewhere."
)


class LedgerBrokenError(UsageError):
    """The ledger is not what was signed; the message says what differs and where."""


class UnfitEventError(InternalError):
    """An event carries something that may be content, a file name or an address; nothing was recorded."""


class BadSignatureError(UsageError):
    """A signature does not belong to these bytes and this key."""


class ProofFailedError(UsageError):
    """A Merkle proof does not lead to the stated root."""


class MalformedCheckpointError(UsageError):
    """A text is not a checkpoint."""


class MalformedKeyError(UsageError):
    """A text or file is not a key of ours."""


class KeyLostError(UsageError):
    """The installation's private key is gone, or is not the one that the ledger names."""


class UnprovenKeyError(LedgerBrokenError):
    """The key was replaced without the old key's word after the last point that the reader trusts."""


class CommitsFullError(HomeBusyError):
    """More is waiting to be committed than can be soon; nothing of this work was begun."""


class CommitsClosedError(HomeBusyError):
    """The process takes no more work; nothing of this work was begun."""
