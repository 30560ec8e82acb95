"""How much one record may cost to open. The defaults are here; a policy may override them."""

from dataclasses import dataclass

from safehold.vocabulary import Seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that opening one thing, or serving one request, may take.

    The pixel limit is well above any camera's output in common datasets, and below what Pillow itself begins to
    warn of (89 megapixels).

    Attributes:
        pixels: width times height of one picture or frame, the limit included.
        frames: distinct frames of an animation or sampled frames of a clip, the limit included.
        animation_pixels: decoded pixels over all frames of one animation or clip.
        input_bytes: size of one encoded picture or clip.
        seconds: wall-clock time for one record in a decoding child.
        opening_seconds: wall-clock time for what a request does before its first record.
        memory_bytes: private memory of a decoding child; mapped files don't count.
        output_bytes: size of one answer of a decoding child.
    """

    pixels: int = 64_000_000
    frames: int = 64
    animation_pixels: int = 256_000_000
    input_bytes: int = 1 << 30
    seconds: Seconds = Seconds(20.0)
    opening_seconds: Seconds = Seconds(300.0)
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 30
