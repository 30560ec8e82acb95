"""The manifest: one row a record, private, streamed in the order of the mix.

Rows of records that are confirmed by hash carry a salted token instead of hashes and address: a manifest must not
become a list of pointers to known abuse material. Two runs over the same input with the same salt write the same bytes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from safehold.datasets.decide.decision import SCHEMA as DECISION
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.stage import final_actions, read_decisions
from safehold.datasets.run import Layout, Run
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


def write_manifest(path: Path, layout: Layout, run: Run, shards: tuple[Shard, ...], separation: Separation) -> None:
    """Write the manifest of a decided run, atomically, readable by its owner alone."""

    def write(file: BinaryIO) -> None:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            for shard in shards:
                writer.write_table(manifest_of(layout, run, shard, separation))

    write_atomic(path, write)


def manifest_of(layout: Layout, run: Run, shard: Shard, separation: Separation) -> pa.Table:
    """Return one shard's rows."""
    part, _ = read_part(layout.part(shard.number))
    decisions = read_decisions(layout, shard)
    confirmed = decisions.column("confirmed").to_pylist()
    columns = {
        "record": [record_id(shard, key) for key in decisions.column("record").to_pylist()],
        "shard": [shard.name] * len(confirmed),
        "action": [action.value for action in final_actions(decisions, separation)],
        "coverage": decisions.column("profile"),
        "url": pc.if_else(decisions.column("confirmed"), pa.scalar(None, pa.string()), part.column("url")),
        **dict(zip(("hashes", "token"), _hashes_and_tokens(part, confirmed, run), strict=True)),
    }
    for name in ("rules", "confirmed", "released", "claims", "findings", "gaps"):
        columns[name] = decisions.column(name)
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


def _hashes_and_tokens(
    part: pa.Table, confirmed: list[bool], run: Run
) -> tuple[list[list[dict[str, Any]] | None], list[str | None]]:
    hashes: list[list[dict[str, Any]] | None] = []
    tokens: list[str | None] = []
    for members, is_sealed in zip(part.column("members").to_pylist(), confirmed, strict=True):
        hashes.append(None if is_sealed else list(_rows_of(members)))
        tokens.append(run.token(b"".join(member["sha256"] for member in members)) if is_sealed else None)
    return hashes, tokens


def _rows_of(members: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for member in members:
        yield {
            "member": member["name"],
            **{name: member[name].hex() for name in ("sha256", "sha1", "md5")},
            "pdq": [made["value"].hex() for made in member["prints"]],
        }
