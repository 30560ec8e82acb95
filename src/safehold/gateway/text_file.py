"""Files of text: their words are read as text; what they hold beside words is a gap.

A page, a mail or a document may carry pictures in letters and digits. Those are not opened here: a file that holds
base64 of a known format, or is of a format that nests others, is held. Other ways of hiding one are not looked for.

    words = words_of_file(item, most_characters=policy.requests.text_characters)
"""

import re

from safehold.gateway.item import Item
from safehold.gateway.text import TEXT_DETECTOR, Words
from safehold.vocabulary import Gap, GapReason

_DOCUMENT = re.compile(r"\s*(?:%PDF-|%!PS|\{\\rtf)")
"""PDF, PostScript and RTF, which may be written without a single byte that is no text."""

_ENCODED_MEDIA = re.compile(
    r"(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR|AAAA[A-Za-z0-9+/]{2}Z0eXB|GkXfo|SUkqA|TU0AK|T2dnUw|SUQz)"
    r"(?:[A-Za-z0-9+/]|\r?\n[ \t]?){64}"
)
"""Base64 that begins as JPEG, PNG, GIF, RIFF, ISO media, Matroska, TIFF, Ogg and MP3 files do, in one line or several.

Source: RFC 4648 section 4 and RFC 2045 section 6.8, and the formats' first bytes as `safehold.media.sniff` has them."""


def words_of_file(item: Item, *, most_characters: int) -> Words:
    """Return the words of a file whose bytes are text.

    Bytes that are no UTF-8, more characters than are read, and what is not words are gaps.
    """
    try:
        text = item.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _unread(item, Gap(TEXT_DETECTOR, GapReason.NOT_TEXT))
    if len(text) > most_characters:
        return _unread(item, Gap(TEXT_DETECTOR, GapReason.OVER_LIMIT))
    is_more = _DOCUMENT.match(text) or _ENCODED_MEDIA.search(text)
    gaps = (Gap("media", GapReason.UNSUPPORTED_FORMAT),) if is_more else ()
    return Words(item.kind, (text,), item.file_name, gaps)


def _unread(item: Item, gap: Gap) -> Words:
    return Words(item.kind, (), item.file_name, (gap,))
