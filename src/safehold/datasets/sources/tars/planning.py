"""A source of tars: one shard each, and the files beside them that repeat what they hold.

Source: img2dataset README, "Output format": NNNNN.tar, NNNNN.parquet, NNNNN_stats.json; DALI `wds2idx`: NNNNN.idx.
"""

from collections.abc import Sequence

from safehold.datasets.sources.errors import EmptySourceError, NotADatasetError, ShardError
from safehold.datasets.sources.fields import SourceOptions
from safehold.datasets.sources.places.argument import Source, location_of
from safehold.datasets.sources.places.blobs import (
    IN_MEMORY_BYTES,
    MemoryBlob,
    opened,
    read_start,
    require_ranges,
)
from safehold.datasets.sources.places.location import is_remote, join, local_path
from safehold.datasets.sources.shard import Companion, CompanionKind, Format, Plan, Shard
from safehold.datasets.sources.tars.entry import BLOCK
from safehold.datasets.sources.tars.header import is_tar_header
from safehold.datasets.sources.tars.reading import has_records

_SMALL_BYTES = 64 << 10
"""Up to this size a tar behind an address is looked into for a member; tar's own empty archives have 10 KiB."""

_SUFFIXES = (("_stats.json", CompanionKind.STATS), (".parquet", CompanionKind.ROWS), (".idx", CompanionKind.INDEX))


def plan(source: Source, tars: Sequence[str], options: SourceOptions) -> Plan:
    """Return the shards and companions of a folder of tars, or of tars that were named one by one.

    Raises:
        NotADatasetError: not one of them begins like a tar.
        EmptySourceError: not one of them has a member that would be of a record.
        UnreadableSourceError: one is too large to be fetched whole, and its server doesn't answer ranges.
    """
    if not any(is_tar_header(read_start(location_of(source, name), BLOCK)) for name in tars):
        raise NotADatasetError(f"{source.named}: no tar that can be read", advice=source.advice)
    if not any(_may_hold_records(source, name) for name in tars):
        raise EmptySourceError(
            f"{source.named} is empty: no tar has a member", advice="Check what wrote it, and name one that has."
        )
    large = max(tars, key=lambda name: source.files[name].size)
    if is_remote(source.root) and source.files[large].size > IN_MEMORY_BYTES:
        require_ranges(location_of(source, large))
    shards = tuple(_shard(source, name, options) for name in tars)
    companions = tuple(_companions(source, tars))
    used = {*tars, *(companion.name for companion in companions)}
    return Plan(shards, companions, tuple(name for name in source.files if name not in used) + source.odd)


def _may_hold_records(source: Source, name: str) -> bool:
    """Return whether a tar has a record, as far as a little reading tells; what is damaged is for the scan to say."""
    location = location_of(source, name)
    try:
        if not is_remote(location):
            with opened(location) as blob:
                return has_records(blob)
        size = source.files[name].size
        return size > _SMALL_BYTES or has_records(MemoryBlob(memoryview(read_start(location, size))))
    except ShardError:
        return True


def _shard(source: Source, name: str, options: SourceOptions) -> Shard:
    stamp = source.files[name]
    return Shard(
        number=0, source=0, format=Format.TAR, name=name, location=location_of(source, name), fields=options.fields,
        fingerprint=stamp.mark, size=stamp.size,
    )  # fmt: skip


def _companions(source: Source, tars: Sequence[str]) -> list[Companion]:
    """Return what stands beside the tars; for tars named one by one the folder is asked for each name."""
    found = []
    for tar in tars:
        for suffix, kind in _SUFFIXES:
            name = _stem(tar) + suffix
            if name in source.files or (not source.is_folder and _is_there(join(source.root, name))):
                found.append(Companion(kind, 0, name, join(source.root, name), tar, name))
    return found


def companion_names(tars: Sequence[str]) -> frozenset[str]:
    """Return what the files beside these tars are called that repeat what they hold, whether or not they are there."""
    return frozenset(_stem(tar) + suffix for tar in tars for suffix, _ in _SUFFIXES)


def _stem(tar: str) -> str:
    return tar[: -len(".tar")]


def _is_there(location: str) -> bool:
    return not is_remote(location) and local_path(location).is_file()
