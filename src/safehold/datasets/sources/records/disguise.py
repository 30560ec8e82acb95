"""Disguises: media written as text or as numbers, in a cell where nobody examines it.

Looked for are data: URLs, what base64 and hexadecimal make of the first bytes of known formats, long unbroken runs of
the letters that both use, and lists of numbers that are the bytes of a file or the dots of a picture. What somebody
cuts into pieces or enciphers is not found: this holds what is stored so by habit, and what hides without effort.

Source: RFC 2397 (data: URLs), RFC 4648 (base64, base16).
"""

import re
from collections.abc import Iterator

from safehold.media import sniff
from safehold.vocabulary import MediaKind

LETTERS = 100
"""Shorter text and lists hold no picture worth the name, and may well be a word that begins like one."""
RUN_LETTERS = 1000
"""No word, address or hash has so many letters without a space or another sign; the number is ours."""
GRID_BYTES = 1024
"""A picture of 32 x 32 dots, the smallest that data sets are made of; the number is ours."""

BEGINNING = (
    r"(?s)^\s*(?:(?i:data:(?:image|video|audio|application)/|data:[a-z0-9/+.;=-]{0,99};base64,)"
    r"|/9j/|iVBORw0KGgo|R0lGOD|UklGR|SUkqA|TU0AK|AAAA[A-Za-z0-9+/]{2}Z0eX|GkXfo"
    r"|(?i:ffd8ff|89504e47|47494638|52494646|000000[0-9a-f]{2}66747970|1a45dfa3)"
    r"|GIF8[79]a|RIFF.{4}(?:WEBP|AVI |WAVE)|II\*\x00|MM\x00\*|.{4}ftyp)"
)
"""How JPEG, PNG, GIF, RIFF, TIFF, MP4 and Matroska begin in base64, in hexadecimal and, where that is text, plainly."""

_BEGINNING, _RUN = re.compile(BEGINNING), re.compile(rf"[A-Za-z0-9+/_=-]{{{RUN_LETTERS}}}")
_MEDIA = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO})
_SNIFFED = 64


def holds_media(value: object) -> bool:
    """Return whether bytes, or media in disguise, are in a cell: nobody examines them there."""
    return any(
        bool(leaf) if isinstance(leaf, bytes)
        else is_media_text(leaf) if isinstance(leaf, str)
        else isinstance(leaf, list) and is_media_bytes(leaf[:_SNIFFED])
        for leaf in leaves(value)
    )  # fmt: skip


def is_media_text(text: str) -> bool:
    """Return whether text is, or has in it, what encodes media."""
    if len(text) < LETTERS:
        return False
    return _BEGINNING.match(text) is not None or has_run(text)


def has_run(text: str) -> bool:
    """Return whether text has an unbroken run of `RUN_LETTERS` letters of base64."""
    return len(text) >= RUN_LETTERS and any(len(word) >= RUN_LETTERS and _RUN.search(word) for word in text.split())


def is_media_bytes(numbers: list[int]) -> bool:
    """Return whether the first numbers of a list are the first bytes of media; signed ones count as bytes as well."""
    if not all(-128 <= number < 256 for number in numbers):
        return False
    return sniff(bytes(number & 0xFF for number in numbers)).kind in _MEDIA


def leaves(value: object) -> Iterator[object]:
    """Yield what a value holds, in order, however deep it is nested: JSON may nest deeper than Python calls.

    A long list of whole numbers is one leaf.
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            if len(item) >= LETTERS and all(type(number) is int for number in item[:_SNIFFED]):
                yield item
            else:
                waiting.extend(reversed(item))
        elif isinstance(item, dict):
            waiting.extend(reversed(item.values()))
        else:
            yield item
