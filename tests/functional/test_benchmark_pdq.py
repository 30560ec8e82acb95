import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_benchmark_prints_one_line_with_both_sides_and_their_agreement() -> None:
    pytest.importorskip("pdqhash")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pdq", "--json", "--size", "96"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (only,) = done.stdout.splitlines()
    result = json.loads(only)
    assert {"name", "ours", "other", "ratio", "unit", "cores_obtained", "agreement"} <= result.keys()
    assert result["agreement"]["max_bits"] <= 4
