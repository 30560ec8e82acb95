"""What can be wrong when somebody is to look at content; told to them in these words."""

from safehold.vocabulary import InternalError, UsageError


class NothingToSeeError(UsageError):
    """There is no content: nothing was kept, its time is over, or it lies where this process can't read."""


class NotOpenedError(UsageError):
    """The content is there, but can't be shown: damaged, too large, of a format that is not opened."""


class ReviewKeyMissingError(UsageError):
    """This process has no review key: it shows what is known of content, never content."""


class MisshapenViewError(InternalError):
    """A decoding child answered what no child of ours would."""
