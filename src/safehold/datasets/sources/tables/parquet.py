"""Parquet: rows with the media inside, rows that only tell of it, or rows of text alone.

A shard is a range of row groups; a record's key is its row's number in the file. Media is viewed where it was read,
not copied. A file is rewritten whole, row group by row group: schema, Hugging Face features and other metadata, row
order and cells stay; columns of bytes are stored plain, since media does not compress.

Source: Apache Parquet format 2.11; Hugging Face `datasets.Image` feature: struct<bytes: binary, path: string>.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from safehold.datasets.sources.errors import ShardError, UnreadableSourceError
from safehold.datasets.sources.fields import Fields, SourceOptions
from safehold.datasets.sources.places.argument import Source, location_of
from safehold.datasets.sources.places.blobs import require_ranges
from safehold.datasets.sources.places.location import filesystem_of, is_remote, local_path
from safehold.datasets.sources.places.output import HashingWriter, Rewritten, write_hashed
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.record import Member, Record, gap
from safehold.datasets.sources.shard import Format, Plan, Shard
from safehold.datasets.sources.tables.columns import resolve, unscreened
from safehold.datasets.sources.tables.unclaimed import hides_media
from safehold.vocabulary import Gap, GapReason

_MediaColumn = tuple[str, pa.Array]
_CellColumn = tuple[str, list[Any], frozenset[int]]
_BATCH_ROWS = 256
_BATCH_BYTES = 1 << 30
"""What so many rows may take at most where they are written again; a decoding child has about twice as much."""
_GROUP_BYTES = 512 << 20
_CODECS = {name: name for name in ("SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4")} | {"UNCOMPRESSED": "NONE"}


@contextmanager
def opened_parquet(location: str, *, is_mapped: bool = False, words: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; whatever is wrong with it is a fault of the shard.

    Args:
        location: where it is.
        is_mapped: for a process that may be lost.
        words: text columns to be read as dictionaries, so that one word many times over takes no memory.

    Raises:
        ShardError: it is gone, damaged, encrypted or no Parquet.
    """
    try:
        if is_remote(location):
            filesystem, path = filesystem_of(location)
            with filesystem.open(path, "rb") as file, pq.ParquetFile(file, read_dictionary=list(words)) as parquet:
                yield parquet
        else:
            with pq.ParquetFile(local_path(location), memory_map=is_mapped, read_dictionary=list(words)) as parquet:
                yield parquet
    except FileNotFoundError as error:
        raise ShardError("the shard's file is gone", reason=GapReason.MISSING) from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None and not is_mapped:
            raise
        raise ShardError("the shard's Parquet file is damaged", reason=GapReason.UNREADABLE) from error


def plan(source: Source, names: Sequence[str], options: SourceOptions) -> Plan:
    """Return the shards of a folder of Parquet files: ranges of row groups of about `shard_rows` rows.

    A file that can't be opened is one shard, which then says why.

    Raises:
        UnknownColumnError: a table has no column that is known, or lacks one that was named.
        UnreadableSourceError: not one file can be opened, or their server doesn't answer ranges.
    """
    if is_remote(source.root):
        require_ranges(location_of(source, names[0]))
    unread: dict[str, None] = {}
    shards = [shard for name in names for shard in _shards(source, name, options, unread=unread)]
    if all(shard.records is None for shard in shards):
        raise UnreadableSourceError(f"{source.named}: no Parquet file that can be read", advice=source.advice)
    left_out = tuple(name for name in source.files if name not in set(names)) + source.odd
    return Plan(tuple(shards), left_out=left_out, unscreened=tuple(unread))


def _shards(source: Source, name: str, options: SourceOptions, *, unread: dict[str, None]) -> list[Shard]:
    """Return the shards of one file; columns of text that have no role go into `unread`."""
    location, stamp = location_of(source, name), source.files[name]
    whole = Shard(0, 0, Format.PARQUET, name, location, fields=options.fields, fingerprint=stamp.mark, size=stamp.size)
    try:
        with opened_parquet(location) as parquet:
            fields = resolve(parquet.schema_arrow, options.fields, table=name)
            unread.update(dict.fromkeys(unscreened(parquet.schema_arrow, fields)))
            groups = [parquet.metadata.row_group(number).num_rows for number in range(parquet.num_row_groups)]
    except (ShardError, OSError):
        return [whole]
    is_pointing = not fields.media and any((fields.path, fields.url, fields.md5, fields.sha1, fields.sha256))
    kind = Format.METADATA if is_pointing else Format.PARQUET
    limit = options.metadata_rows if is_pointing else options.shard_rows
    ranges = _ranges(groups, limit)
    return [
        replace(
            whole, format=kind, fields=fields, part=f"{first}-{last}" if len(ranges) > 1 else "",
            records=sum(groups[first : last + 1]), size=stamp.size // len(ranges),
        )
        for first, last in ranges
    ]  # fmt: skip


