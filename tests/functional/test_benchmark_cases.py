"""The benchmark of cases measures right answers: each question is asked of a small home, each answer compared."""

import argparse
import json
from pathlib import Path

import pytest
from benchmarks.cases import run

pytestmark = pytest.mark.long


@pytest.mark.sqlite
def test_the_benchmark_of_cases_asks_every_question_and_compares_the_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sqlite", argparse.Namespace(cases=1500, events=1500, repeat=2, folder=tmp_path))
    *lines, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert len({line["question"] for line in lines}) == len(lines) > 20
    assert {line["database"] for line in lines} == {"sqlite"}
    assert (summary["open_cases"], summary["events"], summary["question"]) == (1500, 1500, "all")
