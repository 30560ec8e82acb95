"""Lines: the records of a JSONL or CSV file with the bytes they take, so that kept ones can be written untouched.

A CSV record may run over several lines; Python's reader decides where it ends. Blank lines are no records.

Source: RFC 4180; https://jsonlines.org.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.places.blobs import CHUNK_BYTES, Blob, chunks, opened
from safehold.datasets.sources.places.output import HashingWriter, Rewritten, write_hashed
from safehold.datasets.sources.records.cells import is_text, unique_object
from safehold.datasets.sources.records.record import gap
from safehold.vocabulary import Gap, GapReason

LIMIT_BYTES = 64 << 20
MOST_LINES = 10_000_000
"""Lines of one file. Each takes some microseconds wherever the file is gone through; a file of nothing but line ends
would take hours. The number is ours."""
_PIECE_BYTES = 1 << 20
_MARK = b"\xef\xbb\xbf"


class Notation(Enum):
    """How lines are written, by the file's extension."""

    JSONL = "jsonl"
    NDJSON = "ndjson"
    CSV = "csv"
    TSV = "tsv"

    @property
    def delimiter(self) -> str | None:
        """What separates cells, or None where lines are JSON."""
        return {Notation.CSV: ",", Notation.TSV: "\t"}.get(self)


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a file of lines.

    Attributes:
        number: its place among the records, from 0.
        start: where its bytes begin.
        stop: where the next ones begin.
        cells: its values by name; empty where it can't be read.
        gaps: why not.
    """

    number: int
    start: int
    stop: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


def notation_of(name: str) -> Notation:
    """Return the notation of a file by its name."""
    return Notation(name.rpartition(".")[2].lower())


def is_lines(name: str) -> bool:
    """Return whether a file is one of lines, by its name."""
    return name.rpartition(".")[2].lower() in {notation.value for notation in Notation}


def lines_of(
    blob: Blob, notation: Notation, *, first: int = 0, start: int = 0, stop: int | None = None
) -> Iterator[Line]:
    """Yield the records of a file, or of the part of it that begins with record `first` at byte `start`.

    Raises:
        ShardError: a line is longer than `LIMIT_BYTES`, there are more than `MOST_LINES`, or a CSV has no header.
    """
    if stop is None:
        _require_countable(blob)
        stop = blob.size
    if notation.delimiter is None:
        yield from _json_lines(blob, first, start, stop)
        return
    header, body = csv_header(blob, notation)
    yield from _csv_lines(blob, header, notation, first=first, start=max(start, body), stop=stop)


def _require_countable(blob: Blob) -> None:
    lines = 0
    for chunk in chunks(blob):
        lines += bytes(chunk).count(b"\n")
        if lines > MOST_LINES:
            raise ShardError(
                f"a table has more than {MOST_LINES:,} lines", reason=GapReason.OVER_LIMIT,
                advice="Split it into several files, and check that it is what it should be.",
            )  # fmt: skip


def csv_header(blob: Blob, notation: Notation) -> tuple[list[str], int]:
    """Return the column names of a CSV and where its records begin.

    Raises:
        ShardError: there is no header, or it names a column twice.
    """
    tape = _Tape(blob, 0, blob.size)
    try:
        header = next(csv.reader(tape, delimiter=notation.delimiter or ","), [])
    except csv.Error:
        header = []
    if not header or len(set(header)) < len(header) or not all(map(is_text, header)):
        raise ShardError("the table has no header that can be used", reason=GapReason.UNREADABLE)
    return header, tape.position


class _Tape:
    """The lines of a range as text, remembering how far they have been taken."""

    def __init__(self, blob: Blob, start: int, stop: int) -> None:
        self._lines = physical_lines(blob, start, stop)
        self.position = start

    def __iter__(self) -> "_Tape":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        is_first, self.position = self.position == 0, self.position + len(line)
        return (line.removeprefix(_MARK) if is_first else line).decode("utf-8", "surrogateescape")


def physical_lines(blob: Blob, start: int, stop: int) -> Iterator[bytes]:
    """Yield the lines of a range with their line ends.

    Raises:
        ShardError: a line is longer than `LIMIT_BYTES`.
    """
    rest = b""
    for at in range(start, stop, CHUNK_BYTES):
        parts = (rest + bytes(blob.view(at, min(at + CHUNK_BYTES, stop)))).split(b"\n")
        rest = parts.pop()
        if len(rest) > LIMIT_BYTES:
            raise ShardError("a line is too long to be read", reason=GapReason.OVER_LIMIT)
        yield from (part + b"\n" for part in parts)
    if rest:
        yield rest


def _json_lines(blob: Blob, number: int, start: int, stop: int) -> Iterator[Line]:
    for line in physical_lines(blob, start, stop):
        end = start + len(line)
        text = line.removeprefix(_MARK) if start == 0 else line
        if text.strip():
            yield _json_line(text, number, start, end)
            number += 1
        start = end


def _json_line(text: bytes, number: int, start: int, stop: int) -> Line:
    reason = GapReason.UNREADABLE
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=unique_object)
        if isinstance(value, dict):
            return Line(number, start, stop, value)
    except UnicodeDecodeError:
        reason = GapReason.NOT_TEXT
    except (ValueError, RecursionError):
        pass
    return Line(number, start, stop, gaps=(gap(reason),))


def _csv_lines(
    blob: Blob, header: list[str], notation: Notation, *, first: int, start: int, stop: int
) -> Iterator[Line]:
    tape = _Tape(blob, start, stop)
    reader = csv.reader(tape, delimiter=notation.delimiter or ",")
    while True:
        start = tape.position
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = [""] * (len(header) + 1)
        if row:
            yield _csv_line(header, row, first, start, tape.position)
            first += 1


def _csv_line(header: list[str], row: list[str], number: int, start: int, stop: int) -> Line:
    if len(row) != len(header):
        return Line(number, start, stop, gaps=(gap(GapReason.UNREADABLE),))
    if not all(map(is_text, row)):
        return Line(number, start, stop, gaps=(gap(GapReason.NOT_TEXT),))
    return Line(number, start, stop, {name: cell or None for name, cell in zip(header, row, strict=True)})


def rewrite_lines(location: str, name: str, keep: Callable[[int], bool], destination: Path) -> Rewritten:
    """Write a file of lines again without the records that are not kept; header and blank lines stay.

    Raises:
        ShardError: it can't be read.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    counts = [0, 0]
    with opened(location) as blob:

        def fill(out: HashingWriter) -> None:
            position = 0
            for line in lines_of(blob, notation_of(name)):
                is_kept = keep(line.number)
                counts[not is_kept] += 1
                if not is_kept:
                    out.write(blob.view(position, line.start))
                    position = line.stop
                elif line.stop - position >= _PIECE_BYTES:
                    out.write(blob.view(position, line.stop))
                    position = line.stop
            out.write(blob.view(position, blob.size))

        out = write_hashed(destination, fill)
    return Rewritten(out.sha256, counts[0], counts[1], out.size)
