"""Containers of clips: whether the bytes are all there, judged by the sizes that the container itself states.

Source: ISO/IEC 14496-12 section 4.2 (boxes), RFC 8794 section 6 and RFC 9559 section 5 (EBML, Matroska),
Microsoft RIFF (AVI), RFC 3533 section 6 (Ogg).
"""

from collections.abc import Iterator

_UNKNOWN_SIZE = -1
_MEDIA_BOX = b"mdat"
_EBML_HEADER, _SEGMENT = 0x1A45DFA3, 0x18538067


def is_cut_short(data: bytes | memoryview, form: str) -> bool:
    """Whether a clip states more bytes than there are.

    Args:
        data: the whole file.
        form: one of `kinds.VIDEO_FORMATS`.
    """
    return any(end > len(data) for end in _ends(data, form))


def tail_of(data: bytes | memoryview, form: str) -> memoryview:
    """Return what follows the last part of a clip's container; empty where a part reaches to the end of the file."""
    view = memoryview(data)
    ends = tuple(_ends(data, form))
    return view[ends[-1] :] if len(ends) > (form in {"webm", "mkv"}) else view[len(view) :]


def _ends(data: bytes | memoryview, form: str) -> Iterator[int]:
    """Yield where each part at the top of a container ends, by the size that it states."""
    match form:
        case "mp4" | "mov" | "m4a":
            return _box_ends(data)
        case "avi":
            return _list_ends(data)
        case "ogg":
            return _page_ends(data)
        case _:
            return _element_ends(data)


def _list_ends(data: bytes | memoryview) -> Iterator[int]:
    at = 0
    while bytes(data[at : at + 4]) == b"RIFF":  # long clips have several
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        yield at
        at += at % 2


def _box_ends(data: bytes | memoryview) -> Iterator[int]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0 and bytes(data[at + 4 : at + 8]) == _MEDIA_BOX:  # it goes on to the end of the file
            yield len(data)
        if size < 8:  # less than a header is nonsense that the decoder will meet
            return
        at += size
        yield at


def _page_ends(data: bytes | memoryview) -> Iterator[int]:
    at = 0
    while bytes(data[at : at + 4]) == b"OggS":
        parts = data[at + 26] if at + 26 < len(data) else 0
        at += 27 + parts + sum(data[at + 27 : at + 27 + parts])
        yield at


def _element_ends(data: bytes | memoryview) -> Iterator[int]:
    at = 0
    for expected in (_EBML_HEADER, _SEGMENT):
        name, at = _variable_integer(data, at, keep_marker=True)
        size, at = _variable_integer(data, at, keep_marker=False)
        if name != expected or size == _UNKNOWN_SIZE:
            return
        at += size
        yield at


def _variable_integer(data: bytes | memoryview, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """Read an EBML number; return it and where it ends. All ones is an unknown size."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    if width > 8:
        return _UNKNOWN_SIZE, at + 1
    number = int.from_bytes(data[at : at + width], "big")
    if keep_marker:
        return number, at + width
    mask = (1 << 7 * width) - 1
    return (_UNKNOWN_SIZE if number & mask == mask else number & mask), at + width
