import hashlib
import io
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Places
from tests.unit.home.rows import add_bank, banks

from safehold.home import (
    BackupBrokenError,
    HomeBusyError,
    HomeNotEmptyError,
    HomeTooNewError,
    private_folder,
    write_atomic,
)
from safehold.home.backup import backup
from safehold.home.home import Home
from safehold.home.restore import restore
from safehold.home.schema import REVISIONS
from safehold.vocabulary import SystemClock

PRIVATE = {"keys/installation.key", "keys/vault.key"}
PUBLIC = {
    "safehold.db",
    "banks/industry/1-ab.parquet",
    "vault/objects/0a",
    "vault/shares/amira/0a",
    "keys/custodians/amira.pub",
    "keys/custodians/threshold",
}


@pytest.fixture
def home(chosen_places: Places, tmp_path: Path) -> Home:
    opened = chosen_places.open(tmp_path / "home", SystemClock())
    for name in (PUBLIC | PRIVATE | {"indexes/segment/manifest", "vault/.0b.tmp"}) - {"safehold.db"}:
        folder = opened.path
        for part in Path(name).parts[:-1]:
            folder = private_folder(folder / part)
        write_atomic(opened.path / name, name.encode() * 1000)
    with opened.database.writing() as connection:
        add_bank(connection)
    return opened


@pytest.fixture
def archive(home: Home, tmp_path: Path) -> Path:
    backup(home, tmp_path / "a.tar", with_private_keys=True)
    return tmp_path / "a.tar"


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        return {member.name: file.read() for member in opened if (file := opened.extractfile(member))}


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None], *extra: tarfile.TarInfo) -> Path:
    """Write the archive again after a change of its members; further headers go before the manifest."""
    content = members(archive)
    change(content)
    with tarfile.open(archive, "w") as opened:
        for header in extra:
            opened.addfile(header, io.BytesIO(b"x" * header.size))
        for name, data in content.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            opened.addfile(header, io.BytesIO(data))
    return archive


def listed(content: dict[str, bytes], name: str, data: bytes) -> None:
    """Add a member and list it in the manifest, as somebody would who makes an archive by hand."""
    manifest = json.loads(content.pop("manifest.json"))
    manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    content[name] = data
    content["manifest.json"] = json.dumps(manifest).encode()


def nothing_was_restored(tmp_path: Path) -> bool:
    return sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "home"]


def test_a_backup_comes_back_whole(archive: Path, home: Home, tmp_path: Path) -> None:
    manifest = restore(archive, tmp_path / "new")
    assert manifest.has_private_keys
    with Home.open(tmp_path / "new", SystemClock()) as new, new.database.reading() as connection:
        assert banks(connection) == ["e"]
        for name in (PUBLIC | PRIVATE) - {"safehold.db"}:
            assert (new.path / name).read_bytes() == (home.path / name).read_bytes()
        rights = {stat.S_IMODE(path.stat().st_mode) for path in new.path.rglob("*")}
    assert rights == {0o700, 0o600}


def test_private_keys_stay_at_home_unless_asked_for(home: Home, tmp_path: Path) -> None:
    manifest = backup(home, tmp_path / "b.tar")
    assert not manifest.has_private_keys
    assert set(members(tmp_path / "b.tar")) == PUBLIC | {"manifest.json"}
    assert b"installation.key" not in (tmp_path / "b.tar").read_bytes()


def test_indexes_and_unfinished_files_are_left_out(archive: Path) -> None:
    assert set(members(archive)) == PUBLIC | PRIVATE | {"manifest.json"}


