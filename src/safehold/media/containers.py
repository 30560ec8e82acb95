"""Containers of clips: whether the bytes are all there, judged by the sizes that the container itself states.

Source: ISO/IEC 14496-12 section 4.2 (boxes), RFC 8794 section 6 and RFC 9559 section 5 (EBML, Matroska),
Microsoft RIFF (AVI).
"""

from collections.abc import Iterator

_UNKNOWN_SIZE = -1
_EBML_HEADER, _SEGMENT = 0x1A45DFA3, 0x18538067


def is_cut_short(data: bytes | memoryview, form: str) -> bool:
    """Whether a clip states more bytes than there are.

    Args:
        data: the whole file.
        form: one of `kinds.VIDEO_FORMATS`.
    """
    match form:
        case "mp4" | "mov":
            return any(end > len(data) for end in _box_ends(data))
        case "avi":
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case _:
            return any(end > len(data) for end in _element_ends(data))


def _box_ends(data: bytes | memoryview) -> Iterator[int]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0 is "to the end of the file"; less than a header is nonsense that the decoder will meet
            return
        at += size
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
