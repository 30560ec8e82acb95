"""Listed videos: vPDQ's lists of frames, told apart and read into the frames that count.

A video is a group of PDQ values with a quality and a time each. Frames of a quality below 50 are left out and counted,
since vPDQ compares none of them: nearly every video has a black one, and nearly every other clip too. A video of which
nothing would be left is a fault.

Source: facebook/ThreatExchange: vpdq/cpp/vpdq/cpp/io/vpdqio.cpp (lines of frame number, quality, value, seconds),
vpdq/python/vpdq.pyx (lines of value, quality, seconds), python-threatexchange/threatexchange/extensions/vpdq/
vpdq_util.py (a JSON list of such texts; formerly an object by frame number; VPDQ_QUALITY_THRESHOLD).
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

ALGORITHM = "vpdq"
"""What such lists call a whole video's value."""

LEAST_QUALITY = 50
"""Source: vpdq/README.md, "quality filter tolerance F (example: 50)", and VPDQ_QUALITY_THRESHOLD in vpdq_util.py."""

_HIGHEST_QUALITY = 100
_DIGITS = re.compile("[0-9a-fA-F]{64}")
_LINE = re.compile(r"\d+ *, *\d+ *, *[0-9a-fA-F]{64} *(, *[0-9.]+ *)?|[0-9a-fA-F]{64} *, *\d+ *, *[0-9.]+")
_NOTE = "vPDQ frame "


class ListedFrame(NamedTuple):
    """One frame of a listed video.

    Attributes:
        number: of the frame, as the list counts.
        value: its PDQ value, 64 hexadecimal digits.
        quality: 0..100.
        seconds: its time from the start.
    """

    number: int
    value: str
    quality: int
    seconds: float

    @property
    def note(self) -> str:
        """Return what an entry's note says of the frame; `is_frame_note` knows it again."""
        return f"{_NOTE}{self.number} at {self.seconds:.3f} s"


def is_frame_note(note: str) -> bool:
    """Return whether an entry with this note is a frame of the video that its source id names."""
    return note.startswith(_NOTE)


FIRST_NOTE, LAST_NOTE = _NOTE, _NOTE + "\uffff"
"""Every note of a frame lies between these."""


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """A video of a list.

    Attributes:
        frames: those that count, in the list's order.
        unclear: how many were left out for their quality.
        faults: what could not be read: the line, or the frame's place from 0, and why.
    """

    frames: tuple[ListedFrame, ...]
    unclear: int
    faults: tuple[tuple[int, str], ...]

    @property
    def id(self) -> str:
        """Return a name for a video whose list gives none; the same frames have the same one."""
        values = "\n".join(frame.value.lower() for frame in self.frames)
        return f"vpdq-{hashlib.sha256(values.encode()).hexdigest()[:16]}"


def is_line(text: str) -> bool:
    """Return whether a line is a frame, as vPDQ's programs write it."""
    return _LINE.fullmatch(text.strip()) is not None


def video_of_lines(lines: Iterable[tuple[int, str]]) -> ListedVideo:
    """Read a video of one frame a line; blank lines have none.

    Args:
        lines: with their numbers.
    """
    return _video((number, text) for number, text in lines if text.strip())


def video_of_json(value: object) -> ListedVideo:
    """Read a video from a list of texts or objects, or an object of these by frame number, as JSON gives it."""
    match value:
        case str():
            return _from_text(value)
        case list():
            return _video(enumerate(value))
        case dict():
            return _video((place, _numbered(number, one)) for place, (number, one) in enumerate(value.items()))
        case _:
            return ListedVideo((), 0, ((0, "not a list of frames"),))


def _from_text(text: str) -> ListedVideo:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return video_of_json(value) if isinstance(value, list | dict) else video_of_json(None)


def _numbered(number: str, frame: object) -> object:
    return {"frame_number": number, **frame} if isinstance(frame, dict) else frame


def _video(rows: Iterable[tuple[int, object]]) -> ListedVideo:
    frames, faults = [], []
    for place, (where, row) in enumerate(rows):
        try:
            frames.append(_frame(place, row))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append((where, f"no frame of a vPDQ list: {error}"))
    clear = tuple(frame for frame in frames if frame.quality >= LEAST_QUALITY)
    if not clear:
        fault = f"none of the video's {len(frames)} frames has quality {LEAST_QUALITY}: it could never be found"
        faults.append((0, fault))
    return ListedVideo(clear, len(frames) - len(clear), tuple(faults))


def _frame(place: int, row: object) -> ListedFrame:
    number, value, quality, seconds = _fields(place, row)
    if not _DIGITS.fullmatch(value):
        raise ValueError("its value is not 64 hexadecimal digits")
    frame = ListedFrame(int(number), value, int(quality), float(seconds))
    if frame.number < 0 or not 0 <= frame.quality <= _HIGHEST_QUALITY:
        raise ValueError("a number below 0, or a quality that is not 0 to 100")
    if not (math.isfinite(frame.seconds) and frame.seconds >= 0):
        raise ValueError("a time that is none")
    return frame


def _fields(place: int, row: object) -> Iterator[str]:
    """Give number, value, quality and time of a frame as texts, whichever form it has."""
    if isinstance(row, dict):
        value = row.get("pdq_hex", row.get("hash", row.get("hex")))
        named = (row.get("frame_number", place), value, row.get("quality"), row.get("timestamp", 0))
        return iter([str(one).strip() for one in named])
    match [part.strip() for part in str(row).split(",")]:
        case [number, quality, value, seconds]:
            return iter([number, value, quality, seconds])
        case [value, quality, seconds] if _DIGITS.fullmatch(value):
            return iter([str(place), value, quality, seconds])
        case [number, quality, value]:
            return iter([number, value, quality, "0"])
        case _:
            raise ValueError("not three or four fields")
