"""Open untrusted media safely: bytes come in, luma frames or typed errors go out.

Nothing is believed about the bytes: their kind is sniffed, sizes are judged before anything is decoded, and each
kind has one decoder. `safehold.media.sandbox` runs that decoding in child processes that can't write files and
whose death costs one record. Every failure is a `MediaError`, whose `reason` is the gap it becomes.
"""

from safehold.media.colour import open_colour
from safehold.media.errors import (
    ChildStartError,
    EmptyMediaError,
    HeifUnavailableError,
    MediaError,
    OverLimitError,
    PoolSpentError,
    SoundOnlyError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
    VideoUnavailableError,
)
from safehold.media.frame import Frame, Luma
from safehold.media.image import open_image
from safehold.media.kinds import HEAD_BYTES, IMAGE_FORMATS, VIDEO_FORMATS, Sniffed, sniff
from safehold.media.limits import Limits
from safehold.media.planes import is_same
from safehold.media.signature_picture import test_signature_luma, test_signature_png, write_test_signature
from safehold.media.sound import open_sound
from safehold.media.video import SHORT_SECONDS, FrameChoice, open_video

__all__ = [
    "HEAD_BYTES",
    "IMAGE_FORMATS",
    "SHORT_SECONDS",
    "VIDEO_FORMATS",
    "ChildStartError",
    "EmptyMediaError",
    "Frame",
    "FrameChoice",
    "HeifUnavailableError",
    "Limits",
    "Luma",
    "MediaError",
    "OverLimitError",
    "PoolSpentError",
    "Sniffed",
    "SoundOnlyError",
    "TruncatedMediaError",
    "UnreadableMediaError",
    "UnsupportedFormatError",
    "VideoUnavailableError",
    "is_same",
    "open_colour",
    "open_image",
    "open_sound",
    "open_video",
    "sniff",
    "test_signature_luma",
    "test_signature_png",
    "write_test_signature",
]
