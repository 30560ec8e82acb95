"""Listings: the rows of a list in columns, with what was wrong with the others.

listing = read_listing(path, algorithm=None)
listing.groups[Algorithm.MD5].values       # (n, 16) uint8
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching.errors import AmbiguousAlgorithmError, Fault, UnreadableListError
from safehold.matching.listings.texts import Texts, read_texts
from safehold.matching.listings.videos import is_frame_note
from safehold.matching.parts.order import first_of_equals
from safehold.matching.parts.rows import NO_CLASS, NO_THRESHOLD, Rows, class_code, concatenated
from safehold.vocabulary import Algorithm, HarmClass, signal_width_bytes

_ROWS_A_BATCH = 1 << 16
_FAULTS_KEPT = 1000
_ALIASES = {"video_md5": "md5", "photo_md5": "md5", "sha-256": "sha256", "sha-1": "sha1"}
_NAMES = {algorithm.value: algorithm for algorithm in Algorithm}
_BY_DIGITS = {32: Algorithm.MD5, 40: Algorithm.SHA1}
_CLASSES = {"": NO_CLASS} | {harm_class.value: class_code(harm_class) for harm_class in HarmClass}


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What a list says.

    Attributes:
        groups: its rows by algorithm, each once, numbered from 0.
        faults: the first 1000 rows that can't be read.
        fault_count: how many there are.
        duplicates: how many rows repeat an algorithm, value and source id.
        sha256: of the file, hexadecimal.
        videos: how many listed videos have frames among the rows.
        unclear: how many frames of these were left out, since their quality is below 50.
    """

    groups: Mapping[Algorithm, Rows]
    faults: tuple[Fault, ...]
    fault_count: int
    duplicates: int
    sha256: str
    videos: int = 0
    unclear: int = 0

    def __len__(self) -> int:
        return sum(map(len, self.groups.values()))


def read_listing(path: Path, *, algorithm: Algorithm | None = None) -> Listing:
    """Read a list.

    Args:
        path: the file.
        algorithm: of the values whose row doesn't say; None guesses it from their length.

    Raises:
        UnreadableListError: the list as a whole can't be read.
        AmbiguousAlgorithmError: a value of 64 digits could be a SHA-256 or a PDQ, and nothing says which.
    """
    reading = _Reading(algorithm)
    texts = read_texts(path)
    while batch := list(islice(texts, _ROWS_A_BATCH)):
        reading.take(batch)
    listing = reading.listing(_digest(path))
    if not listing.groups and not listing.fault_count:
        raise UnreadableListError(f"{path} lists nothing", advice="Check that this is the list that you meant.")
    return listing


