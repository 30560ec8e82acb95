"""Overlaps: places that would be read twice, and outputs of Safehold that would be read as sources."""

import os
from collections.abc import Sequence
from pathlib import Path

from safehold.datasets.sources.errors import OutputAsSourceError, RepeatedSourceError
from safehold.datasets.sources.places.location import is_remote, local_path

RUN_RECORD = ".safehold/run.json"
"""Where an output folder of Safehold says that it is one."""


def require_distinct(places: Sequence[str], folders: Sequence[str]) -> None:
    """Refuse places that would be read twice.

    Args:
        places: every file and folder that was named.
        folders: those of them that are folders.

    Raises:
        RepeatedSourceError: a place is named twice, or lies within a folder that is named too.
    """
    real = _RealPaths()
    seen: set[str] = set()
    for place in places:
        if real.of(place) in seen:
            raise RepeatedSourceError(
                f"{place} is named twice", advice="Name each source once: what is read twice counts twice."
            )
        seen.add(real.of(place))
    named = {real.of(folder): folder for folder in folders}
    for place in places if named else ():
        for folder in _above(real.of(place)):
            if folder in named:
                raise RepeatedSourceError(
                    f"{place} is in {named[folder]}, which is named too", advice="Name the folder alone, or its files."
                )


class _RealPaths:
    """Places as they are once links are followed; each folder is asked for once."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, place: str) -> str:
        if is_remote(place):
            return place.rstrip("/")
        path = local_path(place)
        if path.is_symlink() or path.name in ("", "..", "."):
            return os.path.realpath(path)
        folder = str(path.parent)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], path.name)  # noqa: PTH118  # text, a million times


def _above(place: str) -> Sequence[str]:
    parts = place.split("/")
    return ["/".join(parts[:end]) or "/" for end in range(1, len(parts))]


def require_no_output(folder: Path) -> None:
    """Refuse a folder that is an output of Safehold.

    Raises:
        OutputAsSourceError: it is.
    """
    if (folder / RUN_RECORD).is_file():
        raise output_as_source(str(folder))


def output_as_source(folder: str) -> OutputAsSourceError:
    """Say that a folder is an output, and what to name instead."""
    return OutputAsSourceError(
        f"{folder} is an output folder of Safehold",
        advice="Name its clean folder, or move the output folder out of the source.",
    )
