"""What can go wrong with the choice of an engine."""

from safehold.vocabulary import UsageError


class UnknownEngineError(UsageError):
    """The variable names an engine that doesn't exist."""


class NativeMissingError(UsageError):
    """The native engine was asked for and isn't there."""
