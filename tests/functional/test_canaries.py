"""Canaries: strings planted in a dataset must come up nowhere but where the owner of the data may see them.

They are file names, captions, addresses, EXIF, notes of a bank, cells of a table and labels. After scan, decide,
release, verify, ledger and doctor, the home (its database included), everything that may be published and all that the
commands said are searched. What is private by design (the manifest, the run's own state, `clean/`) may hold them.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

Call = Callable[..., Any]
WORD = "kanarienvogel"
PUBLIC = ("summary.json", "card.html", "certificate.json")


def picture(seed: int, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    tiles = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    image = Image.fromarray(tiles).resize((96, 96), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x010E] = f"{WORD}-exif-{seed}"
    image.save(out, kind, exif=exif)
    return out.getvalue()


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def sidecar(number: int, **more: object) -> bytes:
    told = {"caption": f"a tree, {WORD}-caption-{number}", "url": f"https://{WORD}-host-{number}.example/picture"}
    return json.dumps({**told, **more}).encode()


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, ...]:
    """A shard, a folder and a table: ordinary, listed, damaged, unknown and oddly labelled records."""
    shard = write_tar(
        tmp_path / "00000.tar",
        {
            f"{WORD}-key-0.jpg": picture(0),
            f"{WORD}-key-0.json": sidecar(0),
            f"{WORD}-key-1.jpg": picture(1),
            f"{WORD}-key-1.json": sidecar(1),
            f"{WORD}-key-2.jpg": picture(2)[:300],
            f"{WORD}-key-3.jpg": picture(3),
            f"{WORD}-key-3.json": b'{"caption": "kanarienvogel-broken',
            f"{WORD}-key-4.{WORD}-extension": b"kanarienvogel-unknown-bytes",
            f"../{WORD}-outside.jpg": picture(5),
            f"{WORD}-key-6.jpg": picture(6),
            f"{WORD}-key-6.json": sidecar(6, md5=f"{WORD}-md5", nsfw=f"{WORD}-label"),
        },
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"{WORD}-file.jpg").write_bytes(picture(7))
    (folder / f"{WORD}-listed.jpg").write_bytes(picture(1))
    (folder / f"{WORD}-file.txt").write_text(f"{WORD}-text")
    (folder / "metadata.csv").write_text(f"file_name,{WORD}-column\n{WORD}-file.jpg,{WORD}-cell\n{WORD}-gone.jpg,x\n")
    table = tmp_path / "rows.parquet"
    columns = {
        "image": [picture(8), b"kanarienvogel-no-picture"],
        "caption": [f"{WORD}-row", None],
        f"{WORD}_c": ["x", "y"],
    }
    pq.write_table(pa.table(columns), table)
    return shard, folder, table


def holds(data: bytes) -> bool:
    return any(form in data.lower() for form in (WORD.encode(), WORD.encode("utf-16-le"), WORD.encode("utf-16-be")))


def test_no_canary_leaves_the_dataset(
    call: Call, shown: Callable[..., tuple[int, str]], home: Path, sources: tuple[Path, ...], tmp_path: Path
) -> None:
    out, said = tmp_path / "out", []
    listing = tmp_path / "list.csv"
    listing.write_text(f"algorithm,value,class,note\nsha256,{hashlib.sha256(picture(1)).hexdigest()},csam,a note\n")
    assert call("bank", "import", "a-list", listing, "--class", "csam", "--legal-basis", "a test").code == 0
    said.append(call("dataset", "scan", *sources, "--out", out))
    rows = pq.read_table(out / "manifest.parquet").to_pylist()
    assert {row["action"] for row in rows} == {"allow", "hold", "deny"}
    held = next(row["record"] for row in rows if row["action"] == "hold" and "key-2" in row["record"])
    said.append(call("dataset", "release", out, held, "--reason", "a person looked at it"))
    (tmp_path / "more.csv").write_text(f"algorithm,value\nsha256,{hashlib.sha256(picture(7)).hexdigest()}\n")
    assert call("bank", "import", "a-list", tmp_path / "more.csv").code == 0
    said.append(call("dataset", "decide", out))
    said.extend((call("dataset", "verify", out), call("ledger", "verify"), call("doctor"), call("bank", "list")))
    texts = [json.dumps(one.data) + one.errors for one in said if one is not said[1]]
    texts += [shown(*command)[1] for command in (("dataset", "verify", out), ("doctor",), ("bank", "show", "a-list"))]
    assert [text for text in texts if holds(text.encode())] == []
    assert [path.name for path in home.rglob("*") if path.is_file() and holds(path.read_bytes())] == []
    assert [name for name in PUBLIC if holds((out / name).read_bytes())] == []


def test_the_search_would_find_a_canary(sources: tuple[Path, ...]) -> None:
    assert all(holds(path.read_bytes()) for path in (sources[0], sources[2]))
    assert holds(f"a {WORD}".encode("utf-16-le"))
