"""An auditor is told exactly what differs, offline, on any machine."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.orders import ScanOrder
from safehold.datasets.proof.certificate import Certificate, read_certificate, sign_certificate
from safehold.datasets.proof.checksums import checksum_lines, files_below, parse_checksums
from safehold.datasets.proof.verify import Trust, verify
from safehold.datasets.safeguard import scan
from safehold.ledger import BadSignatureError, SigningKey
from safehold.ledger.canonical import canonical
from safehold.wiring import open_workshop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("made")
    with tarfile.open(root / "00000.tar", "w") as tar:
        for key in ("a", "b"):
            info = tarfile.TarInfo(f"{key}.txt")
            info.size = 5
            tar.addfile(info, BytesIO(b"grass"))
    with open_workshop(root / "home", environment={}) as workshop:
        equipment = workshop.equipment(None)
        scan(ScanOrder((str(root / "00000.tar"),), root / "out"), equipment)
        return root / "out", equipment.key.public_key


@pytest.fixture
def out(made: tuple[Path, str], tmp_path: Path) -> Path:
    moved = tmp_path / "moved"
    shutil.copytree(made[0], moved)
    shutil.rmtree(moved / ".safehold")
    return moved


def differences(out: Path, **more: str) -> list[tuple[str, str, str]]:
    return [(one.what, one.name, one.problem) for one in verify(out, **more).differences]


def test_a_moved_output_verifies_under_the_expected_key(out: Path, made: tuple[Path, str]) -> None:
    found = verify(out, public_key=made[1])
    assert (found.trust, found.differences, found.files) == (Trust.SIGNED_BY_EXPECTED_KEY, (), 1)


def test_without_a_key_it_is_self_consistent_only(out: Path) -> None:
    assert verify(out).trust is Trust.SELF_CONSISTENT_ONLY
    assert differences(out) == []


def test_a_private_manifest_that_is_not_passed_on_is_not_checked_and_no_difference(out: Path) -> None:
    assert verify(out).unchecked == ()
    (out / "manifest.parquet").unlink()
    found = verify(out)
    assert (found.differences, found.unchecked) == ((), ("manifest.parquet", "counts"))
    (out / "manifest.parquet").symlink_to("nowhere")
    assert differences(out) == [("file", "manifest.parquet", "missing")]


def test_it_needs_no_home(out: Path, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from safehold.datasets.proof.verify import verify; "
    code += "print(verify(Path(sys.argv[1])).differences)"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "nobody")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(out)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "()"
    assert not (tmp_path / "nobody").exists()


def append(name: str) -> Callable[[Path], object]:
    return lambda out: (out / name).write_bytes((out / name).read_bytes() + b"x")


CHANGES: list[tuple[Callable[[Path], object], tuple[str, str, str]]] = [
    (append("clean/00000.tar"), ("clean file", "clean/00000.tar", "altered")),
    (lambda out: (out / "clean/00000.tar").unlink(), ("clean file", "clean/00000.tar", "missing")),
    (lambda out: (out / "clean/more.tar").write_bytes(b"x"), ("clean file", "clean/more.tar", "extra")),
    (lambda out: (out / "clean/link").symlink_to("/"), ("clean file", "clean/link", "extra")),
    (
        lambda out: ((out / "clean-other").mkdir(), (out / "clean-other/x").write_bytes(b"x")),
        ("clean file", "clean-other/x", "extra"),
    ),
    (lambda out: (out / "clean-other").symlink_to("clean"), ("clean file", "clean-other", "extra")),
    (append("summary.json"), ("file", "summary.json", "altered")),
    (append("card.html"), ("file", "card.html", "altered")),
    (lambda out: (out / "card.html").unlink(), ("file", "card.html", "missing")),
    (append("manifest.parquet"), ("file", "manifest.parquet", "altered")),
    (append("SHA256SUMS"), ("file", "SHA256SUMS", "altered")),
    (lambda out: (out / "SHA256SUMS").unlink(), ("file", "SHA256SUMS", "missing")),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_it_says_exactly_what_differs(
    out: Path, change: Callable[[Path], object], expected: tuple[str, str, str]
) -> None:
    change(out)
    assert expected in differences(out)


def test_without_checksums_no_clean_file_is_called_extra_and_none_checked(out: Path) -> None:
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"no digest\n")):
        spoil(out / "SHA256SUMS")
        found = verify(out)
        assert {one.name for one in found.differences} == {"SHA256SUMS"}
        assert (found.unchecked, found.files) == (("every clean file",), 0)


@pytest.mark.parametrize("columns", [{"other": ["allow"]}, {"action": [{"a": 1}]}])
def test_a_table_that_is_no_manifest_is_named(out: Path, columns: dict[str, list[Any]]) -> None:
    pq.write_table(pa.table(columns), out / "manifest.parquet")
    assert ("file", "manifest.parquet", "not valid") in differences(out)


def test_a_linked_clean_file_is_altered_whatever_it_leads_to(out: Path, tmp_path: Path) -> None:
    (out / "clean/00000.tar").rename(tmp_path / "elsewhere")
    (out / "clean/00000.tar").symlink_to(tmp_path / "elsewhere")
    assert differences(out) == [("clean file", "clean/00000.tar", "altered")]


def test_another_key_is_named(out: Path) -> None:
    assert differences(out, public_key="safehold-ed25519:" + "A" * 43 + "=") == [
        ("signature", "certificate.json", "wrong key")
    ]


def test_a_certificate_signed_by_somebody_else_is_found(out: Path, made: tuple[Path, str], tmp_path: Path) -> None:
    fields = dict(read_certificate(out / "certificate.json").fields)
    del fields["signature"]
    stranger = SigningKey.load_or_create(tmp_path, "stranger")
    (out / "certificate.json").write_bytes(sign_certificate(fields, stranger))
    assert differences(out, public_key=made[1]) == [
        ("signature", "certificate.json", "wrong key"),
        ("signature", "checkpoint", "wrong key"),
    ]


def test_any_altered_dropped_or_added_field_breaks_the_certificate(out: Path) -> None:
    fields = json.loads((out / "certificate.json").read_text())
    Certificate(fields).verify_signature()
    altered = [{**fields, name: "another"} for name in set(fields) - {"signature", "public_key"}]
    dropped = [
        {name: value for name, value in fields.items() if name != gone}
        for gone in set(fields) - {"signature", "public_key"}
    ]
    flipped = ("1" if fields["signature"][0] == "0" else "0") + fields["signature"][1:]
    for one in (*altered, *dropped, {**fields, "more": 1}, {**fields, "signature": flipped}):
        with pytest.raises(BadSignatureError):
            Certificate(one).verify_signature()


def test_an_altered_checkpoint_is_named(out: Path) -> None:
    fields = json.loads((out / "certificate.json").read_text())
    fields["checkpoint"]["size"] += 1
    (out / "certificate.json").write_bytes(canonical(fields) + b"\n")
    assert {("signature", "certificate.json", "not valid"), ("signature", "checkpoint", "not valid")} <= set(
        differences(out)
    )


def test_altered_counts_are_named(out: Path) -> None:
    fields = json.loads((out / "certificate.json").read_text())
    fields["records"]["allow"] += 1
    (out / "certificate.json").write_bytes(canonical(fields) + b"\n")
    assert ("counts", "allow", "altered") in differences(out)


@pytest.mark.parametrize("part", ["signature", "public_key", "files", "records", "run", "checkpoint", "issued_at"])
def test_a_certificate_that_lacks_a_part_is_none(out: Path, part: str) -> None:
    fields = json.loads((out / "certificate.json").read_text())
    del fields[part]
    (out / "certificate.json").write_bytes(canonical(fields) + b"\n")
    with pytest.raises(DamagedStateError):
        verify(out)


def test_a_certificate_that_pins_fewer_files_is_none(out: Path) -> None:
    fields = json.loads((out / "certificate.json").read_text())
    del fields["files"]["manifest.parquet"]
    (out / "certificate.json").write_bytes(canonical(fields) + b"\n")
    with pytest.raises(DamagedStateError):
        verify(out)


@pytest.mark.parametrize("size", [0, 1, 100, -2])
def test_a_certificate_that_is_cut_short_is_none(out: Path, size: int) -> None:
    path = out / "certificate.json"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedStateError):
        verify(out)


ZEROS = b"0" * 64
SHA256SUM = shutil.which("sha256sum") or "/usr/bin/sha256sum"
ODD_NAMES = (
    b"plain.tar",
    b"two\nlines",
    b"back\\slash",
    b"\\n",
    b"ret\rurn",
    b"\xff\xfe.jpg",
    " space ü".encode(),
    b"#*",
)


def test_checksums_of_odd_names_are_read_by_sha256sum_and_by_us(tmp_path: Path) -> None:
    folder = tmp_path / "clean" / "inner"
    folder.mkdir(parents=True)
    for name in ODD_NAMES:
        (folder / os.fsdecode(name)).write_bytes(name)
    data = b"".join(checksum_lines(tmp_path, ("clean",), {}))
    (tmp_path / "SHA256SUMS").write_bytes(data)
    subprocess.run([SHA256SUM, "--check", "--strict", "--status", "SHA256SUMS"], cwd=tmp_path, check=True)
    assert set(parse_checksums(data)) == set(files_below(tmp_path, ("clean",)))
    assert len(parse_checksums(data)) == len(ODD_NAMES)


@pytest.mark.parametrize(
    "line",
    [
        b"x  clean/a\n",
        b"%s clean/a\n" % ZEROS,
        b"%s  /etc/a\n" % ZEROS,
        b"%s  clean/../a\n" % ZEROS,
        b"%s  clean/a\n" % ZEROS * 2,
        b"%s  clean/a" % ZEROS,
    ],
)
def test_checksums_that_are_none_are_refused(line: bytes) -> None:
    with pytest.raises(DamagedStateError):
        parse_checksums(line)
