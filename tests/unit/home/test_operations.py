"""The procedures of docs/operations.md are carried out by tests that are really there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/\S+?\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_the_page_names_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "procedure",
    [
        *("Backup", "Restore", "Rotating the installation key", "Loss of the installation key"),
        *("Custodians' keys, k of n", "Loss of the vault key", "Upgrading"),
        *("PostgreSQL", "How decisions become durable"),
    ],
)
def test_every_procedure_names_its_tests(procedure: str) -> None:
    section = PAGE.split(f"\n## {procedure}\n")[1].split("\n## ")[0]
    assert re.search(r"`tests/\S+::\w+`", section)
