"""Shards: the unit of work, as plain values that travel to a decoding child as JSON.

A shard is a tar, a range of a Parquet file's row groups, a slice of a folder, or a range of a manifest's lines. What
is rewritten is an *output*: one file of the cleaned dataset, or one slice of a folder. An output may have been read
as several shards (the row-group ranges of one big file); their record keys never overlap.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from itertools import groupby
from typing import Any

from safehold.datasets.sources.fields import Fields
from safehold.datasets.sources.places.location import join, parent
from safehold.datasets.sources.records.names import is_known_media, split_name


class Format(Enum):
    """How a dataset is stored."""

    TAR = "tar"
    PARQUET = "parquet"
    FOLDER = "folder"
    TABLE = "table"
    METADATA = "metadata"

    @property
    def is_one_file(self) -> bool:
        """Whether an output is one file, which the caller names and renames; otherwise it is files below a folder."""
        return self in {Format.TAR, Format.PARQUET, Format.METADATA}


@dataclass(frozen=True, slots=True)
class Shard:
    """What one task reads.

    Attributes:
        number: place in the mix, from 0; unique.
        source: which source it belongs to, from 0.
        format: how to read it.
        name: the output it becomes part of, relative to the root of the cleaned dataset; shards with the same name
            are parts of one output.
        location: a local path or fsspec URL: the file, or the root of a folder.
        part: which part of the file: "" for all of it, else "FIRST-LAST" row groups, or a manifest's
            "RECORD:START-STOP" bytes; "rows" for a metadata file's rows that name no file.
        files: the files of a folder's slice, relative to `location`, or the media files of a manifest's part, relative
            to its folder; in order. Else empty.
        tables: the metadata files of a folder, relative to `location`.
        fields: which names hold media, captions, addresses, hashes and labels.
        fingerprint: changes whenever an input changes: size and time of every file, or a remote one's tag.
        records: how many records it has, where that is known without reading it; else None.
        size: bytes of all its inputs together, for balance and progress.
    """

    number: int
    source: int
    format: Format
    name: str
    location: str
    part: str = ""
    files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    fields: Fields = field(default_factory=Fields)
    fingerprint: str = ""
    records: int | None = None
    size: int = 0

    @property
    def root(self) -> str:
        """The folder that `files` are relative to."""
        return self.location if self.format is Format.FOLDER else parent(self.location)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The locations of everything that is read, in order."""
        files = tuple(join(self.root, name) for name in (*self.files, *self.tables))
        return files if self.format is Format.FOLDER else (self.location, *files)

    def to_json(self) -> dict[str, Any]:
        """Return a dictionary that `json.dumps` takes."""
        return {**asdict(self), "format": self.format.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Shard":
        """Return the shard that `to_json` described."""
        fields = Fields(**{name: tuple(names) for name, names in value["fields"].items()})
        lists = {name: tuple(value[name]) for name in ("files", "tables")}
        return cls(**{**value, **lists, "format": Format(value["format"]), "fields": fields})


@dataclass(frozen=True, slots=True)
class Output:
    """What is rewritten in one go: one file, or one slice of a folder.

    Attributes:
        name: relative to the root of the cleaned dataset; unique in the mix.
        format: how it is stored.
        shards: its parts in order; at least one.
    """

    name: str
    format: Format
    shards: tuple[Shard, ...]


class CompanionKind(Enum):
    """A file beside the shards that repeats what is in them, and is stale once a record is gone."""

    ROWS = "rows"
    STATS = "stats"
    INDEX = "index"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Companion:
    """A file to be emitted again.

    Attributes:
        kind: what it repeats.
        source: which source it belongs to.
        name: where it goes, relative to the root of the cleaned dataset.
        location: where it is now.
        output: the name of the output it describes; "" for one that describes the whole source.
        inner: its name in its own source; the keys of the source's records are relative to the same root.
    """

    kind: CompanionKind
    source: int
    name: str
    location: str
    output: str
    inner: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one source consists of, in its own names; shards not yet numbered."""

    shards: tuple[Shard, ...]
    companions: tuple[Companion, ...] = ()
    left_out: tuple[str, ...] = ()
    unscreened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """Everything that one command reads: several sources are one training mix.

    Attributes:
        shards: in the order of the sources, then of the names; at least one.
        companions: files to emit again beside them.
        left_out: names of files that are part of no record and no companion; they don't reach the cleaned dataset.
        origins: for each source, what the user typed that stands for it.
        sought: the names that were looked for in every source.
        unscreened: columns of text in tables and manifests that have no role, so that nobody reads what they say.
    """

    shards: tuple[Shard, ...]
    companions: tuple[Companion, ...] = ()
    left_out: tuple[str, ...] = ()
    origins: tuple[tuple[str, ...], ...] = ()
    sought: Fields = field(default_factory=Fields)
    unscreened: tuple[str, ...] = ()

    @property
    def unread(self) -> int:
        """How many of those left out are media, or a link to a folder, that nobody could read; hidden ones aside."""
        return sum(
            not any(part.startswith(".") for part in name.split("/"))
            and (name.endswith("/") or is_known_media(split_name(name)[1]))
            for name in self.left_out
        )

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The outputs, in the order of their first shards."""
        groups = groupby(self.shards, key=lambda shard: shard.name)
        return tuple(Output(parts[0].name, parts[0].format, parts) for _, group in groups if (parts := tuple(group)))
