"""Turns: writers of one file wait for each other in order, threads and processes alike.

SQLite lets a second writer sleep and ask again, longer each time, and whoever asks at the right moment goes first:
under load some wait for a long time. Here writers stand in line before they ask SQLite: one is *next*, one has the
*turn*, and who has just had it can't overtake who is next. Each asks every fifth of a millisecond, since a lock that is
waited for in the kernel can't be waited for with an end. A dead process leaves no lock behind.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safehold.home.errors import HomeBusyError
from safehold.home.files import FILE_MODE, unusable

_SHORTEST_SECONDS = 0.0002
_LONGEST_SECONDS = 0.005
_SHARE = 20


@contextmanager
def turn(path: Path, wait_seconds: float) -> Iterator[None]:
    """Keep every other writer of a file out who asks here.

    Args:
        path: the file; two empty ones beside it are the locks.
        wait_seconds: how long to wait for the turn.

    Raises:
        HomeBusyError: others had it for all that time.
    """
    deadline = time.monotonic() + wait_seconds
    following = _taken(f"{path}-next", deadline)
    try:
        current = _taken(f"{path}-turn", deadline)
    finally:
        os.close(following)
    try:
        yield
    finally:
        os.close(current)


def _taken(path: str, deadline: float) -> int:
    """Return a descriptor that holds the lock of a file; closing it gives the lock back."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise unusable(Path(path), error) from error
    try:
        _wait(descriptor, path, deadline)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait(descriptor: int, path: str, deadline: float) -> None:
    begun = time.monotonic()
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
        if now >= deadline:
            raise HomeBusyError(
                f"{Path(path).parent} is being written by another command", advice="Wait for it to end, then try again."
            )
        time.sleep(min(max((now - begun) / _SHARE, _SHORTEST_SECONDS), _LONGEST_SECONDS))
