"""What can be wrong with a policy, and with what is asked about it."""

from safehold.vocabulary import UsageError


class PolicyError(UsageError):
    """A policy can't be read, says something that can't be meant, or asks for what Safehold refuses to do."""


class UnknownJurisdictionError(UsageError):
    """There is no guidance on a jurisdiction."""
