"""Pointers: rows of a table that only tell of media, observed column by column, so that millions of them are feasible.

The result is the same, row for row, as reading the rows as records and examining each. A row in which anything is
odd (a hash that is none, a label that is no number) is examined that way; a table whose columns are of other types,
as a whole.

    for table in observe_pointers(shard, settings): ...
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import SCHEMA, profile_of, tabulate
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Fields, Format, Shard, ShardError
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.record import gap
from safehold.datasets.sources.tables.metadata import BATCH_ROWS, parse
from safehold.datasets.sources.tables.parquet import opened_parquet, row_groups
from safehold.datasets.sources.tables.unclaimed import has_fixed_width, hides_media
from safehold.vocabulary import DIGESTS_OF_NOTHING, Algorithm, GapReason, MediaKind

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Cells:
    """One column's share of a list: who has a value, and the values as structs, one a row."""

    has: _Mask
    values: pa.StructArray


def is_observed_by_column(shard: Shard) -> bool:
    """Return whether a shard can be opened and observed column by column: by its columns' types and roles."""
    if shard.format is not Format.METADATA or len(shard.fields.url) > 1:
        return False
    try:
        with opened_parquet(shard.location, is_mapped=True) as parquet:
            return _is_fit(parquet.schema_arrow, shard.fields)
    except (ShardError, OSError):
        return False


def _is_fit(schema: pa.Schema, fields: Fields) -> bool:
    names = _columns(fields)
    return (
        len({name.lower() for name in names})
        == len([*fields.caption, *fields.url, *_hash_names(fields), *fields.label])
        and all(schema.names.count(name) == 1 for name in schema.names)
        and all(_is_text(schema.field(name).type) for name in (*fields.caption, *fields.url))
        and all(_is_text(kind) or _is_bytes(kind) for kind in _types(schema, _hash_names(fields)))
        and all(_is_text(kind) or _is_number(kind) for kind in _types(schema, fields.label))
    )


def observe_pointers(shard: Shard, settings: ScanSettings) -> Iterator[pa.Table]:
    """Yield the observations of a shard's rows in order, some at a time.

    Args:
        shard: one that `is_observed_by_column`.
        settings: how to examine the odd rows.

    Raises:
        ShardError: the file can't be read; raised before or between tables.
    """
    with opened_parquet(shard.location, is_mapped=True) as parquet:
        groups, first = row_groups(shard, parquet)
        unread = [field.name for field in parquet.schema_arrow if not has_fixed_width(field.type)]
        columns = list(dict.fromkeys([*_columns(shard.fields), *unread]))
        for batch in parquet.iter_batches(BATCH_ROWS, row_groups=groups, columns=columns, use_threads=False):
            yield _observed(batch, shard.fields, first, settings)
            first += batch.num_rows


def _observed(batch: pa.RecordBatch, fields: Fields, first: int, settings: ScanSettings) -> pa.Table:
    odd: _Mask = np.zeros(batch.num_rows, np.bool_)
    for name in _columns(fields):
        odd |= _not_utf8(batch.column(name))
    for name in set(batch.schema.names).difference(_hash_names(fields)):
        odd |= hides_media(batch.column(name))
    if odd.all():
        return _row_by_row(batch, fields, first, settings, rows=range(batch.num_rows))
    clean = batch if not odd.any() else _emptied(batch, odd)
    texts = [_texts(clean.column(name), name) for name in fields.caption]
    hashes = [(algorithm, _listed(clean.column(name), algorithm, name, odd)) for algorithm, name in _hashes(fields)]
    labels = [_labels(clean.column(name), name, odd) for name in fields.label]
    rows = batch.num_rows
    nothing = {name: pa.nulls(0, SCHEMA.field(name).type.value_type) for name in ("scores", "members", "gaps")}
    columns = {
        "record": pc.cast(pa.array(np.arange(first, first + rows)), pa.string()),
        "profile": _profiles(texts, hashes, rows),
        "url": clean.column(fields.url[0]).cast(pa.string()) if fields.url else pa.nulls(rows, pa.string()),
        "texts": _lists(texts, "texts", rows),
        "labels": _lists(labels, "labels", rows),
        "listed": _lists([cells for _, cells in hashes], "listed", rows),
        **{name: pa.ListArray.from_arrays(_offsets(np.zeros(rows, np.int64)), none) for name, none in nothing.items()},
    }
    table = pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)
    if not odd.any():
        return table
    places = np.flatnonzero(odd)
    order = np.arange(rows)
    order[places] = np.arange(rows, rows + len(places))
    examined = _row_by_row(batch, fields, first, settings, rows=places.tolist())
    return pa.concat_tables([table, examined]).combine_chunks().take(pa.array(order)).combine_chunks()


def _row_by_row(
    batch: pa.RecordBatch, fields: Fields, first: int, settings: ScanSettings, *, rows: Sequence[int]
) -> pa.Table:
    """Return the observations of some rows, each read as a record."""
    names = Names(fields)
    found = []
    unread = [name for name in batch.schema.names if name not in _columns(fields)]
    hidden = [(name, hides_media(batch.column(name))) for name in unread]
    for row in rows:
        reading = Reading()
        cells = {name: _cell(batch.column(name)[row]) for name in _columns(fields)}
        add_cells(reading, {name: cell for name, cell in cells.items() if cell is not _NOT_TEXT}, names)
        reading.gaps.extend(gap(GapReason.NOT_TEXT, name) for name, cell in cells.items() if cell is _NOT_TEXT)
        reading.gaps.extend(gap(GapReason.UNSUPPORTED_FORMAT, name) for name, hides in hidden if hides[row])
        found.append(examine(reading.record(str(first + row)), settings))
    return tabulate(found)


