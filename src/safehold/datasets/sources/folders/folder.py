"""Folders of media: a file is a record, with the sidecars and metadata rows that belong to it.

A sidecar is `a.txt`, `a.caption` or `a.json` beside `a.jpg`, or `a.jpg.txt` and so on; files that share one are one
slice. Hugging Face's ImageFolder keeps `metadata.csv|jsonl|parquet` in the folder or in one above; its rows name files
relative to themselves. A row that names no file is a record of its own, so that somebody hears of it. A record's key
is the file's path relative to the root. A folder of text alone has one record a text file.

A file whose name says nothing of media, and a sidecar of nothing, is a record as well: what it is, its bytes tell. Only
documents about the dataset (a README, a licence), where they are text, are left out.

Source: Hugging Face `datasets`, "Create an image dataset", ImageFolder.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from safehold.datasets.sources.errors import EmptySourceError
from safehold.datasets.sources.fields import SourceOptions
from safehold.datasets.sources.folders.metadata_rows import MetadataRow, is_metadata, metadata_rows, row_key
from safehold.datasets.sources.places.argument import Source, location_of
from safehold.datasets.sources.places.blobs import read_start
from safehold.datasets.sources.places.location import is_remote, join, local_path
from safehold.datasets.sources.places.output import Rewritten
from safehold.datasets.sources.places.stamps import fingerprint
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.media_file import fault_of, open_media, place, take_away
from safehold.datasets.sources.records.names import is_document, is_known_media, is_unsafe, spoken
from safehold.datasets.sources.records.record import Member, Record, gap
from safehold.datasets.sources.records.sidecar import is_sidecar, read_sidecar
from safehold.datasets.sources.shard import Companion, CompanionKind, Format, Plan, Shard
from safehold.media import HEAD_BYTES, sniff
from safehold.vocabulary import Gap, GapReason, MediaKind

_MISSING_ROWS = "rows"
_FILES = "files"
"""The part of a slice of a folder that holds media: text that belongs to none is no caption there."""


def plan(source: Source, options: SourceOptions) -> Plan:
    """Return a folder's slices of about `slice_files` files, and one shard for each metadata file's own faults.

    Raises:
        EmptySourceError: there is neither media nor text.
    """
    tables = [name for name in source.files if is_metadata(name)]
    aside = {*tables, *(name for name in source.files if is_document(name) and _is_text(source, name))}
    groups = _groups([name for name in source.files if name not in aside])
    if not groups:
        raise EmptySourceError(f"{source.named} holds no media", advice="Name the folder that holds the files.")
    shards: list[Shard] = []
    waiting: list[tuple[list[str], list[str]]] = []
    for group in groups:
        waiting.append(group)
        if sum(len(media) for media, _ in waiting) >= options.slice_files:
            shards.append(_slice(source, options, waiting, len(shards), tables))
            waiting = []
    if waiting:
        shards.append(_slice(source, options, waiting, len(shards), tables))
    if any(is_known_media(_suffix(name)) for media, _ in groups for name in media):
        shards = [replace(shard, part=_FILES) for shard in shards]
    shards.extend(_rows_shard(source, options, name, number) for number, name in enumerate(tables))
    companions = tuple(
        Companion(CompanionKind.METADATA, 0, name, location_of(source, name), "", name) for name in tables
    )
    used = {*tables, *(name for shard in shards for name in shard.files)}
    return Plan(tuple(shards), companions, tuple(name for name in source.files if name not in used) + source.odd)


def _groups(names: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Return files with the sidecars that belong to them, in the order of the names; then the sidecars of nothing."""
    groups: dict[str, tuple[list[str], list[str]]] = {}
    files = [name for name in names if not is_sidecar(_suffix(name))]
    for name in files:
        groups.setdefault(_stem(name), ([], []))[0].append(name)
    whole = {name: _stem(name) for name in files}
    alone: list[tuple[list[str], list[str]]] = []
    for name in names:
        if is_sidecar(_suffix(name)):
            stem = whole.get(_stem(name), _stem(name))
            if stem in groups:
                groups[stem][1].append(name)
            else:
                alone.append(([name], []))
    return [*groups.values(), *alone]


def _is_text(source: Source, name: str) -> bool:
    """Return whether a document is one, by its first bytes."""
    if not source.files[name].size:
        return True
    return sniff(read_start(location_of(source, name), HEAD_BYTES)).kind is MediaKind.TEXT


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix[1:].lower()


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _slice(
    source: Source, options: SourceOptions, groups: Sequence[tuple[list[str], list[str]]], number: int,
    tables: Sequence[str],
) -> Shard:  # fmt: skip
    files = tuple(name for media, sidecars in groups for name in (*media, *sidecars))
    stamps = [source.files[name] for name in (*files, *tables)]
    return Shard(
        0, 0, Format.FOLDER, f"slice-{number:05d}", source.root, files=files, tables=tuple(tables),
        fields=options.fields, fingerprint=fingerprint(stamps), records=sum(len(media) for media, _ in groups),
        size=sum(source.files[name].size for name in files),
    )  # fmt: skip


