"""Media files that a name stands for: read where they are, or said why not; placed again, or taken away."""

import contextlib
import os
from pathlib import Path

from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.places.blobs import mapped
from safehold.datasets.sources.places.location import is_remote, join, local_path
from safehold.datasets.sources.places.output import link_or_copy
from safehold.datasets.sources.places.stamps import stamp
from safehold.datasets.sources.records.names import is_unsafe, split_name, spoken
from safehold.datasets.sources.records.record import Member, gap
from safehold.vocabulary import Gap, GapReason


def open_media(root: str, name: str, *, place: str = "") -> Member | Gap:
    """Return the file of a name below a dataset's root, or the gap that stands for it.

    A name that leads outside, by itself or through a link, is UNSAFE_MEMBER; it is not read.

    Args:
        root: the folder of the dataset.
        name: relative to the root.
        place: what a gap says it is about; by default the name's extension.
    """
    extension = split_name(name)[1]
    place = place or extension
    if leads_outside(root, name):
        return gap(GapReason.UNSAFE_MEMBER, place)
    try:
        blob = mapped(join(root, name))
    except ShardError as error:
        return gap(error.reason, place)
    if not blob.size:
        return gap(GapReason.EMPTY, place)
    return Member(spoken(name), spoken(extension), blob.view(0, blob.size))


def fault_of(root: str, name: str, place: str) -> Gap | None:
    """Return the gap that stands for a name that leads outside or to nothing, or None where there is a file."""
    if leads_outside(root, name):
        return gap(GapReason.UNSAFE_MEMBER, place)
    try:
        stamp(join(root, name))
    except ShardError as error:
        return gap(error.reason, place)
    return None


def leads_outside(root: str, name: str) -> bool:
    """Return whether a name leads out of the dataset's root."""
    if is_unsafe(name):
        return True
    if is_remote(root):
        return False
    path = os.path.realpath(join(str(local_path(root)), name))
    return os.path.commonpath([path, os.path.realpath(local_path(root))]) != os.path.realpath(local_path(root))


def place(root: str, name: str, destination: Path) -> int:
    """Put a kept file into the cleaned dataset under its own name and return its size.

    Raises:
        ShardError: it is gone.
        OSError: the disk is full or failing.
    """
    target = destination / name
    link_or_copy(join(root, name), target)
    return target.stat().st_size


def take_away(name: str, destination: Path) -> None:
    """Remove a file that an earlier decision had put into the cleaned dataset."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        (destination / name).unlink()
