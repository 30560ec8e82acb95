"""Pictures that text carries in Base64: previews in XMP, depth maps, pictures within a description of how one was made.

Source: RFC 4648 sections 4 and 5 (Base64 and its form for addresses); XMP Specification Part 2 (2016), xmp:Thumbnails;
XML 1.0 section 4.1 (character references) and RFC 8259 section 7 (escapes), as they stand between its lines.
"""

import re
from binascii import a2b_base64
from collections.abc import Iterator
from heapq import merge

from safehold.media.errors import OverLimitError
from safehold.media.signatures import is_start

_BEGIN = {
    b"/9j/": 0, b"_9j_": 0, b"/9j\\/": 0, b"iVBORw0KGgo": 0, b"R0lGOD": 0, b"UklGR": 0, b"SUkqA": 0, b"TU0AK": 0,
    b"Z0eXB": 6, b"GkXfo": 0,
}  # fmt: skip
"""How the signatures begin in Base64, and how many characters stand before what is searched for."""

_RUN = re.compile(rb"(?:[A-Za-z0-9+/_-]|\s|&#[xX]?[0-9A-Fa-f]{1,4};|\\[nrt/])+")
_BREAK = re.compile(rb"\s|&#[xX]?[0-9A-Fa-f]{1,4};|\\[nrt]?")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_LEAST_CHARACTERS = 100
"""A picture of any kind that shows something is longer."""
_BEGINNING_CHARACTERS = 400
"""By which it is judged whether a run is a picture's."""
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_MOST_PLACES, _BYTES_PER_PLACE = 500, 64


def carried(block: bytes) -> Iterator[bytes]:
    """Yield what is a picture's or clip's in Base64, each from its start to where the run of characters ends.

    Raises:
        OverLimitError: too much looks like the beginning of one.
    """
    text = block.replace(b"\0", b"") if block.startswith(_WIDE) else block
    found = [_places(text, begin, before) for begin, before in _BEGIN.items() if begin in text]
    seen, most = 0, _MOST_PLACES + len(text) // _BYTES_PER_PLACE
    for number, start in enumerate(merge(*found) if found else ()):
        if number == most:
            raise OverLimitError("a text has too many beginnings of pictures", advice="Take it out, and scan again.")
        if start >= seen and is_start(_decoded(text[start : start + _BEGINNING_CHARACTERS]), 0):
            run = text[start : _end_of_run(text, start)]
            seen = start + len(run)
            if len(run) >= _LEAST_CHARACTERS:
                yield _decoded(run)


def _end_of_run(text: bytes, start: int) -> int:
    run = _RUN.match(text, start)
    return start if run is None else run.end()


def _decoded(characters: bytes) -> bytes:
    run = _RUN.match(characters)
    plain = _BREAK.sub(b"", b"" if run is None else run[0]).translate(_STANDARD)
    return a2b_base64(plain[: len(plain) - (len(plain) % 4 == 1)] + b"==")


def _places(text: bytes, begin: bytes, before: int) -> Iterator[int]:
    found = text.find(begin)
    while found >= 0:
        if found >= before:
            yield found - before
        found = text.find(begin, found + 1)
