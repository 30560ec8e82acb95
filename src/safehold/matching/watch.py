"""Watching a home's database: whether anybody has committed a change since one last looked.

SQLite counts commits for every connection; asking costs a few microseconds and reads nothing. Any change counts, of
banks or of anything else. A server counts nothing of that kind: there the answer is always that something may have
changed, and the banks' versions are read.

Source: SQLite documentation, "PRAGMA data_version", https://sqlite.org/pragma.html#pragma_data_version.

    watch = ChangeWatch(home.database.path)
    if watch.has_changed(): ...
"""

import sqlite3
from pathlib import Path
from threading import Lock


class ChangeWatch:
    """Look whether a database has changed; threads may share it.

    Args:
        database: the file; None on a server.
    """

    def __init__(self, database: Path | None) -> None:
        self._connection = None if database is None else _connected(database)
        self._lock = Lock()
        self._seen = -1

    def has_changed(self) -> bool:
        """Whether anybody has committed a change since the last call; true at the first, and where it can't be told."""
        if self._connection is None:
            return True
        with self._lock:
            try:
                (found,) = self._connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:  # whoever reads the banks next learns in what state the database is
                return True
            before, self._seen = self._seen, found
        return bool(found != before)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()


def _connected(database: Path) -> sqlite3.Connection:
    address = f"{database.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
