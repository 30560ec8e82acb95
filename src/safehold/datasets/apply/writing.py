"""Writing one output of the cleaned dataset: linked whole, written again without what goes, or left out.

for folder in fate.kept: write_side(layout, output, folder, fate)

Nothing here is shared between outputs, so several may be written at a time.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from safehold.datasets.layout import Layout
from safehold.datasets.sources import Format, Output, ShardError, is_kept_whole, leave_out, link_or_copy, rewrite
from safehold.home.files import shared_folder, shut

_DECODED_AT_ONCE = frozenset({Format.PARQUET, Format.METADATA})
"""Formats of which nothing is written unless decoding children got through all of it: here, memory has no limit."""


class Method(Enum):
    """How an output came into the cleaned dataset."""

    LINKED = "linked"
    REWRITTEN = "rewritten"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class AppliedSide:
    """What one side got of an output.

    Attributes:
        folder: the side's folder.
        method: how.
        sha256: the written file's digest, as hex; "" if the output is several files or was left out.
        kept: how many records it holds.
        stamp: what changes when somebody changes the written file, even if they set its time back: size, times, and
            which file it is; "" as for `sha256`. Of a hard link it also changes with the source, and with each link.
    """

    folder: str
    method: Method
    sha256: str
    kept: int
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an output's records.

    Attributes:
        kept: keys to keep, by side folder.
        sealed: keys of the records whose originals are sealed first.
        records: how many there are.
        is_whole: whether every shard was read to its end.
        is_fresh: whether every shard was read by this very command.
        content: digests of the inputs, joined.
    """

    kept: dict[str, frozenset[str]]
    sealed: frozenset[str]
    records: int
    is_whole: bool
    is_fresh: bool
    content: str

    @property
    def size(self) -> int:
        """Return how many records there are; one more, that can't be kept, if the input was not read to its end."""
        return self.records if self.is_whole else self.records + 1


def write_sides(layout: Layout, output: Output, fate: Fate) -> list[AppliedSide]:
    """Give an output its place on every side, and say what each got; its stamp is not taken yet.

    Raises:
        ShardError: an input is gone, or has changed since it was scanned.
        OSError: the disk is full or failing.
    """
    return [_write(layout, output, folder, fate) for folder in fate.kept]


def _write(layout: Layout, output: Output, folder: str, fate: Fate) -> AppliedSide:
    root, kept = shared_folder(layout.root / folder), fate.kept[folder]
    shut(root)
    destination = root / output.name if output.format.is_one_file else root
    shared_folder(destination.parent)
    if fate.is_whole and len(kept) == fate.records and is_kept_whole(output, kept.__contains__):
        link_or_copy(output, destination)
        digest = fate.content if output.format.is_one_file and len(output.shards) == 1 else ""
        return AppliedSide(folder, Method.LINKED, digest, len(kept))
    if not fate.is_whole and (not kept or output.format in _DECODED_AT_ONCE):
        return _left_out(output, folder, destination)
    try:
        rewritten = rewrite(output, kept.__contains__, destination)
    except ShardError:
        if fate.is_whole:
            raise
        return _left_out(output, folder, destination)
    digest = rewritten.sha256 if output.format.is_one_file else ""
    return AppliedSide(folder, Method.REWRITTEN, digest, rewritten.kept)


def _left_out(output: Output, folder: str, destination: Path) -> AppliedSide:
    leave_out(output, destination)
    return AppliedSide(folder, Method.LEFT_OUT, "", 0)
