"""The sample: what `make run` shows is what was planted, and a difference is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "ONCE": "1"},
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample") / "sample"
    done = run("run_sample.py", "--out", root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.mark.slow
def test_every_record_of_the_sample_becomes_what_was_planted(sample: Path) -> None:
    assert run("compare.py", sample / "data", sample / "result").returncode == 0
    for name in ("clean", "manifest.parquet", "card.html", "certificate.json"):
        assert (sample / "result" / name).exists()


@pytest.mark.slow
def test_one_record_that_became_something_else_is_noticed(sample: Path, tmp_path: Path) -> None:
    planted = json.loads((sample / "data" / "planted.json").read_text())
    held = next(record for record in planted if record["action"] == "hold")
    held["action"] = "allow"
    (tmp_path / "planted.json").write_text(json.dumps(planted))
    done = run("compare.py", tmp_path, sample / "result")
    assert done.returncode == 1
    assert "hold instead of allow" in done.stdout


@pytest.mark.slow
def test_a_record_that_is_missing_from_the_manifest_is_noticed(sample: Path, tmp_path: Path) -> None:
    planted = json.loads((sample / "data" / "planted.json").read_text())
    planted.append({**planted[0], "key": "never-written"})
    (tmp_path / "planted.json").write_text(json.dumps(planted))
    assert run("compare.py", tmp_path, sample / "result").returncode == 1


@pytest.mark.slow
def test_no_plaintext_of_a_removed_picture_is_left_in_the_result_or_the_home(sample: Path) -> None:
    from safehold.media.signature_picture import test_signature_png

    signature = test_signature_png()
    files = [path for folder in ("result", "home") for path in (sample / folder).rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if signature[60:400] in path.read_bytes()]


def test_a_folder_that_is_no_sample_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = run("run_sample.py", "--out", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_record_that_separation_took_out_says_so_in_the_manifest(sample: Path) -> None:
    rows = pq.read_table(sample / "result" / "manifest.parquet", columns=["action", "rules", "confirmed"]).to_pylist()
    taken = [row["rules"] for row in rows if row["action"] == "deny" and not row["confirmed"]]
    assert taken
    assert all(rules[0] == "separation" for rules in taken)
    assert not any("separation" in row["rules"] for row in rows if row["action"] != "deny")
