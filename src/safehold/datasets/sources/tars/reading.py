"""WebDataset tars: members that share a key, next to one another, are one record.

The key is the path up to the first dot of the base name. A loader joins only neighbours, so a key that comes again
later, or a member that comes twice, is a DUPLICATE_KEY gap of every record with that key. Links, devices, unsafe names
and damaged parts are gaps too; their bytes, where there are any, are examined all the same.

    for record in read(shard):
        ...

Source: WebDataset format specification, "File Format".
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safehold.datasets.sources.content import Content
from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.places.blobs import Blob, mapped
from safehold.datasets.sources.records.cells import Names, Reading
from safehold.datasets.sources.records.names import is_known_media, split_name
from safehold.datasets.sources.records.record import Member, Record, gap
from safehold.datasets.sources.records.sidecar import is_sidecar, read_sidecar
from safehold.datasets.sources.shard import Shard
from safehold.datasets.sources.tars.entry import Entry
from safehold.datasets.sources.tars.header import entries
from safehold.signals import WholeFile
from safehold.vocabulary import Gap, GapReason


class Group(NamedTuple):
    """The neighbouring members that are one record, or one entry that belongs to none (`key` is None).

    A tuple, since there are as many as records.
    """

    key: str | None
    members: tuple[tuple[str, Entry], ...]
    """Extension, then entry."""


def groups(blob: Blob) -> Iterator[Group]:
    """Yield the records of a tar as groups of entries, in order.

    A damaged rest has the key "@OFFSET", which no member of a sound archive can collide with unnoticed.

    Raises:
        ShardError: not even the first header can be read.
    """
    key: str | None = None
    members: list[tuple[str, Entry]] = []
    for entry in entries(blob):
        if entry.start == entry.data == 0:
            reason = entry.fault or GapReason.UNREADABLE
            raise ShardError("the shard is not a tar archive, or its first header is damaged", reason=reason)
        name, extension = split_name(entry.name) if entry.name else (f"@{entry.start}", "")
        if members and (name != key or not entry.is_member):
            yield Group(key, tuple(members))
            members = []
        if not entry.is_member:
            yield Group(None, ((extension, entry),))
            continue
        key = name
        members.append((extension, entry))
    if members:
        yield Group(key, tuple(members))


def has_records(blob: Blob) -> bool:
    """Return whether a tar has a record; of one that has, only the first members are read.

    Raises:
        ShardError: as for `groups`.
    """
    return any(group.key is not None for group in groups(blob))


def read(shard: Shard, content: Content) -> Iterator[Record]:
    """Yield the records of a tar; memory holds the names of one shard, never its content.

    Args:
        shard: what to read.
        content: takes the bytes along as its members are digested.

    Raises:
        ShardError: the shard as a whole can't be read.
    """
    blob = mapped(shard.location)
    whole = content.begin(blob)
    found = [group for group in groups(blob) if group.key is not None]
    times = Counter(group.key for group in found)
    cut = _is_cut(found)
    names = Names(shard.fields)
    for number, group in enumerate(found):
        faults = [gap(GapReason.DUPLICATE_KEY)] if times[group.key] > 1 else []
        if cut and number == len(found) - 2:
            faults.append(gap(GapReason.TRUNCATED))
        yield _record(blob, group, names, faults, whole)


def _is_cut(found: list[Group]) -> bool:
    """Return whether a damaged rest follows the last whole record at once, so that it may have lost members to it."""
    if len(found) < 2 or (rest := found[-1].members[0][1]).name:
        return False
    return found[-2].members[-1][1].stop == rest.start


def _record(blob: Blob, group: Group, names: Names, gaps: list[Gap], whole: WholeFile | None) -> Record:
    reading = Reading(gaps=gaps)
    members = []
    seen = set()
    for extension, entry in group.members:
        data = blob.view(entry.data, entry.data + entry.size)
        if extension in seen:
            gaps.append(gap(GapReason.DUPLICATE_KEY, extension))
        seen.add(extension)
        if entry.fault is not None:
            gaps.append(gap(entry.fault, extension))
        elif is_sidecar(extension):
            if read_sidecar(reading, extension, data, names):
                continue
        elif not data and is_known_media(extension):
            gaps.append(gap(GapReason.EMPTY, extension))
            continue
        if entry.name and (data or entry.fault is None):
            taken_along = partial(whole.member, entry.data, entry.data + entry.size) if whole else None
            members.append(Member(entry.name, extension, data, taken_along))
    return reading.record(group.key or "", members)
