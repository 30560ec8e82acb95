"""Reading: one call for every format."""

from collections.abc import Collection, Iterator, Mapping

from safehold.datasets.sources import folders, tars
from safehold.datasets.sources.content import Content
from safehold.datasets.sources.places.stamps import fingerprint, stamp
from safehold.datasets.sources.records.record import Record, gap
from safehold.datasets.sources.shard import Format, Shard
from safehold.datasets.sources.tables import manifest, parquet
from safehold.vocabulary import GapReason


def read(shard: Shard, *, skip: Collection[int] = (), content: Content | None = None) -> Iterator[Record]:
    """Yield the records of a shard in order; a record's number is its place among them.

    Args:
        shard: what to read.
        skip: numbers of records that an earlier attempt did not survive. They keep their place and key, and come with
            nothing but a gap: CRASHED, or the reason that a mapping gives for the number.
        content: what is to be asked for the digest of the shard afterwards.

    Raises:
        ShardError: the shard as a whole can't be read; raised before or between records.
    """
    for number, record in enumerate(_read(shard, content or Content(shard))):
        if number in skip:
            reason = skip[number] if isinstance(skip, Mapping) else GapReason.CRASHED
            yield Record(record.key, gaps=(gap(reason),))
        else:
            yield record


def _read(shard: Shard, content: Content) -> Iterator[Record]:
    match shard.format:
        case Format.TAR:
            return tars.read(shard, content)
        case Format.PARQUET | Format.METADATA:
            return parquet.read(shard)
        case Format.FOLDER:
            return folders.read(shard)
        case Format.TABLE:
            return manifest.read(shard)


def current_fingerprint(shard: Shard) -> str:
    """Return what the shard's fingerprint would be now; it differs from the shard's if an input has changed.

    Raises:
        ShardError: an input is gone or can't be read.
    """
    return fingerprint([stamp(location) for location in shard.inputs])
