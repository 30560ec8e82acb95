"""What can go wrong with a card."""

from safehold.vocabulary import InternalError


class MalformedSummaryError(InternalError):
    """The summary lacks something that a card must show: a card with a hole would look like a card without findings."""
