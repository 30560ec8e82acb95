"""Output folders that somebody else has laid a hand on, through the command line, on a handful of harmless pictures."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Call = Callable[..., Any]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    for seed in (1, 2):
        out = io.BytesIO()
        tiles = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(tiles).resize((96, 96), Image.Resampling.NEAREST).save(out, "PNG")
        (folder / f"{seed}.png").write_bytes(out.getvalue())
    return folder.parent


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "precious.txt").write_text("not ours")
    return folder


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("where", ["clean", "clean-other", "clean/deep"])
def test_a_link_in_place_of_cleaned_data_is_not_followed(
    call: Call, source: Path, precious: Path, tmp_path: Path, where: str
) -> None:
    out = tmp_path / "out"
    assert call("dataset", "scan", source, "--out", out).code == 0
    if (out / where).exists():
        (out / where).rename(out / ".aside")
    (out / where).symlink_to(precious)
    call("dataset", "decide", out)
    assert [path.name for path in precious.iterdir()] == ["precious.txt"]
    assert not (out / where).is_symlink()
    assert call("dataset", "scan", source, "--out", out).code == 0
    assert call("dataset", "verify", out).code == 0
    assert sorted(path.name for path in (out / "clean" / "deep").iterdir()) == ["1.png", "2.png"]


def test_what_somebody_changed_in_the_cleaned_files_is_not_certified(call: Call, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("dataset", "scan", source, "--out", out).code == 0
    changed = out / "clean" / "deep" / "1.png"
    changed.unlink()
    changed.write_bytes(b"nobody examined this")
    (out / "clean" / "deep" / "2.png").unlink()
    assert call("dataset", "verify", out).code != 0
    assert call("dataset", "scan", source, "--out", out).code == 0
    for name in ("1.png", "2.png"):
        assert (out / "clean" / "deep" / name).read_bytes() == (source / "deep" / name).read_bytes()
    assert call("dataset", "verify", out).code == 0


def test_a_link_in_place_of_the_state_is_refused(call: Call, source: Path, precious: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".safehold").symlink_to(precious)
    assert call("dataset", "scan", source, "--out", tmp_path / "out").code == 2
    assert [path.name for path in precious.iterdir()] == ["precious.txt"]


@pytest.mark.usefixtures("no_umask")
@pytest.mark.parametrize("is_there", [False, True])
def test_nobody_else_enters_the_output_whatever_the_umask(
    call: Call, source: Path, tmp_path: Path, *, is_there: bool
) -> None:
    out = tmp_path / "out"
    if is_there:
        out.mkdir(mode=0o777)
    assert call("dataset", "scan", source, "--out", out).code == 0
    for folder in (out, out / "clean", out / ".safehold"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "manifest.parquet").stat().st_mode) == 0o600
