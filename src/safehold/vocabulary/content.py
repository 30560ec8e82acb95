"""Content: bytes or text with its media kind and where it came from."""

from dataclasses import dataclass
from enum import Enum


class MediaKind(Enum):
    """What kind of thing the bytes are, judged by their first bytes and not by their name."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Content:
    """One thing to examine.

    Attributes:
        data: the bytes as they were received, before any transcoding.
        kind: what they are.
        origin: an opaque reference (a record id, a request id); never shown outward, never logged.
    """

    data: bytes
    kind: MediaKind
    origin: str