@dataclass(slots=True)
class _Reading:
    algorithm: Algorithm | None
    parts: dict[Algorithm, list[Rows]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    videos: set[str] = field(default_factory=set)
    unclear: int = 0

    def take(self, batch: list[Texts]) -> None:
        found: dict[Algorithm, list[Texts]] = {}
        for texts in batch:
            if texts.unclear:
                self.unclear += texts.unclear
            elif texts.fault:
                self.refuse(texts.line, texts.fault)
            elif texts.harm_class not in _CLASSES:
                self.refuse(texts.line, "unknown class")
            elif texts.threshold and _threshold(texts.threshold) is None:
                self.refuse(texts.line, f"its threshold is not a whole number from 0 to {NO_THRESHOLD}")
            elif (algorithm := self.algorithm_of(texts)) is None:
                continue
            elif texts.threshold and algorithm is not Algorithm.PDQ:
                self.refuse(texts.line, "only PDQ values have a threshold")
            else:
                found.setdefault(algorithm, []).append(texts)
                if is_frame_note(texts.note):
                    self.videos.add(texts.source_id)
        for algorithm, group in found.items():
            self.take_group(algorithm, group)

    def algorithm_of(self, texts: Texts) -> Algorithm | None:
        if texts.algorithm:
            name = texts.algorithm if texts.algorithm in _NAMES else texts.algorithm.lower()
            found = _NAMES.get(_ALIASES.get(name, name))
            if found is None:
                self.refuse(texts.line, "unknown algorithm")
            return found
        if self.algorithm is not None:
            return self.algorithm
        if len(texts.value) == 2 * signal_width_bytes(Algorithm.PDQ):
            raise AmbiguousAlgorithmError(
                f"line {texts.line}: a value of 64 digits can be a SHA-256 or a PDQ",
                advice="Say which with --algorithm sha256 or --algorithm pdq, or give a CSV with a column algorithm.",
            )
        found = _BY_DIGITS.get(len(texts.value))
        if found is None:
            self.refuse(texts.line, f"no algorithm has values of {len(texts.value)} characters")
        return found

    def refuse(self, line: int, reason: str) -> None:
        self.fault_count += 1
        if len(self.faults) < _FAULTS_KEPT:
            self.faults.append(Fault(line, reason))

    def take_group(self, algorithm: Algorithm, group: list[Texts]) -> None:
        width = signal_width_bytes(algorithm)
        data = _joined_hexadecimal([texts.value for texts in group], width)
        if data is None or not _is_utf8(group):
            group, data = self.judged(group, width)
        if not group:
            return
        self.parts.setdefault(algorithm, []).append(
            Rows(
                algorithm,
                np.frombuffer(data, np.uint8).reshape(-1, width),
                np.fromiter((_CLASSES[texts.harm_class] for texts in group), np.uint8, len(group)),
                pa.array([texts.note for texts in group], pa.large_string()),
                pa.array([texts.source_id for texts in group], pa.large_string()),
                np.zeros(len(group), np.int64),
                _thresholds(group),
            )
        )

    def judged(self, group: Sequence[Texts], width: int) -> tuple[list[Texts], bytes]:
        """Keep the rows that can be read, one at a time, and refuse the others."""
        kept, values = [], []
        for texts in group:
            value = _value(texts.value, width)
            if value is None:
                self.refuse(texts.line, f"its value is not {2 * width} hexadecimal digits")
            elif not _is_utf8([texts]):
                self.refuse(texts.line, "not UTF-8")
            else:
                kept.append(texts)
                values.append(value)
        return kept, b"".join(values)

    def listing(self, sha256: str) -> Listing:
        groups, duplicates, before = {}, 0, 0
        for algorithm, parts in self.parts.items():
            rows = concatenated(parts)
            first = first_of_equals(rows.values, rows.source_id)
            kept = rows if len(first) == len(rows) else rows.taken(first)
            duplicates += len(rows) - len(kept)
            groups[algorithm] = kept.numbered(before)
            before += len(kept)
        faults = tuple(sorted(self.faults, key=lambda fault: fault.line))
        return Listing(groups, faults, self.fault_count, duplicates, sha256, len(self.videos), self.unclear)


def _threshold(text: str) -> int | None:
    """Return a threshold; None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and int(text) <= NO_THRESHOLD else None


def _thresholds(group: Sequence[Texts]) -> NDArray[np.uint16] | None:
    """Return the thresholds of rows; None if no row says."""
    if not any(texts.threshold for texts in group):
        return None
    return np.array([int(texts.threshold or NO_THRESHOLD) for texts in group], np.uint16)


def _joined_hexadecimal(values: list[str], width: int) -> bytes | None:
    """Return the bytes of values that all are hexadecimal of one width; None if any isn't."""
    if set(map(len, values)) != {2 * width}:
        return None
    try:
        data = bytes.fromhex("".join(values))
    except ValueError:
        return None
    # White space is skipped there, and would shift every value after it.
    return data if len(data) == len(values) * width else None


def _value(text: str, width: int) -> bytes | None:
    """Return one value, from hexadecimal or, as in some exchanges, from base64; None if it is neither."""
    found = _joined_hexadecimal([text], width)
    if found is None and len(text) == 4 * -(-width // 3):
        try:
            found = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
    return found if found is not None and len(found) == width else None


def _is_utf8(group: Sequence[Texts]) -> bool:
    try:
        "".join(texts.note + texts.source_id for texts in group).encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableListError(f"{path} can't be read: {error.strerror}", advice="Check the file.") from error
