"""Rewriting: one call for every format, and links for what stays whole."""

from collections.abc import Callable
from pathlib import Path

from safehold.datasets.sources import tar_write
from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.output import Rewritten
from safehold.datasets.sources.output import link_or_copy as link_file
from safehold.datasets.sources.reading import current_fingerprint
from safehold.datasets.sources.shard import Format, Output
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
    match output.format:
        case Format.TAR:
            rewritten = tar_write.rewrite(output.shards[0], keep, destination)
        case _:
            raise NotImplementedError
    require_unchanged(output)
    return rewritten


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
