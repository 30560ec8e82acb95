"""A row to be found again, in a table that any home has."""

import sqlalchemy as sa

_BANK = """
INSERT INTO banks (name, source, legal_basis, terms, harm_class, tier, flavour, version, created_at)
VALUES (:name, 's', 'l', '{}', 'test', 'review', 'full', 1, 't')
"""


def add_bank(connection: sa.Connection, name: str = "e") -> None:
    connection.execute(sa.text(_BANK), {"name": name})


def banks(connection: sa.Connection) -> list[str]:
    return sorted(connection.execute(sa.text("SELECT name FROM banks")).scalars())
