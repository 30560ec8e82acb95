"""Where an installation's state lives: private folders, durable files, the database and its migrations, backups.

A path enters; an opened :class:`safehold.home.home.Home` leaves. Every room keeps its tables on
:data:`safehold.home.tables.metadata` and its files in the home's folders, written with :mod:`safehold.home.files`.

What needs the database is imported from its own module: a decoding child writes nothing and has no home, and the
database's library would be a third of its start.
"""

from safehold.home.errors import (
    BackupBrokenError,
    DatabaseAddressError,
    DatabaseMissingError,
    DatabaseUnfitError,
    DatabaseUnreachableError,
    HomeBrokenError,
    HomeBusyError,
    HomeFullError,
    HomeNotEmptyError,
    HomeTooNewError,
    HomeUnusableError,
    LeaseLostError,
    NotAHomeError,
    TablesElsewhereError,
    UnfitJobError,
    UnknownJobError,
)
from safehold.home.files import fsync_folder, private_folder, sweep, write_atomic

__all__ = [
    "BackupBrokenError",
    "DatabaseAddressError",
    "DatabaseMissingError",
    "DatabaseUnfitError",
    "DatabaseUnreachableError",
    "HomeBrokenError",
    "HomeBusyError",
    "HomeFullError",
    "HomeNotEmptyError",
    "HomeTooNewError",
    "HomeUnusableError",
    "LeaseLostError",
    "NotAHomeError",
    "TablesElsewhereError",
    "UnfitJobError",
    "UnknownJobError",
    "fsync_folder",
    "private_folder",
    "sweep",
    "write_atomic",
]