def _ranges(rows: Sequence[int], limit: int) -> list[tuple[int, int]]:
    """Join row groups into ranges of at most `limit` rows, or of one row group; both ends included."""
    found: list[tuple[int, int]] = []
    total = 0
    for number, count in enumerate(rows):
        if found and total + count <= limit:
            found[-1] = (found[-1][0], number)
            total += count
        else:
            found.append((number, number))
            total = count
    return found or [(0, -1)]


def row_groups(shard: Shard, parquet: pq.ParquetFile) -> tuple[list[int], int]:
    """Return a shard's row groups, and the number of its first row in the file."""
    first, last = (int(end) for end in shard.part.split("-")) if shard.part else (0, parquet.num_row_groups - 1)
    before = sum(parquet.metadata.row_group(number).num_rows for number in range(first))
    return list(range(first, last + 1)), before


def read(shard: Shard) -> Iterator[Record]:
    """Yield the rows of a shard as records.

    Every column is decoded, here where memory has a limit, since what is kept of the file is written with all of them.

    Raises:
        ShardError: the file can't be read; raised before or between records.
    """
    names, fields = Names(shard.fields), shard.fields
    cells = _cell_columns(fields)
    with opened_parquet(shard.location, is_mapped=True) as parquet:
        groups, row = row_groups(shard, parquet)
        unread = frozenset(parquet.schema_arrow.names).difference(cells)
        for batch in parquet.iter_batches(_BATCH_ROWS, row_groups=groups, use_threads=False):
            media = [(name, batch.column(name)) for name in fields.media]
            rows = [(name, *values(batch.column(name))) for name in cells]
            hidden = [
                (name, hides_media(cell))
                for name, cell in zip(batch.schema.names, batch, strict=True)
                if name in unread
            ]
            for at in range(batch.num_rows):
                reading = _reading(at, rows, names)
                reading.gaps.extend(gap(GapReason.UNSUPPORTED_FORMAT, name) for name, hides in hidden if hides[at])
                yield _record(str(row + at), at, media, reading)
            row += batch.num_rows


def _cell_columns(fields: Fields) -> list[str]:
    return list(dict.fromkeys((*fields.caption, *fields.url, *fields.md5, *fields.sha1, *fields.sha256, *fields.label)))


def values(column: pa.Array) -> tuple[list[Any], frozenset[int]]:
    """Return a column's values, None where one is no text, and the places of those."""
    try:
        return column.to_pylist(), frozenset()
    except UnicodeDecodeError:
        values = [_value(scalar) for scalar in column]
        return [None if value is _NOT_TEXT else value for value in values], frozenset(
            at for at, value in enumerate(values) if value is _NOT_TEXT
        )


_NOT_TEXT = object()


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return _NOT_TEXT


def _reading(at: int, rows: list[_CellColumn], names: Names) -> Reading:
    reading = Reading()
    add_cells(reading, {name: values[at] for name, values, _ in rows}, names)
    reading.gaps.extend(gap(GapReason.NOT_TEXT, name) for name, _, bad in rows if at in bad)
    return reading


def _record(key: str, at: int, media: list[_MediaColumn], reading: Reading) -> Record:
    members: list[Member] = []
    for name, column in media:
        _add_media(members, reading.gaps, name, column[at])
    if media and not members and not reading.gaps:
        reading.gaps.append(gap(GapReason.MISSING, media[0][0]))
    return reading.record(key, members)


def _add_media(members: list[Member], gaps: list[Gap], column: str, cell: pa.Scalar, *, name: str = "") -> None:
    """Add the bytes of one cell, whatever they are wrapped in; bytes without content are a gap."""
    cell = _unwrapped(cell)
    if not cell.is_valid:
        return
    if isinstance(cell, pa.ListScalar):
        for item in cell.values:
            _add_media(members, gaps, column, item)
    elif isinstance(cell, pa.StructScalar):
        name = _path_of(cell)
        before = len(members) + len(gaps)
        for field in cell:
            if not pa.types.is_string(cell[field].type):
                _add_media(members, gaps, column, cell[field], name=name)
        if len(members) + len(gaps) == before:
            gaps.append(gap(GapReason.MISSING, column))
    elif hasattr(cell, "as_buffer") and not pa.types.is_string(cell.type):
        data = memoryview(cell.as_buffer()).cast("B")  # Arrow says "signed", which decoders refuse
        if data:
            members.append(Member(name or column, column.lower(), data))
        else:
            gaps.append(gap(GapReason.EMPTY, column))


