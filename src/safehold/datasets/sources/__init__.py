"""Sources of a dataset: finds its shards, reads their records, and writes them again without the dropped ones.

Arguments of a command enter `discover`; a `Mix` of shards leaves, each of which travels to a decoding child as JSON.
`read` yields its records there, with what could not be read as gaps. `rewrite` takes what is kept and gives the same
format, names, order and bytes.

Rooms, each knowing only those before it: `places` (files and their bytes), `records` (what every format yields),
`tars`, `tables`, `folders` (the formats). `discover`, `reading`, `rewriting` and `companions` choose among the formats.
"""

from safehold.datasets.sources.companions import reemit, strike
from safehold.datasets.sources.content import Content, content_sha256
from safehold.datasets.sources.discover import discover
from safehold.datasets.sources.errors import ShardError, SourceError
from safehold.datasets.sources.fields import Fields, SourceOptions
from safehold.datasets.sources.places.location import is_remote, local_path
from safehold.datasets.sources.places.output import Rewritten
from safehold.datasets.sources.places.output import link_or_copy as link_file
from safehold.datasets.sources.reading import current_fingerprint, read
from safehold.datasets.sources.records.record import Member, Record, Text
from safehold.datasets.sources.rewriting import is_kept_whole, leave_out, link_or_copy, rewrite
from safehold.datasets.sources.shard import Companion, CompanionKind, Format, Mix, Output, Shard
from safehold.datasets.sources.tables.metadata import MetadataBatch, read_columns

__all__ = [
    "Companion",
    "CompanionKind",
    "Content",
    "Fields",
    "Format",
    "Member",
    "MetadataBatch",
    "Mix",
    "Output",
    "Record",
    "Rewritten",
    "Shard",
    "ShardError",
    "SourceError",
    "SourceOptions",
    "Text",
    "content_sha256",
    "current_fingerprint",
    "discover",
    "is_kept_whole",
    "is_remote",
    "leave_out",
    "link_file",
    "link_or_copy",
    "local_path",
    "read",
    "read_columns",
    "reemit",
    "rewrite",
    "strike",
]
