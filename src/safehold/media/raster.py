"""Pictures through Pillow, strictly: one decoder per sniffed format, sizes judged before pixels are decoded.

Rules:
    - Only the sniffed format's decoder is offered the bytes, so that nothing is opened as PostScript, PDF or icons.
    - WebP's canvas is read from the header first, since its decoder allocates it when the file is opened. AVIF and
      HEIC have rules of their own: :mod:`safehold.media.heif`.
    - Cut-off files are never completed (`LOAD_TRUNCATED_IMAGES` stays off), and Pillow's own limits on compressed
      text chunks and profiles stay on.
    - Transparency is dropped, not blended, as the published PDQ tools do: the stored colours are fingerprinted.
    - 16-bit samples are scaled to 8 bits. 32-bit and float samples, whose range no header states, are stretched from
      their least to their greatest value, which leaves the PDQ of a picture as it is.

Not for threads: Python's warning filters, which belong to the process, are changed while a file is opened. The
decoding children have one thread.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safehold.media.errors import (
    EmptyMediaError,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
)
from safehold.media.frame import Luma
from safehold.media.heif import Container, open_views, read_container, unseen
from safehold.media.limits import Limits

_HEIF = frozenset({"avif", "heic"})
_FRAME_COST_PIXELS = 1 << 16
"""What a frame costs of the animation budget at least, so that frames of one pixel are not free."""

_FAULTS = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, ArithmeticError, LookupError, TypeError,
    AttributeError, RuntimeError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""Everything that Pillow's decoders are known to raise on damaged files."""


def open_raster(data: bytes | memoryview, form: str, limits: Limits) -> Iterator[Image.Image]:
    """Yield the frames of a picture, each decoded, until the limits.

    A yielded image is valid until the next one is asked for.

    Args:
        data: the whole file.
        form: its sniffed format, one of `kinds.IMAGE_FORMATS`.
        limits: what it may cost.

    Raises:
        MediaError: the file is damaged, cut short or larger than the limits; frames yielded before are good.
    """
    if form in _HEIF:
        yield from _heif(data, form, limits)
        return
    _check_canvas(data, form, limits)
    with _quiet():
        picture = Image.open(io.BytesIO(data), formats=[form.upper()])
    with picture:
        yield from _frames(picture, limits)


def _heif(data: bytes | memoryview, form: str, limits: Limits) -> Iterator[Image.Image]:
    container = read_container(data)
    if container.most_pixels > limits.pixels:
        raise OverLimitError("a picture has too many pixels", advice="Raise the policy's media limit for pixels.")
    try:
        yield from _views(data, form, container, limits)
    except UnreadableMediaError as error:
        raise container.fault or error from error
    if (rest := unseen(form, container)) is not None:
        raise rest


def _views(data: bytes | memoryview, form: str, container: Container, limits: Limits) -> Iterator[Image.Image]:
    views = open_views(data, form, container)
    while True:
        with _quiet():
            picture = next(views, None)
        if picture is None:
            return
        with picture:
            yield from _frames(picture, limits)


def _frames(picture: Image.Image, limits: Limits) -> Iterator[Image.Image]:
    """Yield the picture that the file shows first, then every other."""
    budget, number, first = limits.animation_pixels, 0, picture.tell()
    while True:
        width, height = picture.size
        _check_size(width, height, limits)
        budget -= max(width * height, _FRAME_COST_PIXELS) if number else 0
        if budget < 0:
            raise OverLimitError("an animation has too many pixels", advice="Raise the limit animation_pixels.")
        with _quiet():
            picture.load()
        yield picture
        number += 1
        place = number if number > first else number - 1
        if not _has_frame(picture, place):
            return


def _has_frame(picture: Image.Image, number: int) -> bool:
    """Seek to a frame; False when there are no more."""
    with _quiet():
        if not getattr(picture, "is_animated", False):  # reads on in the file, for some formats
            return False
        try:
            picture.seek(number)
        except EOFError:
            return False
    return True


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width <= 0 or height <= 0:
        raise EmptyMediaError("a picture has no pixels", advice="Drop the record.")
    if width * height > limits.pixels:
        raise OverLimitError("a picture has too many pixels", advice="Raise the policy's media limit for pixels.")


def _check_canvas(data: bytes | memoryview, form: str, limits: Limits) -> None:
    """Judge the size of a WebP before its decoder allocates the canvas.

    Source: RFC 9649 (WebP), sections 2.4 to 2.7.
    """
    if form != "webp":
        return
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise TruncatedMediaError("a WebP file is shorter than its header says", advice="Fetch the file again.")
    head = bytes(data[12:30]).ljust(18, b"\0")
    match head[:4]:
        case b"VP8X":
            size = (1 + int.from_bytes(head[12:15], "little"), 1 + int.from_bytes(head[15:18], "little"))
        case b"VP8L":
            bits = int.from_bytes(head[9:13], "little")
            size = (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        case b"VP8 ":
            size = (int.from_bytes(head[14:16], "little") & 0x3FFF, int.from_bytes(head[16:18], "little") & 0x3FFF)
        case _:
            raise UnreadableMediaError("a WebP file has no picture chunk", advice="Drop the record.")
    _check_size(*size, limits)


@contextmanager
def _quiet() -> Iterator[None]:
    """Translate faults; keep quiet about warnings: they carry file contents, and sizes are judged by our limit."""
    with _translated(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what Pillow raises into media errors."""
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        raise OverLimitError("a picture needs too much memory", advice="Raise the memory limit.") from error
    except _FAULTS as error:
        raise _translate(error) from error


def _translate(error: BaseException) -> MediaError:
    text = str(error).lower()
    if isinstance(error, Image.DecompressionBombError) or "too large" in text or "too many" in text:
        return OverLimitError("a picture unpacks to more than is allowed", advice="Drop the record, or repack it.")
    if isinstance(error, EOFError) or "truncated" in text or "broken data stream" in text:
        return TruncatedMediaError("a picture ends too early", advice="Fetch the file again.")
    return UnreadableMediaError("a picture is damaged", advice="Fetch the file again, or drop the record.")


def to_luma(picture: Image.Image) -> Luma:
    """Return the luma of a decoded picture of any mode, BT.601 weights.

    Raises:
        UnsupportedFormatError: there is no rule for the mode (for instance CIE L*a*b*).
    """
    if picture.mode in {"I", "F"} or picture.mode.startswith("I;"):
        return _scale(np.asarray(picture), is_16_bit=picture.mode.startswith("I;16"))
    if picture.mode == "L":
        return np.array(picture)
    return np.array(to_rgb(picture).convert("L"))


def to_rgb(picture: Image.Image) -> Image.Image:
    """Return a decoded picture as RGB, transparency dropped.

    Raises:
        UnsupportedFormatError: there is no rule for the mode.
    """
    if picture.mode in {"I", "F"} or picture.mode.startswith("I;"):
        return Image.fromarray(to_luma(picture)).convert("RGB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return picture.convert("RGBA").convert("RGB") if picture.mode == "RGBa" else picture.convert("RGB")
    except ValueError as error:
        raise UnsupportedFormatError("a picture has an unusual colour space", advice="Convert it to RGB.") from error


def _scale(samples: NDArray[np.generic], *, is_16_bit: bool) -> Luma:
    values = samples.astype(np.float64)
    if not np.isfinite(values).all():
        raise UnreadableMediaError("a picture has samples that are no numbers", advice="Drop the record.")
    low, high = (0.0, 65535.0) if is_16_bit else (float(values.min()), float(values.max()))
    return np.rint((values - low) * (255.0 / max(high - low, 1e-300))).astype(np.uint8)
