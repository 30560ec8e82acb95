"""Open clips: their frames as luma, straight from the decoder's Y plane.

Keyframes can be decoded alone, and encoders put one at most scene cuts. What is shown of a clip is one of:

- ``keyframes``: these; or frames spread evenly over the clip, where it has too few of them to show it;
- ``adaptive``: every frame of a short clip, and keyframes of the others;
- ``all``: every frame.

A clip that was turned by its display matrix is yielded both ways, like a turned picture. One decoder thread is used:
children share the machine's cores between them. Needs the `video` extra.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import numpy as np

from safehold.media.appended import holds_media
from safehold.media.containers import is_cut_short, tail_of
from safehold.media.demuxer import Stream, import_library, opened, translated
from safehold.media.errors import (
    EmptyMediaError,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
)
from safehold.media.frame import Frame
from safehold.media.kinds import VIDEO_FORMATS, sniff
from safehold.media.limits import Limits
from safehold.media.planes import luma_of
from safehold.media.sound import open_covers, sound_only
from safehold.vocabulary import MediaKind, Seconds

if TYPE_CHECKING:
    import av

FrameChoice = Literal["keyframes", "adaptive", "all"]
"""Which frames of a clip are shown, the fewest first."""

SHORT_SECONDS = Seconds(5.0)
"""A clip up to this length is short."""

MOST_SECONDS_PER_KEYFRAME = Seconds(20.0)
"""A clip with fewer keyframes than one in so many seconds is decoded whole; encoders' usual most is 10 s."""

_LEAST_KEYFRAMES = 4
_LEAST_PIXELS = 1 << 16
"""What a frame takes from the budget at least (256 x 256): millions of tiny frames cost time and memory too."""


def open_video(
    data: bytes | memoryview,
    limits: Limits,
    mode: FrameChoice = "adaptive",
    *,
    short_seconds: Seconds = SHORT_SECONDS,
) -> Iterator[Frame]:
    """Yield frames of each video stream of a clip, in the order in which they are shown, then its covers.

    Args:
        data: the whole file.
        limits: what it may cost. `frames` is the most that are shown of a stream where not every frame is.
        mode: which frames.
        short_seconds: for "adaptive", up to which length a clip is short, this length included.

    Raises:
        MediaError: raised while iterating, also after some frames: what was yielded is good and is to be looked up;
            the error says that the rest was not examined, and its `reason` is the gap.
        SoundOnlyError: it has no video stream, and its covers were yielded.
        VideoUnavailableError: the `video` extra is not installed.
    """
    form = _admit(data, limits)
    library = import_library()
    is_short = is_cut_short(data, form)
    try:
        with translated(library), opened(library, data, form) as shown:
            for stream in shown.streams:
                yield from _Clip(library, stream, limits).frames(mode, short_seconds)
            yield from open_covers(shown.covers, limits)
            if not shown.streams:
                raise sound_only(data, form, shown.covers)
            if holds_media(tail_of(data, form)):
                raise UnsupportedFormatError("a clip is followed by other media", advice="Take the file apart.")
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


@dataclass(frozen=True, slots=True)
class _Clip:
    """One video stream under limits."""

    library: ModuleType
    stream: Stream
    limits: Limits

    def frames(self, mode: FrameChoice, short_seconds: Seconds) -> Iterator[Frame]:
        """Yield the chosen frames; raise afterwards when some could not be decoded."""
        context = self.stream.own.codec_context
        self._check_size(context.width, context.height)
        packets, keyframes, seconds = (
            sum(1 for _ in self.stream.filled()),
            self.stream.keyframes(),
            self.stream.seconds(),
        )
        if not packets:
            raise EmptyMediaError("a clip has no frames", advice="Drop the record.")
        if mode == "all" or (mode == "adaptive" and seconds <= short_seconds):
            yield from self._decode(_every, frozenset(range(packets)))
        elif len(keyframes) < max(_LEAST_KEYFRAMES, seconds / MOST_SECONDS_PER_KEYFRAME):
            yield from self._decode(_every, _spread(range(packets), self.limits.frames))
        else:
            picked = _spread(keyframes, self.limits.frames)
            yield from self._decode(picked.__contains__, frozenset(range(len(picked))))

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self.limits.pixels:
            raise OverLimitError("a clip has too many pixels", advice="Raise the policy's media limit for pixels.")

    def _decode(self, is_fed: Callable[[int], bool], chosen: frozenset[int]) -> Iterator[Frame]:
        """Decode the packets that are fed, and yield the decoded frames whose numbers are chosen."""
        budget, shown, damaged = self.limits.clip_pixels, 0, not self.stream.is_whole
        for number, picture in enumerate(self._pictures(is_fed)):
            if picture is None or picture.is_corrupt:
                damaged = True
            if picture is None:
                continue
            self._check_size(picture.width, picture.height)
            budget -= max(picture.width * picture.height, _LEAST_PIXELS)
            if budget < 0:
                raise OverLimitError("a clip has too many pixels", advice="Raise the policy's limit for clip_pixels.")
            if number in chosen:
                shown += 1
                yield from _both_ways(picture, self._place(number, picture))
        if damaged or 2 * shown < len(chosen):  # some packets show nothing by design (VP8), but never most of them
            raise UnreadableMediaError("some frames of a clip are damaged", advice="Fetch the file again.")

    def _pictures(self, is_fed: Callable[[int], bool]) -> Iterator["av.VideoFrame | None"]:
        """Yield the decoded frames, and None for a packet that can't be decoded."""
        context = self.stream.own.codec_context
        context.thread_count = 1
        # The decoder counts padded pixels; the exact limit is ours, this one stops sizes that change on the way.
        context.options = {"max_pixels": str(2 * self.limits.pixels), "threads": "1"}
        number = 0
        for packet in self.stream.packets:
            if not packet.size or is_fed(number):
                try:
                    yield from packet.decode()
                except self.library.error.InvalidDataError:
                    yield None
            number += 1 if packet.size else 0

    def _place(self, number: int, picture: "av.VideoFrame") -> str:
        stream = f"stream {self.stream.number} " if self.stream.number else ""
        return f"{stream}frame {number}" + ("" if picture.pts is None else f" @ {picture.time:.3f} s")


def _every(_number: int) -> bool:
    return True


def _spread(numbers: "range | tuple[int, ...]", most: int) -> frozenset[int]:
    """Return at most so many of the numbers, evenly spread, the first and last included."""
    if len(numbers) <= most:
        return frozenset(numbers)
    return frozenset(numbers[round(place)] for place in np.linspace(0, len(numbers) - 1, most))


def _both_ways(picture: "av.VideoFrame", place: str) -> Iterator[Frame]:
    luma = luma_of(picture)
    at = None if picture.pts is None else Seconds(picture.time)
    yield Frame(luma, place, at)
    turns = round(picture.rotation / 90) % 4  # counter-clockwise
    if turns != 0:
        yield Frame(np.ascontiguousarray(np.rot90(luma, turns)), f"{place} upright", at)
