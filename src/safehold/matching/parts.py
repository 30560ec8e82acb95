"""Parts: the immutable Parquet files that hold a bank's entries, one an import or withdrawal.

Rules: the columns are algorithm, value, class, note, source_id, entry; rows of one algorithm lie together. A part's
SHA-256 is in the database and is compared before the part is used.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from safehold.matching.errors import PartDamagedError
from safehold.matching.hits import HARM_CLASSES
from safehold.vocabulary import Algorithm, HarmClass, signal_width_bytes

NO_CLASS = 255
"""Says that an entry has the class of its bank."""

_CODES = {harm_class: code for code, harm_class in enumerate(HARM_CLASSES)}


class PartKind(Enum):
    """What a part does."""

    IMPORT = "import"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one algorithm, in columns.

    Attributes:
        algorithm: of all of them.
        values: (n, width) uint8, one fingerprint a row.
        harm_class: (n,) uint8, a place in ``HARM_CLASSES``, or ``NO_CLASS``.
        note: what the source says; for a withdrawal, the reason.
        source_id: what the source calls the entry, or "".
        entry: (n,) int64, the entry's number in its bank.
    """

    algorithm: Algorithm
    values: NDArray[np.uint8]
    harm_class: NDArray[np.uint8]
    note: pa.LargeStringArray
    source_id: pa.LargeStringArray
    entry: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, places: NDArray[np.int64]) -> "Rows":
        """Return the rows at these places."""
        return Rows(
            self.algorithm,
            self.values[places],
            self.harm_class[places],
            self.note.take(pa.array(places)),
            self.source_id.take(pa.array(places)),
            self.entry[places],
        )

    def labelled(self, source_id: pa.LargeStringArray) -> "Rows":
        """Return the rows with other source ids."""
        return replace(self, source_id=source_id)

    def explained(self, note: str) -> "Rows":
        """Return the rows with one note for all."""
        return replace(self, note=pa.array([note] * len(self), pa.large_string()))

    def numbered(self, first: int) -> "Rows":
        """Return the rows with entry numbers from ``first`` on."""
        return replace(self, entry=np.arange(first, first + len(self), dtype=np.int64))


def concatenated(parts: Sequence[Rows]) -> Rows:
    """Return several rows of one algorithm as one."""
    return Rows(
        parts[0].algorithm,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.harm_class for part in parts]),
        pa.concat_arrays([part.note for part in parts]),
        pa.concat_arrays([part.source_id for part in parts]),
        np.concatenate([part.entry for part in parts]),
    )


def class_code(harm_class: HarmClass | None) -> int:
    """Return the number that stands for a class in columns."""
    return NO_CLASS if harm_class is None else _CODES[harm_class]


def class_of(code: int) -> HarmClass | None:
    """Return the class that a number stands for."""
    return None if code == NO_CLASS else HARM_CLASSES[code]


def encoded(groups: Iterable[Rows]) -> bytes:
    """Return the bytes of a part."""
    tables = [_table(rows) for rows in groups]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(tables), sink, compression="zstd", use_dictionary=["algorithm", "class", "note"])
    return bytes(sink.getvalue())


def decoded(data: bytes) -> dict[Algorithm, Rows]:
    """Return the rows of a part by algorithm."""
    table = pq.read_table(pa.BufferReader(data))
    names = pc.unique(table["algorithm"]).to_pylist()
    return {Algorithm(name): _rows(Algorithm(name), table.filter(pc.equal(table["algorithm"], name))) for name in names}


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
            "class": names.take(pa.array(codes.astype(np.int64))),
            "note": rows.note,
            "source_id": rows.source_id,
            "entry": rows.entry,
        }
    )


def _rows(algorithm: Algorithm, table: pa.Table) -> Rows:
    codes = {harm_class.value: code for harm_class, code in _CODES.items()} | {"": NO_CLASS}
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
    )


def _text(column: pa.ChunkedArray) -> pa.LargeStringArray:
    return pa.concat_arrays([pa.array([], pa.large_string()), *column.cast(pa.large_string()).chunks])


def _span(chunk: pa.Array) -> slice:
    offsets = np.frombuffer(chunk.cast(pa.large_binary()).buffers()[1], np.int64)
    return slice(int(offsets[chunk.offset]), int(offsets[chunk.offset + len(chunk)]))


class Part(Protocol):
    """What one version of a bank added or took back."""

    @property
    def kind(self) -> PartKind:
        """Return what it does."""
        ...

    @property
    def sha256(self) -> str:
        """Return what names its content."""
        ...

    @property
    def counts(self) -> Mapping[Algorithm, int]:
        """Return how many rows each algorithm has."""
        ...

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm."""
        ...


@dataclass(frozen=True)
class MemoryPart:
    """A part that is in memory: of the built-in bank, or in tests."""

    kind: PartKind
    groups: Mapping[Algorithm, Rows]

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the file that it would be."""
        return hashlib.sha256(encoded(self.groups.values())).hexdigest() if self.groups else ""

    @property
    def counts(self) -> Mapping[Algorithm, int]:
        """Return how many rows each algorithm has."""
        return {algorithm: len(rows) for algorithm, rows in self.groups.items()}

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm."""
        return self.groups[algorithm]


@dataclass(frozen=True)
class FilePart:
    """A part in a file.

    Attributes:
        kind: what it does.
        sha256: of the file, from the database.
        counts: from the database.
        path: where the file lies.
    """

    kind: PartKind
    sha256: str
    counts: Mapping[Algorithm, int]
    path: Path

    def rows(self, algorithm: Algorithm) -> Rows:
        """Return the rows of one algorithm.

        Raises:
            PartDamagedError: the file is missing or altered.
        """
        return self.groups()[algorithm]

    def groups(self) -> dict[Algorithm, Rows]:
        """Return all rows by algorithm.

        Raises:
            PartDamagedError: the file is missing or altered.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise self._damaged("can't be read") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise self._damaged("was altered")
        return decoded(data)

    def _damaged(self, what: str) -> PartDamagedError:
        return PartDamagedError(
            f"part {self.path.stem} of bank {self.path.parent.name} {what}",
            advice="Restore a backup with: safehold restore ARCHIVE --home DIR; nothing was matched against it.",
        )
