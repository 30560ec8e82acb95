"""What can be wrong with messages."""

from safehold.vocabulary import UsageError


class MessagesError(UsageError):
    """Files of messages don't go together: a language lacks a text, or a help-line to remove is not there."""


class UnknownMessageError(UsageError):
    """There is no message of that key."""