_NOT_TEXT = object()


def _cell(cell: pa.Scalar) -> object:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _NOT_TEXT


def _columns(fields: Fields) -> list[str]:
    return list(dict.fromkeys((*fields.caption, *fields.url, *_hash_names(fields), *fields.label)))


def _hashes(fields: Fields) -> list[tuple[Algorithm, str]]:
    return [(algorithm, name) for algorithm, names in fields.hashes for name in names]


def _hash_names(fields: Fields) -> tuple[str, ...]:
    return tuple(name for _, name in _hashes(fields))


def _types(schema: pa.Schema, names: Sequence[str]) -> list[pa.DataType]:
    return [schema.field(name).type for name in names]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _not_utf8(column: pa.Array) -> _Mask:
    """Return which cells are text that is none."""
    bad: _Mask = np.zeros(len(column), np.bool_)
    if _is_text(column.type):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            bad[[_cell(cell) is _NOT_TEXT for cell in column]] = True
    return bad


def _emptied(batch: pa.RecordBatch, odd: _Mask) -> pa.RecordBatch:
    """Return the rows with nulls where they are examined one by one anyway."""
    order = pa.array(np.arange(batch.num_rows), mask=odd)
    return batch.take(order)


def _texts(column: pa.Array, name: str) -> _Cells:
    text = column.cast(pa.string())
    values = pa.StructArray.from_arrays([_repeated(name, len(column)), text], fields=_fields_of("texts"))
    return _Cells(_valid(column), values)


def _listed(column: pa.Array, algorithm: Algorithm, name: str, odd: _Mask) -> _Cells:
    found = parse(column, algorithm)
    odd |= found.is_malformed | (found.values == np.frombuffer(DIGESTS_OF_NOTHING[algorithm], np.uint8)).all(axis=1)
    if _is_bytes(column.type):  # no bytes are no hash; no text is none stated
        odd |= _valid(column) & ~found.is_there
    count, width = found.values.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    content = np.ascontiguousarray(found.values)
    value = pa.BinaryArray.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(content)])
    parts = [_repeated(algorithm.value, count), value, _repeated(name, count)]
    return _Cells(found.is_there, pa.StructArray.from_arrays(parts, fields=_fields_of("listed")))


def _labels(column: pa.Array, name: str, odd: _Mask) -> _Cells:
    if _is_text(column.type):
        column = _numbers_of_words(column, name, odd)
    number = pc.cast(column, pa.float64(), safe=False)
    values = number.to_numpy(zero_copy_only=False)
    odd |= _valid(number) & ~np.isfinite(values)
    parts = [_repeated(name.lower(), len(column)), number]
    return _Cells(~np.isnan(values), pa.StructArray.from_arrays(parts, fields=_fields_of("labels")))


def _numbers_of_words(column: pa.Array, name: str, odd: _Mask) -> pa.Array:
    """Return what words stand for as labels; each different word is read once."""
    coded = column.dictionary_encode()
    names = Names(Fields(caption=(), url=(), md5=(), sha1=(), sha256=(), label=(name,)))
    meanings: list[float | None] = []
    for word in coded.dictionary.to_pylist():
        reading = Reading()
        add_cells(reading, {name: word}, names)
        meanings.append(reading.labels.get(name.lower()))
    numbers = pa.array(meanings, pa.float64()).take(coded.indices)
    odd |= _valid(column) & ~_valid(numbers)
    return numbers


def _lists(cells: Sequence[_Cells], name: str, rows: int) -> pa.ListArray:
    """Return for each row the list of what each column has for it, in the order of the columns."""
    if not cells:
        return pa.ListArray.from_arrays(
            _offsets(np.zeros(rows, np.int64)), pa.nulls(0, SCHEMA.field(name).type.value_type)
        )
    has = np.column_stack([one.has for one in cells])
    row, column = np.nonzero(has)
    every = pa.concat_arrays([one.values for one in cells])
    return pa.ListArray.from_arrays(_offsets(has.sum(axis=1)), every.take(pa.array(column * rows + row)))


def _profiles(texts: Sequence[_Cells], hashes: Sequence[tuple[Algorithm, _Cells]], rows: int) -> pa.StringArray:
    """Return each row's profile; there are few different ones."""
    bits = [_any_of([cells.has for cells in texts], rows)]
    algorithms = sorted({algorithm for algorithm, _ in hashes}, key=lambda one: one.value)
    bits += [_any_of([cells.has for made, cells in hashes if made is algorithm], rows) for algorithm in algorithms]
    codes = sum(bit.astype(np.int64) << place for place, bit in enumerate(bits))
    profiles = []
    for code in range(1 << len(bits)):
        kinds = frozenset({MediaKind.TEXT} if code & 1 else ())
        listed = frozenset(one.value for place, one in enumerate(algorithms, start=1) if code >> place & 1)
        profiles.append(profile_of(kinds, listed))
    return pa.array(profiles).take(pa.array(codes))


def _any_of(masks: Sequence[_Mask], rows: int) -> _Mask:
    found: _Mask = np.zeros(rows, np.bool_)
    for mask in masks:
        found |= mask
    return found


def _fields_of(name: str) -> list[pa.Field]:
    kind = SCHEMA.field(name).type.value_type
    return [kind.field(number) for number in range(kind.num_fields)]


def _repeated(word: str, count: int) -> pa.StringArray:
    return pa.repeat(pa.scalar(word, pa.string()), count)


def _valid(column: pa.Array) -> _Mask:
    valid: _Mask = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return valid


def _offsets(lengths: NDArray[np.int64]) -> pa.Int32Array:
    return pa.array(np.append(0, np.cumsum(lengths)), pa.int32())
