"""What can go wrong with custodians, sealing, opening and erasing."""

from safehold.vocabulary import OutsidePartyError, UsageError


class VaultError(UsageError):
    """The vault refused, or what it holds is not as it should be."""


class NoCustodiansError(VaultError):
    """Nothing can be sealed: no custodian is registered, or fewer than the threshold."""


class CustodianRefusedError(VaultError):
    """A custodian's name, key or key file can't be used."""


class UnknownEvidenceError(VaultError):
    """The vault has no evidence with this id."""


class EvidenceErasedError(VaultError):
    """The evidence was erased: nobody can open it any more."""


class OpeningRefusedError(VaultError):
    """The ceremony is incomplete: too few custodians' keys, a foreign key, no purpose or no case."""


class VaultSealedError(VaultError):
    """Something sealed does not open: it was changed, exchanged, cut short, or belongs to another sealing."""


class GrantUnfitError(VaultError):
    """A request or a grant of an opening is no such file, or belongs to another opening, custodian or key."""


class ErasureRefusedError(VaultError):
    """Evidence may not be erased now: a hold is active, or the reference is missing."""


class ErasureUnfinishedError(VaultError):
    """Something of evidence is still there after its erasure: it is not recorded as erased."""


class HoldRefusedError(VaultError):
    """A hold can't be started or released as asked."""


class VaultKeyMissingError(VaultError):
    """The key that names evidence is gone from the home, so that nothing can be sealed without doubling."""


class ReviewKeyError(VaultError):
    """The key that items awaiting review are sealed to can't be made or read, or does not open what it should."""


class BucketMissingError(VaultError):
    """A vault is to lie in a bucket, and what speaks to one is not installed."""


class BucketUnreachableError(OutsidePartyError):
    """The storage that a vault lies in refused or did not answer."""


class RecipientKeyError(VaultError):
    """A recipient's key is none, or does not open what it should."""
