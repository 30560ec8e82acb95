"""What can go wrong when untrusted media are opened. Each error knows the gap it becomes."""

from typing import ClassVar

from safehold.vocabulary import GapReason, InternalError, SafeholdError


class MediaError(SafeholdError):
    """Bytes could not be opened completely; whatever was not yielded has not been examined.

    Attributes:
        reason: the gap that this becomes.
    """

    reason: ClassVar[GapReason] = GapReason.UNREADABLE


class UnreadableMediaError(MediaError):
    """The bytes are not what their first bytes claim, or are damaged."""


class TruncatedMediaError(MediaError):
    """The bytes end before the picture or clip does."""

    reason: ClassVar[GapReason] = GapReason.TRUNCATED


class EmptyMediaError(MediaError):
    """There are no bytes, or no picture in them."""

    reason: ClassVar[GapReason] = GapReason.EMPTY


class OverLimitError(MediaError):
    """Opening the rest would take more pixels, frames, bytes or memory than the limits allow."""

    reason: ClassVar[GapReason] = GapReason.OVER_LIMIT


class UnsupportedFormatError(MediaError):
    """The format is recognised, or not, but not on the allow-list."""

    reason: ClassVar[GapReason] = GapReason.UNSUPPORTED_FORMAT


class SoundOnlyError(UnsupportedFormatError):
    """A container of clips holds sound, and no picture was left unseen in it."""


class VideoUnavailableError(MediaError):
    """Clips can't be opened, since the `video` extra is not installed."""

    reason: ClassVar[GapReason] = GapReason.DETECTOR_MISSING


class HeifUnavailableError(MediaError):
    """HEIC pictures can't be opened, since the `heif` extra is not installed."""

    reason: ClassVar[GapReason] = GapReason.DETECTOR_MISSING


class ChildStartError(InternalError):
    """A decoding child ended, or kept silent, before it was ready for its first request."""


class PoolSpentError(InternalError):
    """A pool of decoding children was used after it had been closed."""
