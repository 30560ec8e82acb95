"""Rows of Hugging Face's `metadata.csv|jsonl|parquet`: which files each is about, and the rows written again.

Columns called `file_name`, or ending so, name files relative to the metadata file's own folder.

Source: Hugging Face `datasets`, "Create an image dataset", ImageFolder: metadata with several file names.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from safehold.datasets.sources.places.blobs import opened
from safehold.datasets.sources.places.output import Rewritten
from safehold.datasets.sources.records.record import gap
from safehold.datasets.sources.tables.lines import lines_of, notation_of, rewrite_lines
from safehold.datasets.sources.tables.parquet import opened_parquet, rewrite_rows, values
from safehold.vocabulary import Gap, GapReason

_METADATA = re.compile(r"(?:.*/)?metadata\.(?:csv|jsonl|parquet)")
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """One row.

    Attributes:
        number: its place among the rows, from 0.
        names: the files it is about, relative to the dataset's root; as written where they lead outside.
        cells: its values by column.
        gaps: what of it can't be read.
    """

    number: int
    names: tuple[str, ...]
    cells: Mapping[str, Any]
    gaps: tuple[Gap, ...] = ()


def is_metadata(name: str) -> bool:
    """Return whether a file is the metadata of the folder it is in."""
    return _METADATA.fullmatch(name) is not None


def metadata_rows(location: str, name: str) -> Iterator[MetadataRow]:
    """Yield the rows of a metadata file.

    Args:
        location: where it is.
        name: its own name relative to the dataset's root.

    Raises:
        ShardError: it can't be read.
    """
    if name.endswith(".parquet"):
        yield from _parquet_rows(location, name)
        return
    with opened(location) as blob:
        for line in lines_of(blob, notation_of(name)):
            yield MetadataRow(line.number, _names(name, line.cells), line.cells, line.gaps)


def _parquet_rows(location: str, name: str) -> Iterator[MetadataRow]:
    number = 0
    with opened_parquet(location) as parquet:
        for batch in parquet.iter_batches(_BATCH_ROWS, use_threads=False):
            columns = [(column, *values(batch.column(column))) for column in batch.schema.names]
            for at in range(batch.num_rows):
                cells = {column: found[at] for column, found, _ in columns}
                gaps = tuple(gap(GapReason.NOT_TEXT, column) for column, _, bad in columns if at in bad)
                yield MetadataRow(number, _names(name, cells), cells, gaps)
                number += 1


def _names(table: str, cells: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files that a row is about."""
    folder = PurePosixPath(table).parent
    found: list[str] = []
    for column, value in cells.items():
        if column.endswith(("file_name", "file_names")):
            names = value if isinstance(value, list) else [value]
            found.extend(str(name) for name in names if name)
    return tuple(name if name.startswith("/") else str(folder / name) for name in found)


def rewrite_metadata(location: str, name: str, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write a metadata file again with the rows all of whose files are kept.

    Raises:
        ShardError: it can't be read.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    rows = metadata_rows(location, name)
    stays = [bool(row.names) and not row.gaps and all(map(keep, row.names)) for row in rows]
    return _rewritten(location, name, stays, destination)


def is_about(row: MetadataRow, name: str, keys: Collection[str]) -> bool:
    """Return whether a row names a file among these keys, or is a record of its own that is one of them."""
    return row_key(name, row) in keys or any(file in keys for file in row.names)


def row_key(name: str, row: MetadataRow) -> str:
    """Return the key of a row that is a record of its own."""
    return f"{name}#{row.number}"


def rewrite_without(location: str, name: str, keys: Collection[str], destination: Path) -> Rewritten:
    """Write a metadata file again without the rows that are about some records; every other row stays as it is.

    Raises:
        ShardError: it can't be read.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    stays = [not is_about(row, name, keys) for row in metadata_rows(location, name)]
    return _rewritten(location, name, stays, destination)


def _rewritten(location: str, name: str, stays: Sequence[bool], destination: Path) -> Rewritten:
    if name.endswith(".parquet"):
        return rewrite_rows(location, lambda row: stays[row], destination)
    return rewrite_lines(location, name, lambda row: stays[row], destination)