def _unwrapped(cell: pa.Scalar) -> pa.Scalar:
    while isinstance(cell, pa.DictionaryScalar | pa.ExtensionScalar | pa.RunEndEncodedScalar) and cell.is_valid:
        cell = cell.value
    return cell


def _path_of(cell: pa.StructScalar) -> str:
    try:
        return str(cell["path"].as_py() or "") if "path" in cell else ""
    except UnicodeDecodeError:
        return ""


def count_rows(location: str) -> int:
    """Return how many rows a file has.

    Raises:
        ShardError: it is gone or damaged.
    """
    with opened_parquet(location) as parquet:
        return int(parquet.metadata.num_rows)


def rewrite(shards: Sequence[Shard], keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write a Parquet file again without the rows whose key is not kept.

    Raises:
        ShardError: the input is gone or damaged.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    return rewrite_rows(shards[0].location, lambda row: keep(str(row)), destination, media=shards[0].fields.media)


def rewrite_rows(
    location: str, keep: Callable[[int], bool], destination: Path, *, media: Collection[str] = ()
) -> Rewritten:
    """Write a Parquet file again without the rows that are not kept.

    A few bytes of a file can stand for gigabytes. So memory holds what is kept of one row group, in parts of
    `_GROUP_BYTES` at most, and as many rows more as were decoded at a time when the file was scanned, under a limit.

    Args:
        location: the file.
        keep: says of a row's number whether it stays.
        destination: the file to write.
        media: columns of bytes, to be stored plain.

    Raises:
        ShardError: the input is gone or damaged, or its rows are too big.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    counts = [0, 0]
    with opened_parquet(location) as parquet:

        def fill(out: HashingWriter) -> None:
            schema = parquet.schema_arrow
            with pq.ParquetWriter(pa.PythonFile(out, mode="w"), schema, **_layout(parquet, media)) as writer:
                counts[0] = sum(_written(writer, kept) for kept in _kept_groups(parquet, keep))
            counts[1] = parquet.metadata.num_rows - counts[0]

        out = write_hashed(destination, fill)
    return Rewritten(out.sha256, counts[0], counts[1], out.size)


def _kept_groups(parquet: pq.ParquetFile, keep: Callable[[int], bool]) -> Iterator[list[pa.RecordBatch]]:
    """Yield the kept rows of each row group; of one that is too big in several parts."""
    row = 0
    for number in range(parquet.num_row_groups):
        group: list[pa.RecordBatch] = []
        for batch in parquet.iter_batches(_BATCH_ROWS, row_groups=[number], use_threads=False):
            if batch.nbytes > _BATCH_BYTES:
                raise ShardError("rows of the shard are too big", reason=GapReason.OVER_LIMIT)
            mask = np.fromiter((keep(row + at) for at in range(len(batch))), np.bool_, len(batch))
            group.append(batch.filter(pa.array(mask)))
            row += len(batch)
            if sum(one.nbytes for one in group) > _GROUP_BYTES:
                yield group
                group = []
        yield group


def _written(writer: pq.ParquetWriter, batches: list[pa.RecordBatch]) -> int:
    rows = sum(map(len, batches))
    if rows:
        writer.write_table(pa.Table.from_batches(batches).unify_dictionaries(), row_group_size=rows)
    return rows


def _layout(parquet: pq.ParquetFile, names: Collection[str]) -> dict[str, Any]:
    """Return how the columns are stored: as they were, but media plain."""
    if not parquet.num_row_groups:
        return {}
    group = parquet.metadata.row_group(0)
    chunks = [group.column(number) for number in range(group.num_columns)]
    media = {chunk.path_in_schema for chunk in chunks if chunk.path_in_schema.partition(".")[0] in names}
    codecs = {
        chunk.path_in_schema: "NONE" if chunk.path_in_schema in media else _CODECS.get(chunk.compression, "SNAPPY")
        for chunk in chunks
    }
    words = [chunk.path_in_schema for chunk in chunks if chunk.path_in_schema not in media]
    return {"compression": codecs, "use_dictionary": words, "write_statistics": words}
