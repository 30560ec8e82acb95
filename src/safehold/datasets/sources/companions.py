"""Companions: files that repeat what the shards hold, written again so that they don't tell of what is gone.

A row of a companion stays only if its record is kept; a row of a record that never was in a shard (a failed download)
was not examined, and goes. Nor was what a row says in words examined: of the rows, the key and the numbers stay. What
is in a form that is not known, or too big for what it describes, is not written at all.

Source: img2dataset README, "Output format"; NVIDIA DALI, `wds2idx`, index versions v1.1 and v1.2.
"""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.folders.metadata_rows import rewrite_metadata
from safehold.datasets.sources.places.blobs import opened, read_start
from safehold.datasets.sources.places.output import HashingWriter, write_hashed
from safehold.datasets.sources.records.sidecar import LIMIT_BYTES
from safehold.datasets.sources.shard import Companion, CompanionKind
from safehold.datasets.sources.tables.columns import is_text
from safehold.datasets.sources.tables.parquet import opened_parquet, rewrite_rows
from safehold.datasets.sources.tars.reading import groups
from safehold.home.files import shared_folder

_INDEX_VERSIONS = (b"v1.1", b"v1.2")
_BATCH_ROWS = 4096
_MOST_CELLS = 50_000_000
"""Rows times columns: a shard of ten thousand records has a hundred thousand; the number is ours."""
_COUNTS = ("count", "successes")
_FAILURES = ("failed_to_download", "failed_to_resize")


def reemit(companion: Companion, keep: Callable[[str], bool], destination: Path, *, output: Path | None = None) -> bool:
    """Write a companion again for what is kept.

    Args:
        companion: what to write.
        keep: says of a record's key whether it stays: in the output that the companion describes, or in any output
            of its source. It must be False for keys that were never scanned.
        destination: the file to write; it appears whole or not at all.
        output: the cleaned output that an index or the counts are about; must be written already.

    Returns:
        whether it was written: False if its form is not known, so that it is left out.

    Raises:
        ShardError: the companion or the cleaned output can't be read.
        OSError: the disk is full or failing.
    """
    shared_folder(destination.parent)
    match companion.kind:
        case CompanionKind.METADATA:
            rewrite_metadata(companion.location, companion.inner, keep, destination)
            return True
        case CompanionKind.ROWS:
            return _rows(companion, keep, destination)
        case CompanionKind.STATS:
            return output is not None and _stats(companion, output, destination)
        case CompanionKind.INDEX:
            return output is not None and _index(companion, output, destination)


def strike(companion: Companion, keys: Collection[str], destination: Path, *, output: Path) -> bool:
    """Write a companion beside a source again without what it says of some records; all else in it stays.

    Counts stay as they are: they tell of the download, and of no record.

    Args:
        companion: what stands beside a shard.
        keys: the records that are gone from the shard.
        destination: the file to write; it is not made where nothing was to be struck out.
        output: the shard without those records.

    Returns:
        whether it then says nothing of them: False if its form is not known.

    Raises:
        OSError: the disk is full or failing.
    """
    match companion.kind:
        case CompanionKind.ROWS:
            return _without(companion.location, keys, destination)
        case CompanionKind.INDEX:
            return _index(companion, output, destination)
        case CompanionKind.STATS | CompanionKind.METADATA:
            return True


def _without(location: str, keys: Collection[str], destination: Path) -> bool:
    try:
        with opened_parquet(location) as parquet:
            is_known = _has_key(parquet.schema_arrow) and parquet.metadata.num_rows <= _MOST_CELLS
        if not is_known:
            return False
        with opened_parquet(location, words=("key",)) as parquet:
            struck = frozenset(row for row, _ in _rows_of(parquet, keys.__contains__))
        if struck:
            rewrite_rows(location, lambda row: row not in struck, destination)
    except ShardError:
        return False
    return True


