"""The manifest: one row a record, private, streamed in the order of the mix.

Rows of records that are confirmed by hash carry a salted token instead of hashes and address: a manifest must not
become a list of pointers to known abuse material. Two runs over the same input with the same salt write the same bytes.
"""

import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from safehold.datasets.decide.decision import SCHEMA as DECISION
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.stage import final_names, read_decisions
from safehold.datasets.errors import DamagedStateError
from safehold.datasets.layout import Layout
from safehold.datasets.run import Run
from safehold.datasets.scan.part import read_part
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.screening import Separation

_HASHES = pa.struct(
    [
        ("member", pa.string()),
        ("sha256", pa.string()),
        ("sha1", pa.string()),
        ("md5", pa.string()),
        ("pdq", pa.list_(pa.string())),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("rules", pa.list_(pa.string())),
        pa.field("confirmed", pa.bool_(), nullable=False),
        pa.field("released", pa.bool_(), nullable=False),
        pa.field("capped", pa.bool_(), nullable=False),
        pa.field("claims", pa.list_(pa.string())),
        DECISION.field("findings"),
        DECISION.field("gaps"),
        # "KIND,KIND|DETECTOR,DETECTOR": what the record holds and which detectors examined it
        pa.field("coverage", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("hashes", pa.list_(_HASHES)),
        pa.field("token", pa.string()),
    ]
)
_REPEATING = [
    *("shard", "action", "rules.list.element", "claims.list.element", "coverage"),
    *(f"findings.list.element.{name}" for name in ("kind", "detector", "subject", "tier")),
    *(f"gaps.list.element.{name}" for name in ("detector", "reason")),
]
"""Columns of few words. In the others, most of them hashes, hardly a value comes twice: looking for one takes time."""

_ROWS_TOGETHER = 8192
"""About how many rows are held and packed at a time: some megabytes."""

_SHARDS_TOGETHER = 256
"""The most shards whose rows are held at a time. A table takes some 40 kB beside its rows, and may have none."""


def write_manifest(path: Path, layout: Layout, run: Run, shards: tuple[Shard, ...], separation: Separation) -> None:
    """Write the manifest of a decided run, atomically, readable by its owner alone."""

    def write(file: BinaryIO) -> None:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd", use_dictionary=_REPEATING) as writer:
            for rows in gathered(manifest_of(layout, run, shard, separation) for shard in shards):
                writer.write_table(rows)

    write_atomic(path, write)


def gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join the rows of shards that follow one another, so that few columns are packed and many rows of each."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= _ROWS_TOGETHER or len(waiting) == _SHARDS_TOGETHER:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def manifest_of(layout: Layout, run: Run, shard: Shard, separation: Separation) -> pa.Table:
    """Return one shard's rows.

    Raises:
        DamagedStateError: the observations and the decisions are not of the same records.
    """
    part, _ = read_part(layout.part(shard.number))
    decisions = read_decisions(layout, shard)
    if not part.column("record").equals(decisions.column("record")):
        raise DamagedStateError("a decision part is of another scan", advice="Run `safehold dataset decide` again.")
    confirmed = decisions.column("confirmed").combine_chunks()
    keys = decisions.column("record").cast(pa.string())
    actions = final_names(decisions, separation)
    columns = {
        "record": pc.binary_join_element_wise(record_id(shard, ""), keys, ""),
        "shard": pa.repeat(shard.name, len(confirmed)),
        "action": actions,
        "rules": _rules(decisions, actions),
        "coverage": decisions.column("profile"),
        "url": pc.if_else(confirmed, pa.scalar(None, pa.string()), part.column("url")),
        "hashes": _hashes(part.column("members").combine_chunks(), confirmed),
        "token": _tokens(part, confirmed, run),
    }
    for name in ("confirmed", "released", "capped", "claims", "findings", "gaps"):
        columns[name] = decisions.column(name)
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


def _rules(decisions: pa.Table, actions: pa.StringArray) -> pa.Array:
    """Return the rules that applied; "separation" comes first where it alone took a record out of the mix."""
    rules = decisions.column("rules").combine_chunks()
    taken = pc.not_equal(actions, decisions.column("action").combine_chunks()).to_numpy(zero_copy_only=False)
    if not taken.any():
        return rules
    told = [["separation", *own] if is_taken else own for own, is_taken in zip(rules.to_pylist(), taken, strict=True)]
    return pa.array(told, rules.type)


def _tokens(part: pa.Table, confirmed: pa.BooleanArray, run: Run) -> pa.StringArray:
    """Return what stands for each sealed record: of its bytes, or of the hashes it lists where it only points."""
    sealed = np.flatnonzero(confirmed.to_numpy(zero_copy_only=False))
    if not len(sealed):
        return pa.nulls(len(confirmed), pa.string())
    tokens: list[str | None] = [None] * len(confirmed)
    rows = part.select(["members", "listed"]).take(pa.array(sealed)).to_pylist()
    for place, row in zip(sealed.tolist(), rows, strict=True):
        stored = [member["sha256"] for member in row["members"]]
        tokens[place] = run.token(b"".join(stored or [signal["value"] for signal in row["listed"]]))
    return pa.array(tokens, pa.string())


def _hashes(members: pa.ListArray, confirmed: pa.BooleanArray) -> pa.ListArray:
    """Return the hashes of every member; of sealed records none are there, nor hidden behind a null."""
    is_open = ~confirmed.to_numpy(zero_copy_only=False)
    shown = members if is_open.all() else members.filter(pa.array(is_open))
    member = shown.flatten()
    prints = member.field("prints")
    values = {
        "member": member.field("name"),
        **{name: hexadecimal(member.field(name)) for name in ("sha256", "sha1", "md5")},
        "pdq": pa.ListArray.from_arrays(_offsets(_lengths(prints)), hexadecimal(prints.flatten().field("value"))),
    }
    lengths = np.zeros(len(members), np.int64)
    lengths[is_open] = _lengths(shown)
    rows = pa.StructArray.from_arrays([values[field.name] for field in _HASHES], fields=list(_HASHES))
    return pa.ListArray.from_arrays(_offsets(lengths), rows, mask=confirmed)


def _lengths(lists: pa.ListArray) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return lengths


def _offsets(lengths: NDArray[np.int64]) -> pa.Int32Array:
    return pa.array(np.append(0, np.cumsum(lengths)), pa.int32())


def hexadecimal(values: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """Return binary values of one width, none of them null, as lower-case hexadecimal text."""
    width = values.type.byte_width
    buffer = values.buffers()[1]
    start = values.offset * width
    digits = b"" if buffer is None else binascii.hexlify(memoryview(buffer)[start : start + len(values) * width])
    offsets = np.arange(len(values) + 1, dtype=np.int32) * (2 * width)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(digits))
