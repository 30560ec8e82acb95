"""Strangers: files in the cleaned dataset that no part of the mix accounts for.

A process that was killed leaves temporary files; a source that lost a shard, or a policy that no longer splits the
mix, leaves whole ones, decided by rules that hold no longer. Nobody must train on them.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from safehold.datasets.apply.sides import CLEAN, Side
from safehold.datasets.sources import Format, Mix
from safehold.home import fsync_folder


def remove_strangers(root: Path, mix: Mix, sides: tuple[Side, ...]) -> None:
    """Remove every file below the folders of cleaned data that this mix can't have put there; repeating is safe.

    A link is removed itself, and nothing that it leads to: the folders of cleaned data hold none of ours.
    """
    expected = frozenset(_names(mix))
    present = {side.folder for side in sides}
    for folder in [root / CLEAN, *sorted(root.glob(f"{CLEAN}-*"))]:
        if folder.is_symlink():
            folder.unlink()
        _remove_below(folder, expected if folder.name in present else frozenset())


def _names(mix: Mix) -> Iterator[str]:
    """Yield the names, relative to a side's folder, of everything that may be in it."""
    for output in mix.outputs:
        if output.format.is_one_file or output.format is Format.TABLE:
            yield output.name
        parent = PurePosixPath(output.name).parent
        for shard in output.shards:
            yield from ((parent / name).as_posix() for name in shard.files)
    for companion in mix.companions:
        yield companion.name


def _remove_below(folder: Path, expected: frozenset[str]) -> None:
    for inner, folders, names in os.walk(folder, topdown=False):
        here = Path(inner)
        strangers = [name for name in (*folders, *names) if (here / name).is_symlink()]
        strangers += [name for name in names if _is_stranger(here / name, folder, expected)]
        for name in strangers:
            (here / name).unlink()
        if strangers:
            fsync_folder(here)
        with contextlib.suppress(OSError):  # as long as something is in it
            here.rmdir()


def _is_stranger(path: Path, folder: Path, expected: frozenset[str]) -> bool:
    return not path.is_symlink() and path.relative_to(folder).as_posix() not in expected
