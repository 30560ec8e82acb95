"""A decoding child loads what it opens files with, and nothing that belongs to the home."""

import subprocess
import sys

FOREIGN = (
    "sqlalchemy", "alembic", "sqlite3", "nacl", "jinja2", "click", "rich", "pydantic", "yaml", "safehold.vault",
    "safehold.ledger",
)  # fmt: skip


def test_a_decoding_child_loads_neither_the_database_nor_keys() -> None:
    """It starts faster, and what a hostile file may take over holds less."""
    program = f"import sys, safehold.datasets.scan.child\nprint(*(name for name in {FOREIGN} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
