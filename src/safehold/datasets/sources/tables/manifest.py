"""Manifests: JSONL or CSV lines with captions, and the paths of media files relative to the manifest's folder.

A shard is a range of lines with the media files that they name; a record's key is its line's number among the records.
Planning reads the manifest once, so that a file which changes later is noticed. Lines are written again byte for byte,
and the media files of kept lines are linked below the manifest's place in the cleaned dataset.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from safehold.datasets.sources.errors import EmptySourceError, ShardError, UnreadableSourceError
from safehold.datasets.sources.fields import SourceOptions
from safehold.datasets.sources.places.argument import Source, location_of
from safehold.datasets.sources.places.blobs import Blob, opened
from safehold.datasets.sources.places.location import join, parent
from safehold.datasets.sources.places.output import Rewritten
from safehold.datasets.sources.places.stamps import Stamp, fingerprint, stamp
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.disguise import leaves
from safehold.datasets.sources.records.media_file import fault_of, open_media, place, take_away
from safehold.datasets.sources.records.record import Member, Record, gap
from safehold.datasets.sources.shard import Format, Plan, Shard
from safehold.datasets.sources.tables.columns import resolve_names, unscreened
from safehold.datasets.sources.tables.lines import Line, csv_header, lines_of, notation_of, rewrite_lines
from safehold.home.files import shared_folder
from safehold.vocabulary import GapReason


def plan(source: Source, names: Sequence[str], options: SourceOptions) -> Plan:
    """Return the shards of a source's manifests: ranges of about `shard_rows` lines.

    Raises:
        UnknownColumnError: a manifest has no column that is known, or lacks one that was named.
        UnreadableSourceError: not one of them can be read.
        EmptySourceError: not one of them has a line.
    """
    shards, faults, unread = [], [], dict[str, None]()
    for name in names:
        try:
            shards.extend(_shards(source, name, options, unread=unread))
        except ShardError as error:
            faults.append(error)
            stamp_ = source.files[name]
            shards.append(
                Shard(0, 0, Format.TABLE, name, location_of(source, name), fingerprint=stamp_.mark, size=stamp_.size)
            )
    if shards and len(shards) == len(faults):
        raise UnreadableSourceError(
            f"{source.named}: no manifest that can be read: {faults[0]}", advice=faults[0].advice
        ) from faults[0]
    if not shards:
        raise EmptySourceError(f"{source.named}: no manifest with a line", advice="Name one that has.")
    used = {*names, *(join(parent(shard.name), file).removeprefix("./") for shard in shards for file in shard.files)}
    left_out = tuple(name for name in source.files if name not in used) + source.odd
    return Plan(tuple(shards), left_out=left_out, unscreened=tuple(unread))


@dataclass(slots=True)
class _Part:
    """What planning has seen of a part of a manifest."""

    first: int
    start: int
    stop: int = 0
    rows: int = 0
    names: dict[str, None] = field(default_factory=dict)


def _shards(source: Source, name: str, options: SourceOptions, *, unread: dict[str, None]) -> list[Shard]:
    """Return the shards of one manifest; columns of words that have no role go into `unread`."""
    worded = dict[str, None]()
    location, columns, parts = location_of(source, name), dict[str, None](), list[_Part]()
    asked = frozenset(path.lower() for path in options.fields.path)
    notation = notation_of(name)
    with opened(location) as blob:
        columns.update(dict.fromkeys(csv_header(blob, notation)[0] if notation.delimiter else ()))
        for line in lines_of(blob, notation):
            if not parts or parts[-1].rows >= options.shard_rows:
                parts.append(_Part(line.number, line.start))
            part = parts[-1]
            part.stop, part.rows = line.stop, part.rows + 1
            columns.update(dict.fromkeys(line.cells))
            worded.update(
                (cell, None) for cell, value in line.cells.items() if cell not in worded and _has_words(value)
            )
            part.names.update(dict.fromkeys(_paths(line.cells, asked)))
    if not parts:
        return []
    fields = resolve_names(columns, options.fields, table=name)
    unread.update(dict.fromkeys(unscreened(pa.schema([(cell, pa.string()) for cell in worded]), fields)))
    whole = Shard(0, 0, Format.TABLE, name, location, fields=fields)
    return [_shard(whole, part, source.files[name]) for part in parts]


def _shard(whole: Shard, part: _Part, manifest: Stamp) -> Shard:
    found = {name: stamp(join(whole.root, name)) for name in part.names if fault_of(whole.root, name, "") is None}
    return replace(
        whole, part=f"{part.first}:{part.start}-{part.stop}", files=tuple(found), records=part.rows,
        fingerprint=fingerprint([manifest, *found.values()]),
        size=part.stop - part.start + sum(one.size for one in found.values()),
    )  # fmt: skip


def _has_words(value: object) -> bool:
    """Return whether a cell says something in words, however it is wrapped."""
    return any(isinstance(leaf, str) and any(map(str.isalpha, leaf)) for leaf in leaves(value))


def _paths(cells: Mapping[str, Any], columns: frozenset[str]) -> Iterator[str]:
    """Yield the paths in a line; an address is not one."""
    for name, value in cells.items():
        if name.lower() in columns:
            for path in value if isinstance(value, list) else [value]:
                if isinstance(path, str) and path and "://" not in path:
                    yield path.removeprefix("./")


def read(shard: Shard) -> Iterator[Record]:
    """Yield the lines of a shard as records.

    Raises:
        ShardError: the manifest can't be read.
    """
    names, columns = Names(shard.fields), frozenset(name.lower() for name in shard.fields.path)
    with opened(shard.location) as blob:
        for line in _lines(shard, blob):
            yield _record(shard, line, names, columns)


def _lines(shard: Shard, blob: Blob) -> Iterator[Line]:
    notation = notation_of(shard.location)
    if not shard.part:
        return lines_of(blob, notation)
    first, _, span = shard.part.partition(":")
    start, stop = span.split("-")
    return lines_of(blob, notation, first=int(first), start=int(start), stop=int(stop))


def _record(shard: Shard, line: Line, names: Names, columns: frozenset[str]) -> Record:
    reading = Reading(gaps=list(line.gaps))
    add_cells(reading, line.cells, names)
    members = []
    for path in _paths(line.cells, columns):
        found = open_media(shard.root, path, place="path")
        if isinstance(found, Member):
            members.append(found)
        else:
            reading.gaps.append(found)
    addresses = [value for name, value in line.cells.items() if name.lower() in columns and _is_address(value)]
    if columns and not members and not addresses and not reading.gaps:
        reading.gaps.append(gap(GapReason.MISSING, "path"))
    reading.url = reading.url or next(iter(addresses), None)
    return reading.record(str(line.number), members)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and "://" in value


def keys(shard: Shard) -> Iterator[str]:
    """Yield the key of every record of a shard's whole manifest.

    Raises:
        ShardError: the input is gone, or a line is too long.
    """
    with opened(shard.location) as blob:
        yield from (str(line.number) for line in lines_of(blob, notation_of(shard.location)))


def rewrite(shards: Sequence[Shard], keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write a manifest again with its kept lines, and put the media files that they name beside it.

    A file that only dropped lines name is taken away, should an earlier decision have put it there.

    Args:
        shards: every part of one manifest.
        keep: says of a record's key whether it stays.
        destination: the root of the cleaned dataset.

    Raises:
        ShardError: an input is gone.
        OSError: the disk is full or failing; the manifest is then not there.
    """
    first = shards[0]
    columns = frozenset(name.lower() for name in first.fields.path)
    folder = (destination / first.name).parent
    shared_folder(folder)
    known = frozenset(name for shard in shards for name in shard.files)
    staying: set[str] = set()
    with opened(first.location) as blob:
        for line in lines_of(blob, notation_of(first.location)):
            if keep(str(line.number)):
                staying.update(known.intersection(_paths(line.cells, columns)))
    size = sum(place(first.root, name, folder) for name in sorted(staying))
    for name in sorted(known - staying):
        take_away(name, folder)
    written = rewrite_lines(first.location, first.location, lambda row: keep(str(row)), destination / first.name)
    return replace(written, size=written.size + size)
