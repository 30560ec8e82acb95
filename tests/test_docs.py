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


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (DOCS / "threat-model.md").read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [name for file, name in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")] == []


def test_nothing_shipped_assigns_a_severity() -> None:
    """A1 to B2 are for trained people and trusted lists; but for the one table of labels, they are no value here."""
    table = ROOT / "src/safehold/cases/axes.py"
    shipped = [path for path in (*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.yaml")) if path != table]
    value = re.compile(r"""["'][AB][12]["']|[:=\[]\s*[AB][12]\b|^\s*[AB][12]\s*=""", re.MULTILINE)
    assert [file.name for file in shipped if value.search(file.read_text(encoding="utf-8"))] == []


def test_the_repository_stores_no_media_but_the_pages_pictures() -> None:
    """Tests, the sample and the benchmarks make theirs by code, so that all of it can be read."""
    kinds = re.compile(r"\.(jpe?g|png|gif|webp|bmp|tiff?|mp4|mov|webm|mkv|avi|mp3|wav|tar|parquet|zip)$", re.IGNORECASE)
    folders = ("src", "tests", "docs", "examples", "benchmarks")
    stored = [path for folder in folders for path in (ROOT / folder).rglob("*") if kinds.search(path.name)]
    assert [path for path in stored if path.parent != DOCS / "images"] == []