def test_an_archive_is_private(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_an_archive_is_never_overwritten(archive: Path, home: Home) -> None:
    before = archive.read_bytes()
    with pytest.raises(HomeNotEmptyError):
        backup(home, archive)
    assert archive.read_bytes() == before


def test_no_backup_is_made_while_a_command_writes(home: Home, tmp_path: Path) -> None:
    with home.lock(), pytest.raises(HomeBusyError):
        backup(home, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_a_backup_holds_one_moment_though_the_database_is_written_meanwhile(home: Home, tmp_path: Path) -> None:
    with home.database.writing() as connection:
        add_bank(connection, "open")
        backup(home, tmp_path / "b.tar")
    (tmp_path / "copy.db").write_bytes(members(tmp_path / "b.tar")["safehold.db"])
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT name FROM banks").fetchall() == [("e",)]
    copy.close()


def test_a_link_in_a_home_stops_the_backup(home: Home, tmp_path: Path) -> None:
    (home.vault / "link").symlink_to("/etc/hostname")
    with pytest.raises(BackupBrokenError):
        backup(home, tmp_path / "b.tar")
    assert not any(path.suffix in {".tmp", ".tar"} for path in [*tmp_path.iterdir(), *home.path.iterdir()])


def test_a_home_that_holds_something_is_never_overwritten(archive: Path, home: Home, tmp_path: Path) -> None:
    for place in (home.path, archive):
        with pytest.raises(HomeNotEmptyError):
            restore(archive, place)
    assert nothing_was_restored(tmp_path)


def test_an_empty_folder_may_become_the_home(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir(mode=0o755)
    restore(archive, tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def drop_share(content: dict[str, bytes]) -> None:
    del content["vault/shares/amira/0a"]


def flip_share(content: dict[str, bytes]) -> None:
    content["vault/shares/amira/0a"] = b"X" + content["vault/shares/amira/0a"][1:]


def add_share(content: dict[str, bytes]) -> None:
    manifest = content.pop("manifest.json")
    content.update({"vault/shares/amira/0b": b"added", "manifest.json": manifest})


def drop_manifest(content: dict[str, bytes]) -> None:
    del content["manifest.json"]


def drop_database(content: dict[str, bytes]) -> None:
    manifest = json.loads(content.pop("manifest.json"))
    del manifest["files"]["safehold.db"], content["safehold.db"]
    content["manifest.json"] = json.dumps(manifest).encode()


def spoil_manifest(content: dict[str, bytes]) -> None:
    content["manifest.json"] = b'{"files": []}'


def nest_manifest(content: dict[str, bytes]) -> None:
    content["manifest.json"] = 200_000 * b"["


def rename_schema(content: dict[str, bytes]) -> None:
    content["manifest.json"] = content["manifest.json"].replace(b"safehold.backup/1", b"another.backup/1")


def follow_manifest(content: dict[str, bytes]) -> None:
    content["vault/late"] = b"late"


@pytest.mark.parametrize(
    "change",
    [
        *(drop_share, flip_share, add_share, drop_manifest, drop_database),
        *(spoil_manifest, nest_manifest, rename_schema, follow_manifest),
    ],
)
def test_an_altered_archive_restores_nothing(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    rewritten(archive, change)
    with pytest.raises(BackupBrokenError) as caught:
        restore(archive, tmp_path / "new")
    assert "nothing was restored" in caught.value.advice
    assert nothing_was_restored(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        *("../escaped", "/safehold-escaped", "vault/../../escaped", "vault/../escaped", "escaped", "indexes/escaped"),
        *("vault", "vault//escaped", "./vault/escaped", "safehold.db/escaped", "vault/./escaped"),
    ],
)
def test_no_file_is_written_outside_its_place_even_when_listed(archive: Path, tmp_path: Path, name: str) -> None:
    rewritten(archive, lambda content: listed(content, name, b"escaped"))
    with pytest.raises(BackupBrokenError):
        restore(archive, tmp_path / "new")
    assert nothing_was_restored(tmp_path)
    assert not Path("/safehold-escaped").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_devices_and_folders_are_refused(archive: Path, tmp_path: Path, kind: bytes) -> None:
    header = tarfile.TarInfo("vault/objects")
    header.type, header.linkname = kind, "../../.."
    rewritten(archive, lambda _: None, header)
    with pytest.raises(BackupBrokenError, match="plain file"):
        restore(archive, tmp_path / "new")
    assert nothing_was_restored(tmp_path)


def test_a_file_given_twice_is_refused(archive: Path, tmp_path: Path) -> None:
    header = tarfile.TarInfo("vault/objects/0a")
    header.size = 10
    rewritten(archive, lambda _: None, header)
    with pytest.raises(BackupBrokenError, match="twice"):
        restore(archive, tmp_path / "new")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9])
def test_a_cut_off_archive_restores_nothing(archive: Path, tmp_path: Path, part: float) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(BackupBrokenError):
        restore(archive, tmp_path / "new")
    assert nothing_was_restored(tmp_path)


def test_what_is_no_archive_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"hello" * 1000)
    with pytest.raises(BackupBrokenError):
        restore(tmp_path / "a.tar", tmp_path / "new")


def test_the_backup_of_a_later_version_is_refused(archive: Path, tmp_path: Path) -> None:
    def later(content: dict[str, bytes]) -> None:
        content["manifest.json"] = content["manifest.json"].replace(
            f'"revision": "{REVISIONS[-1]}"'.encode(), b'"revision": "9999"'
        )

    rewritten(archive, later)
    with pytest.raises(HomeTooNewError, match="9999"):
        restore(archive, tmp_path / "new")
    assert nothing_was_restored(tmp_path)


_RESTORE = """
import os, signal, sys
from pathlib import Path
from safehold.home.restore import restore

left = int(sys.argv[3])

def die_at_the_nth_file(event, arguments):
    global left
    if event in {"open", "os.rename", "os.mkdir"} and "new" in str(arguments[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die_at_the_nth_file)
restore(Path(sys.argv[1]), Path(sys.argv[2]))
print("done")
"""


@pytest.mark.parametrize("step", [1, 2, 30, 100, 140, 180, 220, 1000])
def test_a_killed_restore_leaves_a_whole_home_or_none_and_can_be_repeated(
    home: Home, tmp_path: Path, step: int
) -> None:
    for number in range(100):
        write_atomic(home.vault / "objects" / f"{number:04x}", bytes(1000))
    backup(home, tmp_path / "a.tar", with_private_keys=True)
    command = [sys.executable, "-c", _RESTORE, str(tmp_path / "a.tar"), str(tmp_path / "new"), str(step)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
    assert (tmp_path / "new").exists() or ended.returncode != 0
    if not (tmp_path / "new").exists():
        restore(tmp_path / "a.tar", tmp_path / "new")
    found = {path.relative_to(tmp_path / "new") for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert len(found) == 100 + len(PUBLIC | PRIVATE)
    assert not list(tmp_path.glob(".new*"))


def test_a_full_disk_during_backup_leaves_nothing(home: Home, chosen_places: Places, tmp_path: Path) -> None:
    (home.vault / "big").write_bytes(os.urandom(3_000_000))
    program = (
        "import os, resource, signal, sys\nfrom pathlib import Path\nfrom safehold.home.backup import backup\n"
        "from safehold.home.home import Home\nfrom safehold.settings import load_settings\n"
        "from safehold.vocabulary import SystemClock\n"
        "server = load_settings(Path(sys.argv[1]), os.environ).server()\n"
        "home = Home.open(Path(sys.argv[1]), SystemClock(), server=server)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try:\n    backup(home, Path(sys.argv[2]))\nexcept OSError as error:\n    print(type(error).__name__)\n"
    )
    command = [sys.executable, "-c", program, str(home.path), str(tmp_path / "b.tar")]
    environment = chosen_places.environment(home.path)
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout == "OSError\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert not list(home.path.glob(".*.tmp"))
