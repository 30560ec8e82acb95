"""Sidecars: captions, addresses, labels and original hashes that stand beside media, in JSON, text or cells.

img2dataset leaves the hash of the *original* bytes here, while it stores resized ones; both are worth matching.

Source: img2dataset README, "Output format": url, caption, key, status, md5 | sha256 | sha512, original_width, …
"""

import json

from safehold.datasets.sources.records.cells import (
    Names,
    Reading,
    add_cells,
    add_label,
    add_texts,
    number_of,
    unique_object,
)
from safehold.datasets.sources.records.disguise import holds_media
from safehold.datasets.sources.records.record import Text, gap
from safehold.vocabulary import GapReason

LIMIT_BYTES = 16 << 20
"""The longest sidecar that is read into memory."""
TEXT_EXTENSIONS = frozenset({"txt", "caption", "text", "cap"})


def is_sidecar(extension: str) -> bool:
    """Return whether a member of this extension says something about the media beside it."""
    return extension in TEXT_EXTENSIONS or extension in {"json", "cls"} or extension.endswith(".json")


def read_sidecar(reading: Reading, extension: str, data: bytes | memoryview, names: Names) -> bool:
    """Add what one sidecar says, or a gap that says why it could not be read.

    Returns:
        whether it is text. If not, it may be media under a wrong name, and its bytes are to be examined as such.
    """
    if len(data) > LIMIT_BYTES:
        reading.gaps.append(gap(GapReason.OVER_LIMIT, extension))
        return False
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError:
        reading.gaps.append(gap(GapReason.NOT_TEXT, extension))
        return False
    if extension in TEXT_EXTENSIONS or (extension == "cls" and number_of(text) is None):
        reading.texts.append(Text(extension, text))
    elif extension == "cls":
        add_label(reading, "cls", text, "cls")
    else:
        _read_json(reading, extension, text, names)
    return True


def _read_json(reading: Reading, place: str, text: str, names: Names) -> None:
    try:
        value = json.loads(text, object_pairs_hook=unique_object)
    except (ValueError, RecursionError):
        reading.gaps.append(gap(GapReason.UNREADABLE if text else GapReason.EMPTY, place))
        return
    if isinstance(value, dict):
        add_cells(reading, value, names, place=place)
        return
    add_texts(reading, value, place)
    if holds_media(value):
        reading.gaps.append(gap(GapReason.UNSUPPORTED_FORMAT, place))
