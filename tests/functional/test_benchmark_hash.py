import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_benchmark_prints_one_line_with_both_sides_and_their_agreement() -> None:
    pytest.importorskip("threatexchange", reason="brought by the extra bench")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hash", "--json", "--size", "96", "--seconds", "0.01"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (only,) = done.stdout.splitlines()
    result = json.loads(only)
    assert {"name", "ours", "other", "ratio", "unit", "cores_obtained", "agreement"} <= result.keys()
    assert result["agreement"]["max_bits"] <= 4
    assert result["kernel"]["same_prints_as_numpy"]
    assert result["kernel"]["bits_from_pdqhash"] <= 2
    assert {"progressive jpeg", "webp", "png", "avif"} == result["formats"].keys()
