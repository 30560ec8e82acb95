"""Pages that repeat the code say the same as the code; links and commands in pages exist."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from safehold.cli.edge import cli

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
WRITTEN = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "reporting-by-hand.md"])
def test_generated_pages_say_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == generator().PAGES[page](), "run: make docs"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    shown = re.findall(r"^(?:\$ )?safehold ([a-z][^\n`]*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line for line in shown if not _exists(line.split())] == []


def _exists(words: list[str]) -> bool:
    context = click.Context(cli)
    declared = cli.get_command(context, words[0])
    if isinstance(declared, click.Group):
        return len(words) > 1 and declared.get_command(context, words[1]) is not None
    return declared is not None


def test_every_decision_is_listed() -> None:
    listed = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    for page in sorted((DOCS / "adr").glob("0*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, words = title.partition(". ")
        assert f"{number}. [{words}]({page.name})" in listed
