"""The root of every error that Safehold raises on purpose.

A command-line exit code belongs to a kind of error, so that each room only says what happened.
Rooms define their own errors, named after the situation, in their ``errors.py``.
"""


class SafeholdError(Exception):
    """Say what went wrong and what a person can do next.

    Attributes:
        advice: one sentence for the person who reads the error; never empty.
    """

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class UsageError(SafeholdError):
    """The command, a setting, or the input as a whole can't be used (exit code 2)."""


class OutsidePartyError(SafeholdError):
    """Another system did not answer or refused (exit code 3)."""


class InternalError(SafeholdError):
    """Something of ours that should be impossible happened (exit code 5)."""
