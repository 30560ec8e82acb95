"""The load: how many bytes of requests one process holds at a time, with an end to it.

if not load.take(size): ...       # told to wait
load.give(size)
"""

from threading import Lock


class Load:
    """A count of bytes; threads may share it.

    Args:
        most_bytes: how many at most.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Return how many are held."""
        return self._held

    def take(self, size: int) -> bool:
        """Hold so many more; False, and nothing is held, where that would be too many."""
        with self._lock:
            if self._held + size > self._most:
                return False
            self._held += size
            return True

    def give(self, size: int) -> None:
        """Hold so many less."""
        with self._lock:
            self._held -= size
