"""What keeps content from being shown to somebody. Reviewers read these: they are kind, and say when it goes on."""

import datetime as dt

from safehold.vocabulary import UsageError


class RevealNotAllowedError(UsageError):
    """Somebody without the ability to reveal asked for content."""


class RestDueError(UsageError):
    """Somebody has seen as much as is good at a time.

    Attributes:
        until: when content may be shown to them again, aware, UTC.
    """

    def __init__(self, message: str, *, advice: str, until: dt.datetime) -> None:
        super().__init__(message, advice=advice)
        self.until = until


class OptedOutError(UsageError):
    """Somebody chose not to be shown this."""


class ExposureUnknownError(UsageError):
    """No exposure of this person and item is under way under this id."""
