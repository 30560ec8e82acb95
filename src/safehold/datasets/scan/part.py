"""Scan parts: one shard's observations with what proves that they are still true.

A part is an Arrow IPC file. Its metadata says under which scan digest it was made (the settings, the code, the
shard's own description and input fingerprint), so a re-run skips it only if all of these are unchanged.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.scan.ipc import from_ipc, to_ipc
from safehold.datasets.scan.observation import SCHEMA, Observation, tabulate
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard
from safehold.vocabulary import Gap, GapReason

_KEY = b"safehold"
_DAMAGES = (pa.ArrowException, OSError, KeyError, TypeError, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class PartNote:
    """What a part says of itself.

    Attributes:
        scan: the scan digest it was made under.
        settings: what it was told; equal for all parts of a run.
        content: SHA-256 of the shard's input, as hex; "" if it could not be read to its end.
        size_bytes: how much input it covers.
    """

    scan: str
    settings: ScanSettings
    content: str
    size_bytes: int


def scan_digest(shard: Shard, settings: ScanSettings) -> str:
    """Return what identifies the scan of this shard as it is now under these settings, as hex."""
    told = {"shard": shard.to_json(), "settings": settings.digest}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def encode_part(observations: Sequence[Observation], note: PartNote) -> bytes:
    """Write a part as the bytes of an Arrow IPC file."""
    return encode_table(tabulate(observations), note)


def encode_table(table: pa.Table, note: PartNote) -> bytes:
    """Write a table of observations as a part; see `encode_part`."""
    fields = {"scan": note.scan, "settings": note.settings.to_json(), "content": note.content, "bytes": note.size_bytes}
    named = table.combine_chunks().replace_schema_metadata({_KEY: json.dumps(fields, sort_keys=True)})
    return to_ipc(named)


def unread_part(reason: GapReason) -> Observation:
    """Return the row that stands for what could not be read of a shard."""
    return Observation(record="", gaps=(Gap("reading", reason),))


def decode_part(data: bytes | pa.Buffer) -> tuple[pa.Table, PartNote]:
    """Read a part that a child sent or that a file held; nothing in it is trusted before it is validated.

    Raises:
        DamagedStateError: the bytes are not a part.
    """
    try:
        table = from_ipc(data)
        note = _note_in(table.schema)
    except _DAMAGES as error:
        raise _damaged() from error
    if not table.schema.equals(SCHEMA):
        raise DamagedStateError("a scan part has another shape", advice="Run the scan again: it redoes this shard.")
    return table, note


def _note_in(schema: pa.Schema) -> PartNote:
    fields = json.loads((schema.metadata or {})[_KEY])
    settings = ScanSettings.from_json(fields["settings"])
    return PartNote(str(fields["scan"]), settings, str(fields["content"]), int(fields["bytes"]))


def _damaged() -> DamagedStateError:
    return DamagedStateError("a scan part is damaged", advice="Run the scan again: it redoes this shard.")


def read_part(path: Path) -> tuple[pa.Table, PartNote]:
    """Read a committed part; see `decode_part`."""
    return decode_part(pa.py_buffer(path.read_bytes()))


def note_of(path: Path) -> PartNote | None:
    """Return what a committed part says of itself, or None if there is none that can be read."""
    if not path.exists():
        return None
    try:
        return read_part(path)[1]
    except DamagedStateError:
        return None


def read_note(path: Path) -> PartNote:
    """Read what a committed part says of itself, and none of its rows.

    Only of a part that was read as a whole before, in the same command.

    Raises:
        DamagedStateError: the file is no part, or not there.
    """
    try:
        with pa.OSFile(str(path)) as file:
            return _note_in(pa.ipc.open_file(file).schema)
    except _DAMAGES as error:
        raise _damaged() from error


def content_of(path: Path) -> str:
    """Return the digest of the input that a committed part covers; "" if there is none that can be read."""
    try:
        return read_note(path).content
    except DamagedStateError:
        return ""
