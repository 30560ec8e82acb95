"""The programs that docs/python-api.md shows run as they stand, are short, and the figures beside them are measured."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.vectors.media import jpeg

from safehold.matching import Index, bank_from
from safehold.signals import parse_pdq_rows
from safehold.vocabulary import Algorithm, HarmClass

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "python-api.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
VALUES = [f"{number:064x}" for number in range(7, 10)]
MOST_LINES = 12
"""Ten of work, beside a blank one and a loop's head."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda text: text.splitlines()[0])
def test_a_program_on_the_page_runs_and_says_something(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "picture.jpg").write_bytes(jpeg())
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "docs/python-api.md", "exec"), {"__name__": "shown"})  # noqa: S102  # our own page
    assert capsys.readouterr().out.strip()
    assert len(program.splitlines()) <= MOST_LINES


def test_the_page_shows_hashing_and_matching() -> None:
    assert len(PROGRAMS) == 5
    assert sum("safehold.matching" in program for program in PROGRAMS) == 3


def figures_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("figures", DOCS / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_table_and_plot_are_those_of_the_measured_figures() -> None:
    made: Any = figures_module()
    figures = json.loads((DOCS / "figures.json").read_text(encoding="utf-8"))
    assert made.page(figures, PAGE) == PAGE, "run: python docs/figures.py"
    assert made.plot(figures) == (DOCS / "images" / "lookups.svg").read_text(encoding="utf-8")
    recalls = {row["recall"] for engine in figures["engines"].values() for row in engine["matching"].values()}
    assert recalls == {1.0}


LISTS = {
    "threatexchange dataset -P --csv": "collab,signal_type,signal_str,category,tags\n"
    + "".join(f"SAMPLE,pdq,{value},POSITIVE_CLASS,a b\n" for value in VALUES),
    "threatexchange dataset -P -S": "".join(f"pdq {value}\n" for value in VALUES),
    "an HMA database": "algorithm,value,source_id,note\n" + "".join(f"pdq,{value},17,\n" for value in VALUES),
    "a vPDQ list": "".join(f"{number},100,{value},{number}.000\n" for number, value in enumerate(VALUES)),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_from_hma_and_threatexchange_are_read_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(LISTS[name], encoding="utf-8")
    index = Index.over([bank_from("theirs", path, harm_class=HarmClass.NCII)])
    assert np.unique(index.lookup(Algorithm.PDQ, parse_pdq_rows(VALUES)).query).tolist() == [0, 1, 2]
