import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from safehold.home import HomeUnusableError, private_folder, sweep, write_atomic
from safehold.home.files import (
    locked_folder,
    private_file,
    readable_mode,
    shared_folder,
    shut,
    temporary_file,
    tighten,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_written_file_has_its_bytes_and_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_atomic(tmp_path / "a", b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_bytes() == b"one"
    assert mode(tmp_path / "a") == 0o600
    assert names(tmp_path) == ["a"]


def test_a_file_can_be_given_wider_rights_on_purpose(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomic(tmp_path / "a", b"one", mode=0o644)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == 0o644


def test_a_writer_function_replaces_the_old_bytes(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"old and longer")

    def write(file: BinaryIO) -> None:
        file.write(b"new")

    write_atomic(tmp_path / "a", write)
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "a", write)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "nowhere" / "a", b"")


_WRITE_FOR_EVER = """
import sys, time
from pathlib import Path
from safehold.home import write_atomic

def write(file):
    file.write(b"half")
    print("writing", flush=True)
    time.sleep(60)

write_atomic(Path(sys.argv[1]) / "a", write)
"""


def test_a_sweep_spares_a_living_writer_and_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        assert sweep(tmp_path) == 0
        assert len(names(tmp_path)) == 1
        child.send_signal(signal.SIGKILL)
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == []


def test_a_sweep_spares_files_that_are_not_temporary(tmp_path: Path) -> None:
    for name in ("a.tmp", ".a", "tmp"):
        (tmp_path / name).touch()
    assert sweep(tmp_path) == 0
    assert len(names(tmp_path)) == 3


def test_a_sweep_passes_over_what_no_writer_of_ours_leaves(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".fifo.tmp")
    (tmp_path / ".link.tmp").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".folder.tmp").mkdir()
    (tmp_path / "elsewhere").touch()
    sweep(tmp_path)
    assert (tmp_path / "elsewhere").exists()
    assert (tmp_path / ".folder.tmp").is_dir()


def test_a_temporary_file_goes_unless_it_is_renamed(tmp_path: Path) -> None:
    with temporary_file(tmp_path / "a") as path:
        assert mode(path) == 0o600
    with temporary_file(tmp_path / "b") as path:
        path.rename(tmp_path / "b")
    assert names(tmp_path) == ["b"]


def test_a_new_folder_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private_folder(tmp_path / "deep" / "folder")
    finally:
        os.umask(before)
    assert mode(tmp_path / "deep" / "folder") == 0o700


def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o777)
    assert private_folder(folder) == folder
    assert mode(folder) == 0o700


def test_an_open_file_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    file.chmod(0o666)
    private_file(file)
    assert mode(file) == 0o600
    assert file.read_bytes() == b"kept"


@pytest.mark.parametrize("make", [private_folder, private_file])
def test_a_place_that_cannot_be_used_is_named_with_advice(tmp_path: Path, make: object) -> None:
    (tmp_path / "file").touch()
    assert callable(make)
    with pytest.raises(HomeUnusableError, match="file/inner") as caught:
        make(tmp_path / "file" / "inner")
    assert "--home" in caught.value.advice


def test_rights_that_cannot_be_tightened_are_an_error() -> None:
    with pytest.raises(HomeUnusableError):
        tighten(Path("/proc/self/status"), 0o600)


def test_a_private_file_is_never_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(HomeUnusableError):
        private_file(tmp_path / "link")


def test_a_locked_folder_keeps_others_out_until_it_is_given_back(tmp_path: Path) -> None:
    with locked_folder(tmp_path), pytest.raises(BlockingIOError), locked_folder(tmp_path, wait=False):
        pass
    with locked_folder(tmp_path, wait=False):
        pass


@pytest.mark.parametrize(
    ("umask", "folder_mode", "file_mode"), [(0, 0o775, 0o644), (0o22, 0o755, 0o644), (0o77, 0o700, 0o600)]
)
def test_a_shared_folder_is_as_the_umask_has_it_but_never_for_all_to_write(
    tmp_path: Path, umask: int, folder_mode: int, file_mode: int
) -> None:
    before = os.umask(umask)
    try:
        made = shared_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert (mode(made), mode(made.parent), readable_mode(made)) == (folder_mode, folder_mode, file_mode)


def test_what_all_may_write_to_is_shut_and_the_rest_stays(tmp_path: Path) -> None:
    for given, expected in ((0o777, 0o775), (0o750, 0o750)):
        tmp_path.chmod(given)
        shut(tmp_path)
        assert mode(tmp_path) == expected
