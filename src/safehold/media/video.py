"""Open clips: sampled frames as luma, straight from the decoder's Y plane.

Keyframes come first: they can be decoded alone, and encoders put one at most scene cuts. A clip that is short or has
few of them is decoded whole, within the pixel budget, and sampled evenly. A clip that was turned by its display
matrix is yielded both ways, like a turned picture.

Only the sniffed container's demuxer is offered the bytes, it can open nothing else (no playlists, no references to
other files), and one decoder thread is used. Needs the `video` extra.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import numpy as np

from safehold.media.containers import is_cut_short
from safehold.media.errors import (
    EmptyMediaError,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
    VideoUnavailableError,
)
from safehold.media.frame import Frame, Luma
from safehold.media.kinds import VIDEO_FORMATS, sniff
from safehold.media.limits import Limits
from safehold.vocabulary import MediaKind, Seconds

if TYPE_CHECKING:
    import av

Mode = Literal["keyframes", "all"]

SHORT_SECONDS = Seconds(5.0)
"""A clip up to this length is decoded whole."""

MOST_SECONDS_PER_KEYFRAME = Seconds(20.0)
"""A clip with fewer keyframes than one in so many seconds is decoded whole; encoders' usual most is 10 s."""

_LEAST_KEYFRAMES = 4
_MOST_STREAMS = 4
_FAULTS = (OSError, ValueError, LookupError, RuntimeError, ArithmeticError, AttributeError, TypeError)
_DEMUXERS = {"mp4": "mp4", "mov": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi"}


def open_video(data: bytes | memoryview, limits: Limits, mode: Mode = "keyframes") -> Iterator[Frame]:
    """Yield frames of a clip, spread over its length, at most `limits.frames` of each stream, in stream order.

    Args:
        data: the whole file.
        limits: what it may cost.
        mode: "all" decodes the clip whole in any case.

    Raises:
        MediaError: raised while iterating, also after some frames: what was yielded is good and is to be looked up;
            the error says that the rest was not examined, and its `reason` is the gap.
        VideoUnavailableError: the `video` extra is not installed.
    """
    form = _admit(data, limits)
    library = _import_library()
    is_short = is_cut_short(data, form)
    try:
        for stream in range(_count_streams(library, data, form)):
            yield from _Clip(library, data, form, limits, stream).frames(mode)
    except MediaError:
        if not is_short:
            raise
    if is_short:
        raise TruncatedMediaError("a clip ends too early", advice="Fetch the file again.")


def _admit(data: bytes | memoryview, limits: Limits) -> str:
    if not len(data):
        raise EmptyMediaError("a clip has no bytes", advice="Fetch the file again.")
    if len(data) > limits.input_bytes:
        raise OverLimitError("a clip is too large", advice="Raise the policy's media limit for input_bytes.")
    sniffed = sniff(data)
    if sniffed.kind is not MediaKind.VIDEO:
        raise UnreadableMediaError("this is not a clip", advice="Look at what the source delivered.")
    if sniffed.format not in VIDEO_FORMATS:
        raise UnsupportedFormatError(f"{sniffed.format} clips are not opened", advice="Convert it to MP4 or WebM.")
    return sniffed.format


def _import_library() -> ModuleType:
    try:
        import av  # noqa: PLC0415  # an extra, and heavy
        import av.error  # noqa: PLC0415
    except ImportError as error:
        raise VideoUnavailableError(
            "clips can't be opened without the video extra", advice='Run: pip install "safehold[video]"'
        ) from error
    return av


def _count_streams(library: ModuleType, data: bytes | memoryview, form: str) -> int:
    with _translated(library), _open(library, data, form) as container:
        count = len(container.streams.video)
    if not count:
        raise UnsupportedFormatError("a clip has no video stream", advice="Handle it as audio.")
    if count > _MOST_STREAMS:
        raise OverLimitError("a clip has too many video streams", advice="Split it, or drop the record.")
    return count


def _open(library: ModuleType, data: bytes | memoryview, form: str) -> "av.container.InputContainer":
    container: av.container.InputContainer = library.open(
        Window(data), format=_DEMUXERS[form], io_open=_refuse, metadata_errors="replace"
    )
    return container


def _refuse(*_: object) -> io.BytesIO:
    """Open nothing beside the clip itself."""
    raise FileNotFoundError


class Window(io.RawIOBase):
    """Bytes as a file, without copying them as a whole."""

    def __init__(self, data: bytes | memoryview) -> None:
        super().__init__()
        self._view, self._at = memoryview(data), 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all that is left for -1."""
        end = len(self._view) if size < 0 else self._at + size
        chunk = bytes(self._view[self._at : end])
        self._at += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move, and return the place from the start."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """Return the place from the start."""
        return self._at


@contextmanager
def _translated(library: ModuleType) -> Iterator[None]:
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        raise OverLimitError("a clip needs too much memory", advice="Raise the memory limit.") from error
    except (library.error.FFmpegError, *_FAULTS) as error:
        raise UnreadableMediaError("a clip is damaged", advice="Fetch it again, or drop the record.") from error


@dataclass(frozen=True, slots=True)
class _Survey:
    """What demuxing alone tells of a stream.

    Attributes:
        packets: how many there are.
        keyframes: the numbers of those that start anew.
        seconds: the length; 0 when no packet has a time.
    """

    packets: int
    keyframes: tuple[int, ...]
    seconds: float

    def needs_all(self) -> bool:
        """Whether keyframes alone would show too little."""
        few = len(self.keyframes) < max(_LEAST_KEYFRAMES, self.seconds / MOST_SECONDS_PER_KEYFRAME)
        return few or self.seconds <= SHORT_SECONDS


@dataclass(frozen=True, slots=True)
class _Clip:
    """One video stream of a clip."""

    library: ModuleType
    data: bytes | memoryview
    form: str
    limits: Limits
    stream: int

    def frames(self, mode: Mode) -> Iterator[Frame]:
        """Yield the sampled frames; raise afterwards when some could not be decoded."""
        survey = self._survey()
        if not survey.packets:
            raise EmptyMediaError("a clip has no frames", advice="Drop the record.")
        if mode == "all" or survey.needs_all():
            chosen = _spread(range(survey.packets), self.limits.frames)
            yield from self._decode(lambda _: True, chosen)
        else:
            picked = _spread(survey.keyframes, self.limits.frames)
            yield from self._decode(picked.__contains__, frozenset(range(len(picked))))

    def _survey(self) -> _Survey:
        keyframes, times, packets = [], [0.0], 0
        with _translated(self.library), _open(self.library, self.data, self.form) as container:
            stream = container.streams.video[self.stream]
            if getattr(stream, "codec_context", None) is None:  # whatever the library's types say
                raise UnsupportedFormatError("a clip has an unknown codec", advice="Convert it to MP4 or WebM.")
            self._check_size(stream.codec_context.width, stream.codec_context.height)
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                if packet.is_keyframe:
                    keyframes.append(packets)
                if packet.pts is not None and packet.time_base:
                    times.append(float(packet.pts * packet.time_base))
                packets += 1
        return _Survey(packets, tuple(keyframes), max(times) - min(times))

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self.limits.pixels:
            raise OverLimitError("a clip has too many pixels", advice="Raise the policy's media limit for pixels.")

    def _decode(self, is_fed: Callable[[int], bool], chosen: frozenset[int]) -> Iterator[Frame]:
        """Decode the packets that are fed, and yield the decoded frames whose numbers are chosen."""
        budget, shown, damaged = self.limits.clip_pixels, 0, False
        with _translated(self.library), _open(self.library, self.data, self.form) as container:
            for number, picture in enumerate(self._pictures(container, is_fed)):
                if picture is None or picture.is_corrupt:
                    damaged = True
                if picture is None:
                    continue
                self._check_size(picture.width, picture.height)
                budget -= picture.width * picture.height
                if budget < 0:
                    raise OverLimitError("a clip has too many pixels", advice="Raise the media limit clip_pixels.")
                if number in chosen:
                    shown += 1
                    yield from _both_ways(picture, self._place(number, picture))
        if damaged or 2 * shown < len(chosen):  # some packets show nothing by design (VP8), but never most of them
            raise UnreadableMediaError("some frames of a clip are damaged", advice="Fetch the file again.")

    def _pictures(
        self, container: "av.container.InputContainer", is_fed: Callable[[int], bool]
    ) -> Iterator["av.VideoFrame | None"]:
        """Yield the decoded frames, and None for a packet that can't be decoded."""
        stream = container.streams.video[self.stream]
        stream.codec_context.thread_count = 1
        # The decoder counts padded pixels; the exact limit is ours, this one stops sizes that change on the way.
        stream.codec_context.options = {"max_pixels": str(2 * self.limits.pixels), "threads": "1"}
        number = 0
        for packet in container.demux(stream):
            if not packet.size or is_fed(number):
                try:
                    yield from packet.decode()
                except self.library.error.InvalidDataError:
                    yield None
            number += 1 if packet.size else 0

    def _place(self, number: int, picture: "av.VideoFrame") -> str:
        stream = f"stream {self.stream} " if self.stream else ""
        return f"{stream}frame {number}" + ("" if picture.pts is None else f" @ {picture.time:.3f} s")


def _spread(numbers: "range | tuple[int, ...]", most: int) -> frozenset[int]:
    """Return at most so many of the numbers, evenly spread, the first and last included."""
    if len(numbers) <= most:
        return frozenset(numbers)
    return frozenset(numbers[round(place)] for place in np.linspace(0, len(numbers) - 1, most))


def _both_ways(picture: "av.VideoFrame", place: str) -> Iterator[Frame]:
    luma = _luma(picture)
    at = None if picture.pts is None else Seconds(picture.time)
    yield Frame(luma, place, at)
    turns = round(picture.rotation / 90) % 4  # counter-clockwise
    if turns != 0:
        yield Frame(np.ascontiguousarray(np.rot90(luma, turns)), f"{place} upright", at)


def _luma(picture: "av.VideoFrame") -> Luma:
    """Return the Y plane; formats that have none of 8 bits are converted."""
    if not _has_luma_plane(picture.format):
        picture = picture.reformat(format="gray")
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8, picture.height * plane.line_size)
    return np.array(rows.reshape(picture.height, plane.line_size)[:, : picture.width])


def _has_luma_plane(form: "av.VideoFormat") -> bool:
    """Whether the first plane is luma with 8 bits a sample: planar YUV, its half-planar variants, and grey."""
    is_planar = form.name.startswith(("yuv", "nv")) and len(form.components) > 1 and form.is_planar
    return (is_planar or form.name == "gray") and form.components[0].bits == 8
