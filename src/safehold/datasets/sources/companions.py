"""Companions: files that repeat what the shards hold, written again so that they don't tell of what is gone.

A row of a companion stays only if its record is kept; a row of a record that never was in a shard (a failed download)
was not examined, and goes. What is in a form that is not known is not written at all.

Source: img2dataset README, "Output format"; NVIDIA DALI, `wds2idx`, index versions v1.1 and v1.2.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.folders.metadata_rows import rewrite_metadata
from safehold.datasets.sources.places.blobs import opened, read_start
from safehold.datasets.sources.places.output import HashingWriter, write_hashed
from safehold.datasets.sources.records.sidecar import LIMIT_BYTES
from safehold.datasets.sources.shard import Companion, CompanionKind
from safehold.datasets.sources.tables.columns import holds_bytes
from safehold.datasets.sources.tables.parquet import opened_parquet, rewrite_rows
from safehold.datasets.sources.tars.reading import groups

_INDEX_VERSIONS = (b"v1.1", b"v1.2")
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
    destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def _rows(companion: Companion, keep: Callable[[str], bool], destination: Path) -> bool:
    try:
        with opened_parquet(companion.location) as parquet:
            if not _has_known_form(parquet.schema_arrow):
                return False
            keys = parquet.read(["key"], use_threads=False).column("key").to_pylist()
        stays = [key is not None and keep(str(key)) for key in keys]
        rewrite_rows(companion.location, lambda row: stays[row], destination)
    except ShardError:
        return False
    return True


def _has_known_form(schema: pa.Schema) -> bool:
    """Return whether rows name their record, and hold no bytes, which nobody would have examined."""
    return "key" in schema.names and not any(holds_bytes(field.type) for field in schema)


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
