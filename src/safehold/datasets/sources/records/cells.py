"""Cells: named values that say something of a record, from a sidecar's JSON, a table's row or a manifest's line.

A number is taken only under a name that stands for a label, so that a record stays small.

Source: LAION-400M: NSFW is one of UNLIKELY, UNSURE, NSFW.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from safehold.datasets.sources.fields import Fields
from safehold.datasets.sources.records.disguise import holds_media, leaves
from safehold.datasets.sources.records.record import Member, Record, Text, gap
from safehold.vocabulary import DIGESTS_OF_NOTHING, Algorithm, Gap, GapReason, Signal, signal_width_bytes

_WORDS = {
    "unlikely": 0.0, "unsure": 0.5, "nsfw": 1.0, "sfw": 0.0, "safe": 0.0, "unsafe": 1.0,
    "no": 0.0, "yes": 1.0, "false": 0.0, "true": 1.0,
}  # fmt: skip


@dataclass(slots=True)
class Reading:
    """What has been said of one record so far."""

    texts: list[Text] = field(default_factory=list)
    url: str | None = None
    labels: dict[str, float] = field(default_factory=dict)
    listed: list[Signal] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def record(self, key: str, members: Iterable[Member] = ()) -> Record:
        """Return the record of all that was said, and of these members."""
        return Record(
            key, tuple(members), tuple(self.texts), self.url, self.labels, tuple(self.listed), tuple(self.gaps)
        )


class Names:
    """The role of every name, ready for quick look-up."""

    def __init__(self, fields: Fields) -> None:
        self.captions = _folded(fields.captions)
        self.tags = _folded(fields.tags)
        self.urls = _folded(fields.url)
        self.labels = _folded(fields.labels)
        self.hashes = {name: algorithm for algorithm, names in fields.hashes for name in _folded(names)}


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def add_cells(reading: Reading, cells: Mapping[str, Any], names: Names, *, place: str = "") -> None:
    """Add what named values say: the fields of a JSON sidecar, or the cells of a table's row."""
    for name, value in cells.items():
        folded = name.lower()
        if value is None or (value != value and folded not in names.labels):  # noqa: PLR0124  # pandas' empty cell
            continue
        where = f"{place}:{name}" if place else name
        if folded in names.captions:
            add_texts(reading, value, where)
            if folded in names.tags and not isinstance(value, str | list | tuple):
                reading.gaps.append(gap(GapReason.UNREADABLE, where))
        elif folded in names.urls and isinstance(value, str):
            _add_url(reading, value, where)
        elif folded in names.hashes:
            _add_hash(reading, names.hashes[folded], value, where)
        elif folded in names.labels:
            add_label(reading, folded, value, where)
        else:
            for nested, text in _captions_within(value, names):
                add_texts(reading, text, f"{where}:{nested}")
        if folded not in names.hashes and holds_media(value):
            reading.gaps.append(gap(GapReason.UNSUPPORTED_FORMAT, where))


def add_texts(reading: Reading, value: object, place: str) -> None:
    """Add a caption, or every string in a list of captions or of turns of a conversation."""
    for text in _strings(value):
        if is_text(text):
            reading.texts.append(Text(place, text))
        else:
            reading.gaps.append(gap(GapReason.NOT_TEXT, place))


def _captions_within(value: object, names: Names) -> Iterator[tuple[str, object]]:
    """Yield each caption, with its name, of the objects within a value that says nothing itself, in order."""
    waiting = [value]
    while waiting:
        within = waiting.pop()
        if isinstance(within, Mapping):
            captions = {name: said for name, said in within.items() if str(name).lower() in names.captions}
            yield from captions.items()
            waiting.extend(reversed([said for name, said in within.items() if name not in captions]))
        elif isinstance(within, list | tuple):
            waiting.extend(one for one in reversed(within) if isinstance(one, Mapping | list | tuple))


def _add_url(reading: Reading, url: str, place: str) -> None:
    if is_text(url):
        reading.url = reading.url or url
    else:
        reading.gaps.append(gap(GapReason.NOT_TEXT, place))


def is_text(text: str) -> bool:
    """Return whether a string can be written as UTF-8; JSON can escape halves of letters that can't."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _strings(value: object) -> Iterator[str]:
    """Yield every string in a caption, which may be a list of captions or of turns of a conversation."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, str))


def _add_hash(reading: Reading, algorithm: Algorithm, value: object, place: str) -> None:
    if value == "":
        return
    try:
        digest = value if isinstance(value, bytes) else bytes.fromhex(str(value))
    except ValueError:
        digest = b""
    if len(digest) != signal_width_bytes(algorithm):
        reading.gaps.append(gap(GapReason.UNREADABLE, place))
        return
    if digest == DIGESTS_OF_NOTHING.get(algorithm):  # of a failed download: it says nothing of what is there
        reading.gaps.append(gap(GapReason.EMPTY, place))
        return
    reading.listed.append(Signal(algorithm, digest, place=place))


def add_label(reading: Reading, name: str, value: object, place: str) -> None:
    """Add a label, or a gap where it is neither a number nor a known word."""
    number = number_of(value)
    if number is None:
        reading.gaps.append(gap(GapReason.UNREADABLE, place))
        return
    reading.labels[name] = max(number, reading.labels.get(name, number))


def number_of(value: object) -> float | None:
    """Return what a label says as a number, or None where it is neither a number nor a known word."""
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _WORDS:
            return _WORDS[word]
        value = word
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says a name twice: readers differ about which one holds."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError
    return value
