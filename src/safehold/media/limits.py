"""How much one record may cost to open. The defaults are here; a policy may override them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from safehold.vocabulary import Seconds

_RECORD_SECONDS = Seconds(20.0)
_OPENING_SECONDS = Seconds(300.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that opening one thing, or serving one request, may take.

    The pixel limit is well above any camera's output in common datasets, and below what Pillow itself begins to
    warn of (89 megapixels).

    Attributes:
        pixels: width times height of one picture or frame, the limit included.
        frames: distinct frames of an animation, sampled frames of a clip, pictures within a picture's file; the limit
            included.
        animation_pixels: decoded pixels over all frames of one animation, and over all pictures within a file.
        clip_pixels: decoded pixels over all frames of one stream of a clip; about 1,000 frames of 1080 lines,
            some seconds of work for a core.
        input_bytes: size of one encoded picture or clip.
        seconds: wall-clock time for one record in a decoding child.
        opening_seconds: wall-clock time for what a request does before its first record.
        memory_bytes: private memory of a decoding child; mapped files don't count.
        output_bytes: size of one answer of a decoding child.
    """

    pixels: int = 64_000_000
    frames: int = 64
    animation_pixels: int = 256_000_000
    clip_pixels: int = 2_000_000_000
    input_bytes: int = 1 << 29
    seconds: Seconds = _RECORD_SECONDS
    opening_seconds: Seconds = _OPENING_SECONDS
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 30

    def to_dict(self) -> dict[str, int | float]:
        """Return the limits as plain numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, numbers: Mapping[str, int | float]) -> Self:
        """Return the limits that `to_dict` gave.

        Raises:
            TypeError: a name is unknown.
        """
        return cls(**numbers)  # type: ignore[arg-type]
