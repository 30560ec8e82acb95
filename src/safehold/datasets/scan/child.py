"""The decoding child: reads one shard, examines each record, answers with one scan part.

Run as ``python -m safehold.datasets.scan.child`` by the pool, under the sandbox's limits. It has no home, no index
and no way to write a file; what it answers is validated before anything is done with it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from safehold.classification import Classifier, load_classifiers
from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import Observation, tabulate
from safehold.datasets.scan.part import PartNote, encode_part, encode_table, scan_digest, unread_part
from safehold.datasets.scan.pointers import is_observed_by_column, observe_pointers
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Content, Record, Shard, ShardError, content_sha256, read
from safehold.media.sandbox import NO_RECORD, Announce, serve
from safehold.vocabulary import GapReason

NO_POISON: Mapping[int, GapReason] = MappingProxyType({})
CHILD_MODULE = "safehold.datasets.scan.child"
TASK = "scan"


def scan_shard(
    shard: Shard,
    settings: ScanSettings,
    *,
    announce: Announce,
    poison: Mapping[int, GapReason] = NO_POISON,
    classifiers: Sequence[Classifier] = (),
) -> bytes:
    """Return the scan part of one shard; pure apart from reading it.

    Args:
        shard: what to read.
        settings: how to examine.
        announce: is told each record's place before it is examined.
        poison: places of records that killed or held up a child before, and the gap that each becomes: they are
            fingerprinted, not opened.
        classifiers: the loaded image classifiers.
    """
    if not poison and is_observed_by_column(shard):
        return _scan_pointers(shard, settings, announce)
    observations: list[Observation] = []
    passing, content = Content(shard), ""
    try:
        for place, record in enumerate(read(shard, content=passing)):
            announce(place)
            observations.append(_examine(record, settings, classifiers, poison.get(place), partial(announce, place)))
            announce(place + 1)  # what happens while the next one is read is not this one's fault
        announce(NO_RECORD)
        content = passing.sha256()
    except ShardError as error:
        observations.append(unread_part(error.reason))
    size_bytes = sum(member.size_bytes for seen in observations for member in seen.members)
    return encode_part(observations, PartNote(scan_digest(shard, settings), settings, content, size_bytes))


def _scan_pointers(shard: Shard, settings: ScanSettings, announce: Announce) -> bytes:
    """Return the scan part of a shard without media; should it kill its child, it is read row by row."""
    tables: list[pa.Table] = []
    content = ""
    announce(0)
    try:
        for table in observe_pointers(shard, settings):
            tables.append(table)
            announce(0)
        announce(NO_RECORD)
        content = content_sha256(shard)
    except ShardError as error:
        tables.append(tabulate((unread_part(error.reason),)))
    table = pa.concat_tables([tabulate(()), *tables])
    return encode_table(table, PartNote(scan_digest(shard, settings), settings, content, 0))


def _examine(
    record: Record,
    settings: ScanSettings,
    classifiers: Sequence[Classifier],
    poison: GapReason | None,
    beat: Callable[[], object],
) -> Observation:
    """Examine a record; whatever a decoder throws at us costs the opening of this record and nothing else."""
    try:
        return examine(record, settings, classifiers=classifiers, poison=poison, beat=beat)
    except MemoryError:
        return examine(record, settings, poison=GapReason.OVER_LIMIT, beat=beat)
    except Exception:  # noqa: BLE001  # the worker loop: the fault becomes a gap, never a pass
        return examine(record, settings, poison=GapReason.DETECTOR_FAILED, beat=beat)


def _serve_scan(request: Mapping[str, Any], announce: Announce) -> bytes:
    settings = ScanSettings.from_json(request["settings"])
    return scan_shard(
        Shard.from_json(request["shard"]),
        settings,
        announce=announce,
        poison={int(place): GapReason(reason) for place, reason in request.get("skip_reasons", {}).items()},
        classifiers=load_classifiers(settings.classifiers),
    )


if __name__ == "__main__":
    serve({TASK: _serve_scan})