def _rows(companion: Companion, keep: Callable[[str], bool], destination: Path) -> bool:
    try:
        with opened_parquet(companion.location) as parquet:
            numbers = _numbers(parquet)
        if numbers is None:
            return False
        with opened_parquet(companion.location, words=("key",)) as parquet:
            places, keys = _kept_rows(parquet, keep)
            told = parquet.read(numbers, use_threads=False).take(pa.array(places, pa.int64()))
    except ShardError:
        return False
    table = pa.table({"key": pa.array(keys, pa.string()), **{name: told.column(name) for name in numbers}})
    write_hashed(destination, lambda out: pq.write_table(table, pa.PythonFile(out, mode="w")))
    return True


def _numbers(parquet: pq.ParquetFile) -> list[str] | None:
    """Return the columns of numbers, or None unless the rows name their records and are few enough."""
    schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
    numbers = [field.name for field in schema if _is_number(field.type)]
    is_known = _has_key(schema) and len(set(numbers)) == len(numbers) and rows * (1 + len(numbers)) <= _MOST_CELLS
    return numbers if is_known else None


def _has_key(schema: pa.Schema) -> bool:
    return schema.names.count("key") == 1 and is_text(schema.field("key").type)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _kept_rows(parquet: pq.ParquetFile, keep: Callable[[str], bool]) -> tuple[list[int], list[str]]:
    """Return which rows stay and their keys: the first of each key."""
    found: dict[str, int] = {}
    for row, key in _rows_of(parquet, keep):
        found.setdefault(key, row)
    return list(found.values()), list(found)


def _rows_of(parquet: pq.ParquetFile, has: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Yield number and key of the rows whose key is one of those asked for; keys are read as a dictionary."""
    row = 0
    for batch in parquet.iter_batches(_BATCH_ROWS, columns=["key"], use_threads=False):
        words = batch.column("key").dictionary.to_pylist()
        wanted = {code: word for code, word in enumerate(words) if word is not None and has(word)}
        for at, code in enumerate(batch.column("key").indices.to_pylist()):
            if code in wanted:
                yield row + at, wanted[code]
        row += len(batch)


def _stats(companion: Companion, output: Path, destination: Path) -> bool:
    """Write the counts as they are now; numbers that tell of the download (its times) stay, and nothing else does."""
    try:
        with opened(companion.location) as blob:
            stats = json.loads(bytes(blob.view(0, min(blob.size, LIMIT_BYTES))))
    except (ValueError, RecursionError):
        return False
    if not isinstance(stats, dict):
        return False
    with opened(str(output)) as blob:
        records = sum(1 for group in groups(blob) if group.key is not None)
    write_hashed(destination, lambda out: _write_text(out, json.dumps(_recounted(stats, records), indent=4)))
    return True


def _recounted(stats: dict[str, Any], records: int) -> dict[str, Any]:
    known = dict.fromkeys(_COUNTS, records) | dict.fromkeys(_FAILURES, 0)
    changed: dict[str, Any] = {
        name: known.get(name, value) for name, value in stats.items() if isinstance(value, int | float)
    }
    if "status_dict" in stats:
        changed["status_dict"] = {"success": records}
    return changed


def _write_text(out: HashingWriter, text: str) -> None:
    out.write(text.encode())


def _index(companion: Companion, output: Path, destination: Path) -> bool:
    """Compute the index of the cleaned tar; a form other than the text of `wds2idx` is not known."""
    version = read_start(companion.location, 64).partition(b" ")[0]
    if version not in _INDEX_VERSIONS:
        return False
    lines = list(_index_lines(output, has_names=version == _INDEX_VERSIONS[1]))
    text = "\n".join([f"{version.decode()} {len(lines)}", *lines]) + "\n"
    write_hashed(destination, lambda out: _write_text(out, text))
    return True


def _index_lines(output: Path, *, has_names: bool) -> Iterator[str]:
    with opened(str(output)) as blob:
        for group in groups(blob):
            if group.key is not None:
                yield " ".join(
                    f"{extension} {entry.data} {entry.size}" + (f" {entry.name}" if has_names else "")
                    for extension, entry in group.members
                )
