"""Unclaimed columns: what no role claims nobody examines, so it must not hold media in disguise.

Whole columns are looked through at once; an ordinary one costs little more than its lengths. What counts as a disguise
is what counts as one in a single cell: `holds_media`.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.sources.records.disguise import (
    BEGINNING,
    GRID_BYTES,
    LETTERS,
    RUN_LETTERS,
    has_run,
    holds_media,
    is_media_bytes,
    leaves,
)

_SNIFFED = 64
_FIRST_BYTES = np.array([0xFF, 0x89, 0x47, 0x52, 0x49, 0x4D, 0x00, 0x1A, 0x4F, 0x42, 0x38, 0x46, 0x66, 0x30], np.uint8)
"""How media begin that is_media_bytes knows, without MPEG streams."""


def has_fixed_width(kind: pa.DataType) -> bool:
    """Return whether every value takes the same few bytes, so that none can hold anything."""
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind))


def hides_media(column: pa.Array) -> NDArray[np.bool_]:
    """Return which cells hold media where nobody examines it; columns of bytes, which are examined, hold none."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return hides_media(column.storage)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _in_texts(column)
    if pa.types.is_dictionary(kind):
        return _in_words(column)
    if pa.types.is_struct(kind):
        return _any_of([hides_media(field) for field in column.flatten()], len(column))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _in_lists(column)
    is_rare = pa.types.is_nested(kind) or pa.types.is_run_end_encoded(kind)
    return np.fromiter(map(_in_cell, column), np.bool_) if is_rare else np.zeros(len(column), np.bool_)


def _in_words(column: pa.DictionaryArray) -> NDArray[np.bool_]:
    words = np.append(hides_media(column.dictionary), np.False_)
    codes = pc.fill_null(column.indices.cast(pa.int64()), len(words) - 1)
    found: NDArray[np.bool_] = words[codes.to_numpy(zero_copy_only=False)]
    return found


def _any_of(masks: list[NDArray[np.bool_]], rows: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.zeros(rows, np.bool_)
    for mask in masks:
        found |= mask
    return found


def _in_cell(cell: pa.Scalar) -> bool:
    """Look through a cell of a rare type alone; maps are lists of pairs, and bytes in them are examined as media."""
    try:
        return any(holds_media(leaf) for leaf in leaves(cell.as_py()) if not isinstance(leaf, bytes))
    except UnicodeDecodeError:
        return True


def _in_texts(column: pa.Array) -> NDArray[np.bool_]:
    cells = column.cast(pa.large_binary())
    lengths = pc.fill_null(pc.binary_length(cells), 0).to_numpy(zero_copy_only=False)
    found: NDArray[np.bool_] = lengths >= LETTERS
    if not found.any():
        return found
    places = np.flatnonzero(found)
    long = cells.take(pa.array(places))
    found[places] = pc.match_substring_regex(long, BEGINNING).to_numpy(zero_copy_only=False) | _not_text(long)
    places = np.flatnonzero((lengths >= RUN_LETTERS) & ~found)
    found[places] = [has_run(cell.as_py().decode()) for cell in cells.take(pa.array(places))]  # RE2 counts slowly
    return found


def _not_text(cells: pa.LargeBinaryArray) -> NDArray[np.bool_]:
    try:
        cells.cast(pa.large_string())
    except pa.ArrowInvalid:
        return np.fromiter((not _is_utf8(cell.as_py()) for cell in cells), np.bool_, len(cells))
    return np.zeros(len(cells), np.bool_)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_lists(column: pa.Array) -> NDArray[np.bool_]:
    lengths = _lengths(column)
    flat = column.flatten()
    found: NDArray[np.bool_] = np.zeros(len(column), np.bool_)
    found[np.repeat(np.arange(len(column)), lengths)[hides_media(flat)]] = True
    if pa.types.is_integer(flat.type):
        found |= _begin_like_media(flat, lengths)
    elif _is_grid(flat.type):
        found |= _bytes_in(column) >= GRID_BYTES
    return found


def _lengths(column: pa.Array) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return lengths.astype(np.int64)


def _begin_like_media(flat: pa.Array, lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.zeros(len(lengths), np.bool_)
    starts = np.cumsum(lengths) - lengths
    rows = np.flatnonzero(lengths >= LETTERS)
    first = pc.fill_null(flat.take(pa.array(starts[rows])), 1).to_numpy(zero_copy_only=False)
    for row in rows[np.isin(first.astype(np.uint8), _FIRST_BYTES)]:
        numbers = flat.slice(starts[row], _SNIFFED).to_pylist()
        found[row] = None not in numbers and is_media_bytes(numbers)
    return found


def _is_grid(kind: pa.DataType) -> bool:
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
        if pa.types.is_uint8(kind):
            return True
    return False


def _bytes_in(column: pa.Array) -> NDArray[np.int64]:
    """Return how many numbers are in each cell of nested lists."""
    lengths, flat = _lengths(column), column.flatten()
    if has_fixed_width(flat.type):
        return lengths
    owners = np.repeat(np.arange(len(column)), lengths)
    return np.bincount(owners, _bytes_in(flat), minlength=len(column)).astype(np.int64)
