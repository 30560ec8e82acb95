"""Overlaps of sources and output: an output within a source would be the next scan's input, and the other way round."""

from collections.abc import Sequence
from pathlib import Path

from safehold.datasets.errors import OverlapError
from safehold.datasets.sources import Format, Mix, is_remote, local_path

_ADVICE = "Choose an --out folder beside the sources."


def require_outside(out: Path, sources: Sequence[str]) -> None:
    """Refuse an output folder that is a source folder or lies within one.

    Raises:
        OverlapError: it is, or does.
    """
    root = out.resolve()
    for source in sources:
        if not is_remote(source) and (folder := local_path(source)).is_dir() and root.is_relative_to(folder.resolve()):
            raise OverlapError(f"{out} lies in the source {source}: it would be read as one", advice=_ADVICE)


def require_no_input_within(out: Path, mix: Mix) -> None:
    """Refuse an output folder that inputs lie in.

    Raises:
        OverlapError: one does.
    """
    root = out.resolve()
    if not root.exists():
        return
    for location in dict.fromkeys(place for shard in mix.shards for place in (shard.location, shard.root)):
        if not is_remote(location) and local_path(location).resolve().is_relative_to(root):
            raise OverlapError(f"{location} lies in {out}: it would be overwritten", advice=_ADVICE)
    tables = [shard for shard in mix.shards if shard.format is Format.TABLE and not is_remote(shard.location)]
    for path in (local_path(shard.root).resolve() / name for shard in tables for name in shard.files):
        if path.is_relative_to(root):
            raise OverlapError(f"{path} lies in {out}: it would be overwritten", advice=_ADVICE)
