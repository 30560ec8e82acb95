"""The decoding child: reads one shard, examines each record, answers with one scan part.

Run as ``python -m safehold.datasets.scan.child`` by the pool, under the sandbox's limits. It has no home, no index
and no way to write a file; what it answers is validated before anything is done with it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from safehold.classification import Classifier, load_classifiers
from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import Observation
from safehold.datasets.scan.part import PartNote, encode_part, scan_digest, unread_part
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Record, Shard, ShardError, content_sha256, read
from safehold.media.sandbox import Announce, serve
from safehold.vocabulary import GapReason

CHILD_MODULE = "safehold.datasets.scan.child"
TASK = "scan"


def scan_shard(
    shard: Shard,
    settings: ScanSettings,
    *,
    announce: Announce,
    poison: Collection[int] = (),
    classifiers: Sequence[Classifier] = (),
) -> bytes:
    """Return the scan part of one shard; pure apart from reading it.

    Args:
        shard: what to read.
        settings: how to examine.
        announce: is told each record's place before it is examined.
        poison: places of records that killed a child before: they are fingerprinted, not opened.
        classifiers: the loaded image classifiers.
    """
    observations: list[Observation] = []
    content = ""
    try:
        for place, record in enumerate(read(shard)):
            announce(place)
            reason = GapReason.CRASHED if place in poison else None
            observations.append(_examine(record, settings, classifiers, reason))
        content = content_sha256(shard)
    except ShardError as error:
        observations.append(unread_part(error.reason))
    size_bytes = sum(member.size_bytes for seen in observations for member in seen.members)
    return encode_part(observations, PartNote(scan_digest(shard, settings), settings, content, size_bytes))


def _examine(
    record: Record, settings: ScanSettings, classifiers: Sequence[Classifier], poison: GapReason | None
) -> Observation:
    """Examine a record; whatever a decoder throws at us costs the opening of this record and nothing else."""
    try:
        return examine(record, settings, classifiers=classifiers, poison=poison)
    except MemoryError:
        return examine(record, settings, poison=GapReason.OVER_LIMIT)
    except Exception:  # noqa: BLE001  # the worker loop: the fault becomes a gap, never a pass
        return examine(record, settings, poison=GapReason.DETECTOR_FAILED)


def _serve_scan(request: Mapping[str, Any], announce: Announce) -> bytes:
    settings = ScanSettings.from_json(request["settings"])
    return scan_shard(
        Shard.from_json(request["shard"]),
        settings,
        announce=announce,
        poison=frozenset(request.get("skip", ())),
        classifiers=load_classifiers(settings.classifiers),
    )


if __name__ == "__main__":
    serve({TASK: _serve_scan})
