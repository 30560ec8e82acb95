"""Locations: local paths and fsspec URLs, as text that means the same in every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from safehold.datasets.sources.errors import ShardError
from safehold.vocabulary import GapReason


def is_remote(location: str) -> bool:
    """Return whether a location is an fsspec URL; `file://` is not remote."""
    return "://" in location and not location.startswith("file://")


def local_path(location: str) -> Path:
    """Return the path of a local location."""
    return Path(location.removeprefix("file://"))


def filesystem_of(location: str) -> tuple[Any, str]:
    """Return the file system of a location and the path in it; nothing is listed or cached between two commands."""
    filesystem, path = fsspec.core.url_to_fs(location, use_listings_cache=False)
    return filesystem, path


def join(location: str, name: str) -> str:
    """Return the location of a name below a folder."""
    if location.endswith("://"):
        return location + name
    return f"{location.rstrip('/')}/{name}"


def parent(location: str) -> str:
    """Return the folder that a location is in."""
    folder, slash, _ = location.rpartition("/")
    if folder.endswith((":", ":/")):
        return folder.rstrip("/") + "//"
    return folder or slash or "."


@contextmanager
def as_shard_error() -> Iterator[None]:
    """Say of a file that can't be opened why its shard can't be read."""
    try:
        yield
    except FileNotFoundError as error:
        raise ShardError("an input of the shard is gone", reason=GapReason.MISSING) from error
    except OSError as error:
        raise ShardError("an input of the shard can't be read", reason=GapReason.UNREADABLE) from error
