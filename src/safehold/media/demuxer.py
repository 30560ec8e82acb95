"""The demuxer: a clip's bytes as the packets of its video streams and the covers beside them, without decoding any.

Only the sniffed container's demuxer is offered the bytes, and it can open nothing else: no playlists, no references to
other files. Needs the `video` extra.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from safehold.media.errors import (
    MediaError,
    OverLimitError,
    UnreadableMediaError,
    UnsupportedFormatError,
    VideoUnavailableError,
)

if TYPE_CHECKING:
    import av

_MOST_STREAMS = 4
_MOST_COVERS = 64
_FAULTS = (OSError, ValueError, LookupError, RuntimeError, ArithmeticError, AttributeError, TypeError)
DEMUXERS = {
    "mp4": "mp4", "mov": "mov", "m4a": "mp4", "webm": "matroska", "mkv": "matroska", "avi": "avi", "ogg": "ogg",
    "mp3": "mp3", "aac": "aac", "flac": "flac", "wav": "wav", "aiff": "aiff",
}  # fmt: skip
"""Sniffed format to the demuxer that is offered the bytes."""


@dataclass(slots=True)
class Stream:
    """One video stream with all of its packets.

    Attributes:
        number: among the video streams, from 0.
        own: the library's stream; it works as long as its container is open.
        packets: in the order in which they are fed; empty ones at the end ask for the frames that are left.
        is_whole: whether the container could be read to its end.
    """

    number: int
    own: "av.VideoStream"
    packets: "list[av.Packet[av.VideoStream]]" = field(default_factory=list)
    is_whole: bool = True

    def filled(self) -> "Iterator[av.Packet[av.VideoStream]]":
        """Give the packets that hold something."""
        return (packet for packet in self.packets if packet.size)

    def keyframes(self) -> tuple[int, ...]:
        """Return the numbers, among the filled packets, of those that start anew."""
        return tuple(number for number, packet in enumerate(self.filled()) if packet.is_keyframe)

    def seconds(self) -> float:
        """Return the length; 0 when no packet has a time."""
        filled = [packet for packet in self.filled() if packet.pts is not None]
        times = [0.0] + [float((packet.pts or 0) * packet.time_base) for packet in filled if packet.time_base]
        return max(times) - min(times)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a container shows.

    Attributes:
        streams: its video streams; none where it holds sound.
        covers: the pictures attached to it, each as a file of its own.
    """

    streams: tuple[Stream, ...]
    covers: tuple[bytes, ...]


@contextmanager
def opened(library: ModuleType, data: bytes | memoryview, form: str) -> Iterator[Shown]:
    """Open a clip or sound, read it once, and give its video streams and covers.

    Raises:
        UnsupportedFormatError, OverLimitError: it has a video stream of an unknown codec, or too many.
    """
    with library.open(Window(data), format=DEMUXERS[form], io_open=_refuse, metadata_errors="replace") as container:
        if any(own.type is None for own in container.streams):
            raise UnsupportedFormatError("a clip has an unknown stream", advice="Convert it to MP4 or WebM.")
        attached = library.stream.Disposition.attached_pic
        every = tuple(container.streams.video)
        covers = tuple(Stream(number, own) for number, own in enumerate(every) if own.disposition & attached)
        moving = [own for own in every if not own.disposition & attached]
        streams = tuple(Stream(number, own) for number, own in enumerate(moving))
        _require_usable(streams)
        if every:
            _read(library, container, (*streams, *covers))
        yield Shown(streams, _pictures(covers))


def _pictures(covers: tuple[Stream, ...]) -> tuple[bytes, ...]:
    filled = [tuple(cover.filled()) for cover in covers]
    if not all(filled):
        raise UnreadableMediaError("a cover has no bytes", advice="Fetch the file again.")
    if sum(map(len, filled)) > _MOST_COVERS:
        raise OverLimitError("a file has too many covers", advice="Take them out, or drop the record.")
    return tuple(bytes(packet) for packets in filled for packet in packets)


def _require_usable(streams: tuple[Stream, ...]) -> None:
    if len(streams) > _MOST_STREAMS:
        raise OverLimitError("a clip has too many video streams", advice="Split it, or drop the record.")
    if any(getattr(stream.own, "codec_context", None) is None for stream in streams):  # whatever the types say
        raise UnsupportedFormatError("a clip has an unknown codec", advice="Convert it to MP4 or WebM.")


def _read(library: ModuleType, container: "av.container.InputContainer", streams: tuple[Stream, ...]) -> None:
    """Hand each stream its packets; those before a fault in the container are good."""
    by_index = {stream.own.index: stream for stream in streams}
    try:
        for packet in container.demux(tuple(stream.own for stream in streams)):
            by_index[packet.stream.index].packets.append(packet)
    except (library.error.FFmpegError, *_FAULTS):
        for stream in streams:
            stream.is_whole = False


def import_library() -> ModuleType:
    """Return the decoding library.

    Raises:
        VideoUnavailableError: the `video` extra is not installed.
    """
    try:
        import av  # noqa: PLC0415  # an extra, and heavy
        import av.error  # noqa: PLC0415
        import av.stream  # noqa: PLC0415
    except ImportError as error:
        raise VideoUnavailableError(
            "clips can't be opened without the video extra", advice='Run: pip install "safehold[video]"'
        ) from error
    return av


@contextmanager
def translated(library: ModuleType) -> Iterator[None]:
    """Turn whatever the library raises into a `MediaError`."""
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        raise OverLimitError("a clip needs too much memory", advice="Raise the memory limit.") from error
    except (library.error.FFmpegError, *_FAULTS) as error:
        raise UnreadableMediaError("a clip is damaged", advice="Fetch it again, or drop the record.") from error


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
