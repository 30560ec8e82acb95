"""Where an installation's state lives: private folders, durable files, the database and its migrations, backups.

A path enters; an opened :class:`Home` leaves. Every room keeps its tables on :data:`metadata` and its files in the
home's folders, written with :mod:`safehold.home.files`.
"""

from safehold.home.backup import backup
from safehold.home.database import Database
from safehold.home.errors import (
    BackupBrokenError,
    HomeBrokenError,
    HomeBusyError,
    HomeFullError,
    HomeNotEmptyError,
    HomeTooNewError,
    HomeUnusableError,
    NotAHomeError,
)
from safehold.home.files import fsync_folder, private_folder, sweep, write_atomic
from safehold.home.home import Home
from safehold.home.restore import restore
from safehold.home.tables import metadata, waivers

__all__ = [
    "BackupBrokenError",
    "Database",
    "Home",
    "HomeBrokenError",
    "HomeBusyError",
    "HomeFullError",
    "HomeNotEmptyError",
    "HomeTooNewError",
    "HomeUnusableError",
    "NotAHomeError",
    "backup",
    "fsync_folder",
    "metadata",
    "private_folder",
    "restore",
    "sweep",
    "waivers",
    "write_atomic",
]
