"""Bring the database of a home to this version's tables.

All of it happens in one transaction: after a kill in the middle the home is as it was.
"""

from pathlib import Path

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.errors import HomeTooNewError

REVISIONS = (
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"),
    *("0010", "0011", "0012", "0013", "0014", "0015", "0016", "0017"),
)
"""Every migration that this version knows, oldest first; listed so that an up-to-date home opens without Alembic."""

MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(database: Database) -> None:
    """Run the migrations that the database lacks; does nothing where none is lacking.

    Raises:
        HomeTooNewError: the database has a revision that this version doesn't know.
    """
    if revision(database) == REVISIONS[-1]:
        return
    migrate(database, REVISIONS[-1])


def revision(database: Database) -> str | None:
    """Return the revision of the database; None for a new one.

    Raises:
        HomeTooNewError: this version doesn't know it.
    """
    with database.reading() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found is None or found in REVISIONS:
        return found
    raise HomeTooNewError(
        f"this home has database revision {found}; this version of Safehold knows up to {REVISIONS[-1]}",
        advice="Use the Safehold version that last opened this home, or a later one; nothing was changed.",
    )


def migrate(database: Database, target: str) -> None:
    """Go up or down to a revision ("base" for none), all in one transaction.

    A concurrent call waits for the write lock and then finds nothing left to do.
    """
    from alembic import command  # noqa: PLC0415 - costs 0.2 s, and hardly any start needs it
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    going_down = target == "base" or (target in REVISIONS and target < (revision(database) or ""))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if going_down else command.upgrade)(config, target)
