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
def test_nobody_else_writes_to_the_output_whatever_the_umask(
    call: Call, source: Path, tmp_path: Path, *, is_there: bool
) -> None:
    out = tmp_path / "out"
    if is_there:
        out.mkdir(mode=0o777)
    assert call("dataset", "scan", source, "--out", out).code == 0
    places = [out, *(path for path in out.rglob("*") if not path.is_symlink())]
    hard_links = {path for path in (out / "clean").rglob("*") if path.is_file()}  # their rights are the source's
    assert [path for path in places if path not in hard_links and path.stat().st_mode & stat.S_IWOTH] == []
    assert stat.S_IMODE((out / ".safehold").stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "manifest.parquet").stat().st_mode) == 0o600


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_those_may_read_the_cleaned_data_whom_the_umask_lets(call: Call, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o755)
    (source / "deep" / "3.png").write_bytes(b"")
    assert call("dataset", "scan", source, "--out", out).code != 2
    for folder in (out, out / "clean", out / "clean" / "deep"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((out / "clean" / "deep" / "1.png").stat().st_mode) == 0o644
    assert stat.S_IMODE((out / ".safehold").stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "manifest.parquet").stat().st_mode) == 0o600


def test_a_folder_that_is_not_ours_to_write_is_refused_and_left_as_it_is(
    call: Call, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o555)
    assert call("dataset", "scan", source, "--out", out).code == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o555
    assert list(out.iterdir()) == []


def test_an_output_within_a_source_or_around_one_is_refused_before_anything_is_written(
    call: Call, source: Path
) -> None:
    for out in (source, source / "out", source / "deep" / "more" / "out", source.parent):
        assert call("dataset", "scan", source, "--out", out).code == 2
    assert call("dataset", "scan", source / "deep" / "1.png", "--out", source / "deep").code == 2
    assert sorted(path.name for path in source.rglob("*")) == ["1.png", "2.png", "deep"]


def test_a_source_that_holds_an_output_of_ours_is_refused(call: Call, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("dataset", "scan", source, "--out", out).code == 0
    for again in (out, out.parent, out / "manifest.parquet"):
        said = call("dataset", "scan", again, "--out", tmp_path.parent / f"{tmp_path.name}-second")
        assert said.code == 2
    assert not (tmp_path.parent / f"{tmp_path.name}-second").exists()
    assert call("dataset", "scan", out / "clean", "--out", tmp_path / "second").code == 0


def test_a_source_named_twice_or_within_another_is_refused(call: Call, source: Path, tmp_path: Path) -> None:
    out, link = tmp_path / "out", tmp_path / "link"
    link.symlink_to(source)
    picture = source / "deep" / "1.png"
    for more in (source, f"{source}/", link, source / "deep", picture):
        assert call("dataset", "scan", source, more, "--out", out).code == 2
    assert call("dataset", "scan", picture, picture, "--out", out).code == 2
    assert not out.exists()
    assert call("dataset", "scan", picture, source / "deep" / "2.png", "--out", out).code == 0
