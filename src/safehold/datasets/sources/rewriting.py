"""Rewriting: one call for every format, and links for what stays whole."""

from collections.abc import Callable, Collection
from pathlib import Path

from safehold.datasets.sources import folders, tars
from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.folders.metadata_rows import rewrite_without
from safehold.datasets.sources.places.location import join
from safehold.datasets.sources.places.output import Rewritten
from safehold.datasets.sources.places.output import link_or_copy as link_file
from safehold.datasets.sources.reading import current_fingerprint
from safehold.datasets.sources.records.media_file import take_away
from safehold.datasets.sources.shard import Format, Output
from safehold.datasets.sources.tables import manifest, parquet
from safehold.datasets.sources.tables.lines import rewrite_lines
from safehold.vocabulary import GapReason


def rewrite(output: Output, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write an output without the records whose key is not kept: same format, names and order, member bytes untouched.

    Repeating is safe and gives the same bytes. An output that is one file appears whole or not at all.

    Args:
        output: what to write.
        keep: says of a record's key whether it stays. Ask for membership in the kept keys, not in the dropped ones.
        destination: the file to write, where the format is one file; else the root of the cleaned dataset, below which
            the output's files get the names they have in the source.

    Raises:
        ShardError: an input is gone, or has changed since it was scanned.
        OSError: the disk is full or failing.
    """
    require_unchanged(output)
    rewritten = _rewrite(output, keep, destination)
    require_unchanged(output)
    return rewritten


def _rewrite(output: Output, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    match output.format:
        case Format.TAR:
            return tars.rewrite(output.shards[0], keep, destination)
        case Format.PARQUET | Format.METADATA:
            return parquet.rewrite(output.shards, keep, destination)
        case Format.FOLDER:
            return folders.rewrite(output.shards[0], keep, sub_folder(output, destination))
        case Format.TABLE:
            return manifest.rewrite(output.shards, keep, destination)


def rewrite_lines_of(output: Output, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write a manifest alone, without the lines that are not kept; its media files stay where they are.

    Raises:
        ShardError: an input is gone, or has changed since it was scanned.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    require_unchanged(output)
    location = output.shards[0].location
    return rewrite_lines(location, location, lambda row: keep(str(row)), destination)


def rewrite_rows_of(output: Output, keys: Collection[str], destination: Path) -> Rewritten:
    """Write the metadata of a folder without the rows that are about some records; see `rewrite_lines_of`."""
    require_unchanged(output)
    (table,) = output.shards[0].tables
    return rewrite_without(join(output.shards[0].location, table), table, keys, destination)


def is_kept_whole(output: Output, keep: Callable[[str], bool]) -> bool:
    """Return whether every record that an output has is kept, as its inputs say themselves.

    What a decoding child told of the records must not decide this: one that a hostile file took over may have told
    of some only.

    Raises:
        ShardError: an input is gone or damaged.
    """
    match output.format:
        case Format.TAR:
            return all(map(keep, tars.keys(output.shards[0])))
        case Format.PARQUET | Format.METADATA:
            return all(keep(str(row)) for row in range(parquet.count_rows(output.shards[0].location)))
        case Format.FOLDER:
            return all(map(keep, folders.keys(output.shards[0])))
        case Format.TABLE:
            return all(map(keep, manifest.keys(output.shards[0])))


def link_or_copy(output: Output, destination: Path) -> None:
    """Give an output that loses no record its place in the cleaned dataset, without copying bytes where possible.

    Raises:
        ShardError: an input is gone, or has changed since it was scanned.
        OSError: the disk is full or failing.
    """
    require_unchanged(output)
    if output.format.is_one_file:
        link_file(output.shards[0].location, destination)
    else:
        rewrite(output, lambda _: True, destination)
    require_unchanged(output)


def leave_out(output: Output, destination: Path) -> None:
    """Take away whatever an earlier decision had put into the cleaned dataset for an output. Repeating is safe.

    Args:
        output: what is left out, for instance because it can't be read any more.
        destination: as for `rewrite`.
    """
    if output.format.is_one_file:
        destination.unlink(missing_ok=True)
        return
    if output.format is Format.TABLE:
        (destination / output.name).unlink(missing_ok=True)
    for name in (name for shard in output.shards for name in shard.files):
        take_away(name, sub_folder(output, destination))


def sub_folder(output: Output, destination: Path) -> Path:
    """Return where the files of an output go: the place of its source in the cleaned dataset."""
    return (destination / output.name).parent


def require_unchanged(output: Output) -> None:
    """Refuse an output whose inputs are no longer what was scanned.

    Raises:
        ShardError: an input is gone, or has changed since it was scanned.
    """
    for shard in output.shards:
        if current_fingerprint(shard) != shard.fingerprint:
            raise ShardError(
                "an input of the shard has changed since it was scanned", reason=GapReason.CHANGED_SINCE_SCAN,
                advice="Scan the dataset again.",
            )  # fmt: skip
