"""Files that commands write: where they can be made, and never over something else."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safehold.media.signature_picture import test_signature_png

Call = Callable[..., Any]
Command = tuple[str, ...]

WRITERS: dict[str, Command] = {
    "checkpoint": ("ledger", "checkpoint", "--out"),
    "ledger": ("ledger", "export", "--out"),
    "bank": ("bank", "export", "made-up", "--out"),
    "signature": ("doctor", "--write-test-signature"),
    "key": ("vault", "keygen", "amira", "--out"),
    "backup": ("backup",),
}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, call: Call, tmp_path: Path) -> Command:
    """Return a command that writes the file named after it."""
    hashes = tmp_path / "hashes.csv"
    hashes.write_text(f"algorithm,value\nsha256,{hashlib.sha256(b'made-up').hexdigest()}\n")
    call("bank", "import", "made-up", hashes, "--class", "test", "--onward-sharing", "--terms", "free")
    return WRITERS[request.param]


def test_a_file_of_somebody_is_never_written_over(call: Call, writer: Command, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("mine")
    said = call(*writer, thesis)
    assert said.code == 2
    assert said.data["error"]["advice"]
    assert thesis.read_text() == "mine"
    assert not list(tmp_path.glob(".safehold-*"))


def test_a_file_is_made_where_none_is_and_nothing_beside_it(call: Call, writer: Command, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    assert call(*writer, folder / "made").code == 0
    assert [path.name for path in folder.iterdir()] == ["made"]


@pytest.mark.parametrize("place", ["no-such-folder/made", "a-folder", "hashes.csv/made"])
def test_a_place_where_no_file_can_be_is_a_usage_error(call: Call, writer: Command, tmp_path: Path, place: str) -> None:
    (tmp_path / "a-folder").mkdir()
    said = call(*writer, tmp_path / place)
    assert said.code == 2
    assert "folder" in said.data["error"]["message"]
    assert said.data["error"]["advice"]
    assert not list((tmp_path / "a-folder").iterdir())


def test_writing_the_same_again_is_no_overwriting(call: Call, tmp_path: Path) -> None:
    for arguments in (("doctor", "--write-test-signature"), ("ledger", "checkpoint", "--out")):
        path = tmp_path / arguments[0]
        assert call(*arguments, path).code == 0
        before = path.stat()
        assert call(*arguments, path).code == 0
        assert path.stat().st_ino == before.st_ino, "it was left as it is"
    assert (tmp_path / "doctor").read_bytes() == test_signature_png()


def test_a_link_to_nowhere_is_not_replaced(call: Call, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere" / "file")
    assert call("ledger", "checkpoint", "--out", link).code == 2
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["a.txt", "b.parquet", "c.zip", "d.tar"])
def test_a_file_that_is_no_dataset_is_named_itself_not_its_folder(call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / "other.txt").write_text("beside it")
    (tmp_path / name).write_bytes(b"" if name == "d.tar" else b"{PAR1 PK\x03\x04")
    said = call("dataset", "scan", tmp_path / name, "--out", tmp_path / "out")
    assert said.code == 2
    assert str(tmp_path / name) in said.data["error"]["message"]
    assert said.data["error"]["advice"]


def test_a_shard_that_may_not_be_read_is_about_access_rights(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"nothing")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    said = call("dataset", "scan", path, "--out", tmp_path / "out")
    assert said.code == 2
    assert "access rights" in said.data["error"]["advice"]
