"""Open sound: no sample is examined, but the pictures that it carries are.

Covers that the demuxer shows (ID3, FLAC, MP4, Vorbis comments, Matroska attachments) are opened like any picture. What
it does not show, or where the `video` extra is missing, is searched for by signature and is a gap.
"""

import re
from collections.abc import Iterator, Sequence

from safehold.media import embedded
from safehold.media.demuxer import DEMUXERS, import_library, opened, translated
from safehold.media.errors import (
    OverLimitError,
    SoundOnlyError,
    UnreadableMediaError,
    UnsupportedFormatError,
    VideoUnavailableError,
)
from safehold.media.frame import Frame
from safehold.media.image import open_image
from safehold.media.kinds import sniff
from safehold.media.limits import Limits

_PICTURE_TRACK = re.compile(rb"hdlr.{8}vide", re.DOTALL)
_OGG_START = re.compile(rb"OggS\0[\x02\x03\x06\x07]")
_OGG_SOUNDS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"fLaC", b"Speex   ", b"PCM     ", b"fishead\0")


def open_sound(data: bytes | memoryview, limits: Limits) -> Iterator[Frame]:
    """Yield the pictures in a file of a format that holds sound only; most have none.

    Args:
        data: the whole file.
        limits: what it may cost.

    Raises:
        MediaError: raised while iterating: there are media in the file that were not examined.
    """
    if len(data) > limits.input_bytes:
        raise OverLimitError("a sound is too large", advice="Raise the policy's media limit for input_bytes.")
    form = sniff(data).format
    covers = _covers(data, form)
    yield from open_covers(covers, limits)
    _require_sound(data, form, covers)


def _covers(data: bytes | memoryview, form: str) -> tuple[bytes, ...]:
    if form not in DEMUXERS:
        return ()
    try:
        library = import_library()
        with translated(library), opened(library, data, form) as shown:
            if shown.streams:
                raise UnsupportedFormatError("a sound has a video stream", advice="Convert it to MP4 or WebM.")
            return shown.covers
    except (UnreadableMediaError, VideoUnavailableError):
        return ()


def open_covers(covers: Sequence[bytes], limits: Limits) -> Iterator[Frame]:
    """Yield what the pictures show that are attached to a sound or clip.

    Raises:
        MediaError: one of them can't be opened.
    """
    for number, cover in enumerate(covers):
        name = f"cover {number}" if number else "cover"
        for frame in open_image(cover, limits):
            yield Frame(frame.luma, f"{name} {frame.place}".strip())


def sound_only(data: bytes | memoryview, form: str, covers: Sequence[bytes]) -> SoundOnlyError:
    """Return what says that a container without a video stream is sound.

    Raises:
        UnsupportedFormatError: it holds pictures, or streams that are not known to be sound.
    """
    view = memoryview(data)
    if form in {"mp4", "mov", "m4a"} and _PICTURE_TRACK.search(view):
        raise _unseen()
    if form == "ogg" and not all(_begins_sound(view[at.start() :]) for at in _OGG_START.finditer(view)):
        raise _unseen()
    _require_sound(data, form, covers)
    return SoundOnlyError("a clip has no video stream", advice="Handle it as audio.")


def _begins_sound(page: memoryview) -> bool:
    """Return whether the first packet of an Ogg stream, which names its coding, is of one for sound."""
    start = 27 + page[26] if len(page) > 26 else len(page)
    return bytes(page[start : start + 8]).startswith(_OGG_SOUNDS)


def _require_sound(data: bytes | memoryview, form: str, covers: Sequence[bytes]) -> None:
    if embedded.holds_media(data, form, covers):
        raise _unseen()


def _unseen() -> UnsupportedFormatError:
    return UnsupportedFormatError(
        "a sound holds pictures or streams that were not examined", advice="Take the file apart, and scan the parts."
    )
