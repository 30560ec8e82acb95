"""The one description of the database that every room's tables are part of."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""What every room defines its tables on, in its own ``tables.py``. Named constraints are found by migrations."""

LARGE_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""64 bits on both databases: for what is counted for ever, and for sizes in bytes."""
