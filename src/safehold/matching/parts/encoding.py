"""The encoding of a part: Parquet with the columns algorithm, value, class, note, source_id, entry, perhaps threshold.

Rows of one algorithm lie together. What is read back has the digest that the database gives; nobody else's bytes come
here.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from safehold.matching.hits import HARM_CLASSES
from safehold.matching.parts.rows import NO_CLASS, Rows, arrow_numbers, class_code, has_thresholds
from safehold.vocabulary import Algorithm, HarmClass, signal_width_bytes


def encoded(groups: Iterable[Rows]) -> bytes:
    """Return the bytes of a part."""
    parts = list(groups)
    tables = [_table(rows) for rows in parts]
    if any(map(has_thresholds, parts)):
        tables = [
            table.append_column("threshold", pa.array(rows.thresholds()))
            for table, rows in zip(tables, parts, strict=True)
        ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(tables), sink, compression="zstd", use_dictionary=["algorithm", "class", "note"])
    return bytes(sink.getvalue())


def decoded(data: bytes) -> dict[Algorithm, Rows]:
    """Return the rows of a part by algorithm."""
    table = pq.read_table(pa.BufferReader(data))
    names = pc.unique(table["algorithm"]).to_pylist()
    return {Algorithm(name): _rows(Algorithm(name), table.filter(pc.equal(table["algorithm"], name))) for name in names}


def digest_of(groups: Iterable[Rows]) -> str:
    """Return a digest that tells rows in memory from any others, in a fraction of the time that encoding takes."""
    digest = hashlib.sha256()
    for rows in groups:
        digest.update(f"{rows.algorithm.value} {len(rows)} ".encode())
        for numbers in (rows.values, rows.harm_class, rows.entry, rows.thresholds()):
            digest.update(np.ascontiguousarray(numbers).data)
        digest.update(pa.record_batch([rows.note, rows.source_id], ["note", "source_id"]).serialize())
    return digest.hexdigest()


def classes_in(path: Path) -> frozenset[HarmClass | None]:
    """Return the classes that the rows of a part's file state, None for the bank's own; reads that column alone."""
    with pq.ParquetFile(path) as file:
        names = pc.unique(file.read(columns=["class"])["class"]).to_pylist()
    return frozenset(HarmClass(name) if name else None for name in names)


def _table(rows: Rows) -> pa.Table:
    names = pa.array([*(harm_class.value for harm_class in HARM_CLASSES), ""], pa.large_string())
    codes = np.where(rows.harm_class == NO_CLASS, len(HARM_CLASSES), rows.harm_class)
    width = rows.values.shape[1]
    values = pa.Array.from_buffers(
        pa.large_binary(),
        len(rows),
        [
            None,
            pa.py_buffer(np.arange(len(rows) + 1, dtype=np.int64) * width),
            pa.py_buffer(np.ascontiguousarray(rows.values)),
        ],
    )
    return pa.table(
        {
            "algorithm": pa.repeat(pa.scalar(rows.algorithm.value, pa.large_string()), len(rows)),
            "value": values,
            "class": names.take(arrow_numbers(codes.astype(np.int64))),
            "note": rows.note,
            "source_id": rows.source_id,
            "entry": arrow_numbers(rows.entry),
        }
    )


def _rows(algorithm: Algorithm, table: pa.Table) -> Rows:
    codes = {harm_class.value: class_code(harm_class) for harm_class in HARM_CLASSES} | {"": NO_CLASS}
    classes = table["class"].combine_chunks().dictionary_encode()
    lookup = np.array([codes[name] for name in classes.dictionary.to_pylist()], np.uint8)
    flat = b"".join(chunk.cast(pa.large_binary()).buffers()[2][_span(chunk)] for chunk in table["value"].chunks)
    return Rows(
        algorithm,
        np.frombuffer(flat, np.uint8).reshape(-1, signal_width_bytes(algorithm)),
        lookup[classes.indices.to_numpy()],
        _text(table["note"]),
        _text(table["source_id"]),
        table["entry"].to_numpy().astype(np.int64),
        table["threshold"].to_numpy().astype(np.uint16) if "threshold" in table.column_names else None,
    )


def _text(column: pa.ChunkedArray) -> pa.LargeStringArray:
    return pa.concat_arrays([pa.array([], pa.large_string()), *column.cast(pa.large_string()).chunks])


def _span(chunk: pa.Array) -> slice:
    offsets = np.frombuffer(chunk.cast(pa.large_binary()).buffers()[1], np.int64)
    return slice(int(offsets[chunk.offset]), int(offsets[chunk.offset + len(chunk)]))
