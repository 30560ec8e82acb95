import errno
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from safehold.datasets.sources.places.output import HashingWriter, link_or_copy, write_hashed


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"red cube" * 1000)
    return path


@pytest.fixture
def other_device(tmp_path: Path) -> Iterator[Path]:
    """A folder on a device to which nothing in `tmp_path` can be linked."""
    memory = Path("/dev/shm")  # noqa: S108  # a memory file system is what is wanted
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is only one device")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_a_second_name_and_nothing_else_appears(source: Path, tmp_path: Path) -> None:
    link_or_copy(str(source), tmp_path / "out" / "name")
    assert (tmp_path / "out" / "name").read_bytes() == source.read_bytes()
    assert names_in(tmp_path / "out") == ["name"]


def test_linking_replaces_what_was_there(source: Path, tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"old")
    link_or_copy(f"file://{source}", tmp_path / "name")
    assert (tmp_path / "name").read_bytes() == source.read_bytes()


def test_what_cannot_be_linked_is_copied(source: Path, other_device: Path) -> None:
    link_or_copy(str(source), other_device / "out" / "name")
    assert (other_device / "out" / "name").read_bytes() == source.read_bytes()
    assert (other_device / "out" / "name").stat().st_nlink == 1
    assert names_in(other_device / "out") == ["name"]


def test_a_source_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        link_or_copy(str(tmp_path / "gone"), tmp_path / "out" / "name")
    assert names_in(tmp_path / "out") == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"old")

    def fill(out: HashingWriter) -> None:
        out.write(b"new")
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(OSError, match="no space left"):
        write_hashed(tmp_path / "name", fill)
    assert (tmp_path / "name").read_bytes() == b"old"
    assert names_in(tmp_path) == ["name"]
