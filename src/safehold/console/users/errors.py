"""What can be wrong with users, their proofs and their sessions. No message says which part of a proof was wrong."""

from safehold.vocabulary import OutsidePartyError, UsageError

DID_NOT_WORK = "that did not work"
WHAT_TO_DO = "Check what you typed. After several tries in vain you must wait, for 15 minutes at most."
"""Said of everything that proves nobody, in the same words whatever was wrong, and while somebody must wait."""


class UserError(UsageError):
    """Something about users of the console can't be done."""


class UserNameError(UserError):
    """A name can't stand in the ledger, is reserved, or is taken."""


class UserUnknownError(UserError):
    """There is no user of this name."""


class UserOvertakenError(UserError):
    """Somebody else changed the user after they were looked at; nothing was done."""


class NoRoleError(UserError):
    """A user without any role could do nothing."""


class LastAdminError(UserError):
    """Nobody would be left who may manage users."""


class OutsideAccountError(UserError):
    """An identity provider proves who this is: there is no password or second factor of ours."""


class PasswordUnfitError(UserError):
    """A new password is too short, too long, or too easily guessed."""


class RefusedError(UserError):
    """What was shown proves nobody; which part of it was wrong is never said."""


class TooManyTriesError(RefusedError):
    """A name or an address must wait; it is said in the same words whether or not there is such a user."""


class SessionEndedError(UserError):
    """The session is over, or its cookie was exchanged for another one meanwhile."""


class FactorError(UserError):
    """A second factor can't be added or taken away like this."""


class SecretKeyError(UserError):
    """The home's key for users' secrets is not one of ours, or another one sealed them."""


class ProviderSilentError(OutsidePartyError):
    """The identity provider does not answer, or not as it should."""
