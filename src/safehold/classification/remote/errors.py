"""What can be wrong with remote classifiers before one is asked; what goes wrong later is a gap."""

from safehold.vocabulary import UsageError


class RemoteSettingsError(UsageError):
    """The file of remote classifiers can't be used, or asks for what Safehold refuses to do."""


class RemoteKeyError(UsageError):
    """The key of an endpoint can't be read where the settings say it is."""


class TransportMissingError(UsageError):
    """Remote classifiers are named, and what speaks HTTP is not installed."""
