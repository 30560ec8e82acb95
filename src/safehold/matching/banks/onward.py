"""Giving a bank's entries onward, where its terms allow it."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from safehold.home import write_atomic
from safehold.matching.banks.bank import Entry
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.banks.changes import withdrawn_entries
from safehold.matching.errors import ExportRefusedError
from safehold.matching.parts.part import Part, PartKind
from safehold.matching.parts.rows import NO_THRESHOLD, class_of, has_thresholds
from safehold.vocabulary import Algorithm, Bits

COLUMNS = ("algorithm", "value", "class", "note", "source_id")
"""Of an exported list, with `threshold` where some entry has one; the same that an import reads."""


def entries_of(parts: Sequence[Part]) -> Iterator[Entry]:
    """Give the entries of parts, those that were withdrawn as well, by number."""
    for part in parts:
        if part.kind is not PartKind.IMPORT:
            continue
        for algorithm in part.counts:
            rows, gone = part.rows(algorithm), withdrawn_entries(parts, algorithm)
            said = (rows.harm_class.tolist(), rows.note, rows.source_id, rows.thresholds().tolist())
            for number, value, code, note, source_id, near in zip(rows.entry.tolist(), rows.values, *said, strict=True):
                texts = note.as_py(), source_id.as_py()
                threshold = None if near == NO_THRESHOLD else Bits(near)
                yield Entry(number, algorithm, value.tobytes(), class_of(code), *texts, number in gone, threshold)


def entry_of(parts: Sequence[Part], number: int, algorithm: Algorithm) -> Entry | None:
    """Return one entry, also if it was withdrawn; None where no entry of this algorithm has the number."""
    before = 0
    for part in parts:
        if part.kind is not PartKind.IMPORT:
            continue
        following = before + sum(part.counts.values())
        if before <= number < following and part.counts.get(algorithm):
            return _entry_in(parts, part, number, algorithm)
        before = following
    return None


def _entry_in(parts: Sequence[Part], part: Part, number: int, algorithm: Algorithm) -> Entry | None:
    rows = part.rows(algorithm)
    places = np.flatnonzero(rows.entry == number)
    if not len(places):
        return None
    place = int(places[0])
    return Entry(
        number=number,
        algorithm=algorithm,
        value=rows.values[place].tobytes(),
        harm_class=class_of(int(rows.harm_class[place])),
        note=rows.note[place].as_py(),
        source_id=rows.source_id[place].as_py(),
        is_withdrawn=number in withdrawn_entries(parts, algorithm),
    )


def export_bank(contents: BankContents, path: Path) -> int:
    """Write the entries that are not withdrawn as CSV, and return how many; the file is complete or absent.

    Raises:
        ExportRefusedError: the bank's terms don't allow onward sharing.
    """
    bank = contents.bank
    if not bank.terms.onward_sharing:
        raise ExportRefusedError(
            f"the terms recorded with bank {bank.name} don't allow onward sharing",
            advice="Ask the source for permission, then create the bank anew with terms that say so.",
        )
    text, count = io.StringIO(newline=""), 0
    writer = csv.writer(text, lineterminator="\n")
    has_more = _have_thresholds(contents.parts)
    writer.writerow((*COLUMNS, "threshold") if has_more else COLUMNS)
    for entry in entries_of(contents.parts):
        if not entry.is_withdrawn:
            harm_class = (entry.harm_class or bank.harm_class).value
            row = (entry.algorithm.value, entry.value.hex(), harm_class, entry.note, entry.source_id)
            near = "" if entry.threshold is None else str(entry.threshold)
            writer.writerow((*row, near) if has_more else row)
            count += 1
    write_atomic(path, text.getvalue().encode())
    return count


def _have_thresholds(parts: Sequence[Part]) -> bool:
    listed = (part for part in parts if part.kind is PartKind.IMPORT and part.counts.get(Algorithm.PDQ))
    return any(has_thresholds(part.rows(Algorithm.PDQ)) for part in listed)
