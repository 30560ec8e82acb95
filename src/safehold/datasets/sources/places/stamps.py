"""Stamps: by what it is noticed that a file is no longer the one that was scanned."""

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safehold.datasets.sources.errors import ShardError
from safehold.datasets.sources.places.location import as_shard_error, filesystem_of, is_remote, local_path
from safehold.vocabulary import GapReason

_TAGS = ("ETag", "etag", "md5Hash", "content_hash", "sha256", "generation")
_TIMES = ("LastModified", "last_modified", "Last-Modified", "updated", "mtime", "modified", "modify", "created")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file's size, and a text that changes when the file does."""

    size: int
    mark: str

    @property
    def is_telling(self) -> bool:
        """Whether the mark has more than the size: else a file of the same size could take the place unnoticed."""
        return not self.mark.endswith(":")

    @classmethod
    def of_status(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of a local file."""
        return cls(status.st_size, f"{status.st_size}:{status.st_mtime_ns}")


def stamp_of_details(details: Mapping[str, Any]) -> Stamp:
    """Return the stamp of a remote file from what its file system says of it: size, and a tag or else a time.

    One mark only, since a listing and a single look-up don't say all the same of a file.
    """
    size = int(details.get("size") or 0)
    marks = (details[name] for name in (*_TAGS, *_TIMES) if details.get(name))
    return Stamp(size, f"{size}:{_moment(next(marks, ''))}")


def _moment(mark: object) -> object:
    return mark.timestamp() if isinstance(mark, dt.datetime) else mark


def regular(location: str) -> os.stat_result:
    """Return the status of a local file; a pipe that took its place would be waited for without end.

    Raises:
        ShardError: it is no regular file.
        OSError: it is gone or can't be looked at.
    """
    status = local_path(location).stat()
    if not stat.S_ISREG(status.st_mode):
        raise ShardError("it is no regular file", reason=GapReason.UNREADABLE)
    return status


def stamp(location: str) -> Stamp:
    """Return a file's stamp as it is now.

    Raises:
        ShardError: it is gone or can't be read.
    """
    with as_shard_error():
        if not is_remote(location):
            return Stamp.of_status(regular(location))
        filesystem, path = filesystem_of(location)
        return stamp_of_details(filesystem.info(path))


def fingerprint(stamps: Sequence[Stamp]) -> str:
    """Return one fingerprint for several inputs: the mark itself where there is only one."""
    if len(stamps) == 1:
        return stamps[0].mark
    return hashlib.sha256("\n".join(stamp.mark for stamp in stamps).encode()).hexdigest()
