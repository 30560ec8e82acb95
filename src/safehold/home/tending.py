"""Tending: what a database is to know of its own rows, so that it asks the right index. A worker does it now and then.

PostgreSQL's autovacuum does this by itself. SQLite never does: without figures it guesses which of two indexes leaves
fewer rows, and guesses the same for a hundred rows and a million.

    tend(home.database)
"""

from safehold.home.database import Database

SAMPLED_ROWS = 400
"""Rows of each index that are looked at: some milliseconds each, however many there are. Source: SQLite,
"PRAGMA analysis_limit" recommends 100 to 1000."""


def tend(database: Database) -> int:
    """Let SQLite look at a sample of each index, and return 1; elsewhere nothing is to do, and 0.

    It writes a few rows of SQLite's own in one short transaction. Repeating it is safe.

    Raises:
        HomeBusyError, HomeFullError: it can't be written now; nothing was changed.
    """
    if database.path is None:
        return 0
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {SAMPLED_ROWS}")
        connection.exec_driver_sql("ANALYZE")
    return 1