def _rows_shard(source: Source, options: SourceOptions, name: str, number: int) -> Shard:
    return Shard(
        0, 0, Format.FOLDER, f"metadata-{number:05d}", source.root, part=_MISSING_ROWS, tables=(name,),
        fields=options.fields, fingerprint=source.files[name].mark,
    )  # fmt: skip


def read(shard: Shard) -> Iterator[Record]:
    """Yield the records of a slice, or those of the rows that name no file.

    Raises:
        ShardError: a metadata file can't be read.
    """
    names = Names(shard.fields)
    if shard.part == _MISSING_ROWS:
        yield from _rows_without_file(shard, names)
        return
    rows = _rows_by_file(shard)
    for media, sidecars in _groups(shard.files):
        for name in media:
            is_text = shard.part != _FILES and is_sidecar(_suffix(name))
            yield _record(shard.location, name, [name] if is_text else sidecars, rows.get(name, []), names)


def _rows_by_file(shard: Shard) -> dict[str, list[MetadataRow]]:
    wanted = set(shard.files)
    rows: dict[str, list[MetadataRow]] = {}
    for table in shard.tables:
        for row in metadata_rows(join(shard.location, table), table):
            for name in wanted.intersection(row.names):
                rows.setdefault(name, []).append(row)
    return rows


def _record(root: str, name: str, sidecars: Sequence[str], rows: Sequence[MetadataRow], names: Names) -> Record:
    """Read a file and its sidecars; one that is its own sidecar is text."""
    reading = Reading()
    members: tuple[Member, ...] = ()
    for sidecar in sidecars:
        members += _read_sidecar(reading, root, sidecar, names)
    if name not in sidecars:
        found = open_media(root, name)
        members += (found,) if isinstance(found, Member) else ()
        reading.gaps.extend(() if isinstance(found, Member) else (found,))
    for row in rows:
        add_cells(reading, row.cells, names)
        reading.gaps.extend(row.gaps)
    return reading.record(spoken(name), members)


def _read_sidecar(reading: Reading, root: str, sidecar: str, names: Names) -> tuple[Member, ...]:
    """Read one sidecar and return it as a member if it turns out to be no text."""
    found = open_media(root, sidecar)
    if isinstance(found, Member):
        return () if read_sidecar(reading, _suffix(sidecar), found.data, names) else (found,)
    if found.reason is not GapReason.EMPTY:
        reading.gaps.append(found)
    return ()


def _rows_without_file(shard: Shard, names: Names) -> Iterator[Record]:
    for row in metadata_rows(join(shard.location, shard.tables[0]), shard.tables[0]):
        faults = [fault for name in row.names if (fault := _fault_of_row(shard.location, name)) is not None]
        if faults or not row.names:
            faults = faults or [gap(GapReason.MISSING, "file_name")]
            reading = Reading()
            add_cells(reading, row.cells, names)
            reading.gaps.extend((*row.gaps, *faults))
            yield reading.record(row_key(shard.tables[0], row))


def _fault_of_row(root: str, name: str) -> Gap | None:
    """Return why a row's file is no record; one that is, but can't be read, says so itself and counts once."""
    return None if _is_record(root, name) else fault_of(root, name, "file_name")


def _is_record(root: str, name: str) -> bool:
    """Return whether discovery made a record of a local file: no matter where a link in its place leads."""
    if is_remote(root) or is_unsafe(name) or is_metadata(name) or is_document(name) or is_sidecar(_suffix(name)):
        return False
    path = PurePosixPath(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    folder = local_path(root)
    is_linked = any((folder / above).is_symlink() for above in path.parents if above != PurePosixPath())
    return not is_hidden and not is_linked and (folder / name).is_file()


def keys(shard: Shard) -> Iterator[str]:
    """Yield the key of every file of a slice that is a record; the records that only rows make are in no slice."""
    yield from (name for media, _ in _groups(shard.files) for name in media)


def dropped_files(shard: Shard, keep: Callable[[str], bool]) -> Iterator[str]:
    """Yield the files of a slice that belong to no kept record: media, and sidecars all of whose media go."""
    for media, sidecars in _groups(shard.files):
        going = [name for name in media if not keep(name)]
        yield from going
        if len(going) == len(media):
            yield from sidecars


def rewrite(shard: Shard, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Put a slice's kept files into the cleaned dataset, and take away those that an earlier decision had put there.

    A sidecar stays as long as one of its media files does. Repeating is safe.

    Raises:
        ShardError: an input is gone.
        OSError: the disk is full or failing; what was placed stays.
    """
    kept = dropped = size = 0
    for media, sidecars in _groups(shard.files):
        staying = [name for name in media if keep(name)]
        kept, dropped = kept + len(staying), dropped + len(media) - len(staying)
        for name in (*media, *sidecars):
            if name in staying or (name in sidecars and staying):
                size += place(shard.location, name, destination)
            else:
                take_away(name, destination)
    return Rewritten("", kept, dropped, size)
