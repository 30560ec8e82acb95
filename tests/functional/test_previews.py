"""A listed picture within another picture's file is found in both lanes: datasets, and checks of what is uploaded."""

import base64
import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.vectors import previews
from tests.vectors.media import encoded

from safehold.gateway import Scope
from safehold.media.signature_picture import test_signature_luma
from safehold.service.app import make_app
from safehold.service.building import build
from safehold.settings import Settings
from safehold.wiring.gateway import open_gateway

Call = Callable[..., Any]
LISTED = encoded(Image.fromarray(test_signature_luma()).resize((256, 256)), "JPEG", quality=90)
HIDDEN = {
    place: previews.PLACES[place](LISTED)
    for place in (
        "maker's note",
        "second exif block",
        "xmp",
        "photoshop 1036",
        "provenance",
        "png packed xmp",
        "webp xmp",
    )
}
HIDDEN |= {
    "multi-picture": previews.multi_picture(LISTED, padding=32),
    "behind notes": previews.PLACES["after other bytes"](LISTED),
    "tiff below": previews.tiff_with_another_below(Image.fromarray(test_signature_luma()).convert("RGB")),
}


@pytest.fixture(autouse=True)
def few_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEHOLD_MEDIA_CHILDREN", "1")


def test_a_scan_of_a_dataset_holds_what_has_a_listed_picture_within_it(call: Call, tmp_path: Path) -> None:
    members = {"plain": previews.JPEG, "camera": previews.camera_file()} | HIDDEN
    with tarfile.open(tmp_path / "00000.tar", "w") as tar:
        for number, data in enumerate(members.values()):
            header = tarfile.TarInfo(f"{number}.jpg")
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    said = call("dataset", "scan", tmp_path / "00000.tar", "--out", tmp_path / "out")
    assert (said.code, said.data["found"], said.data["incomplete"]) == (1, True, False)
    rows = pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist()
    held = {row["record"].partition("#")[2]: (row["action"], bool(row["findings"]), row["gaps"]) for row in rows}
    assert held == {
        str(number): ("hold", True, []) if name in HIDDEN else ("allow", False, [])
        for number, name in enumerate(members)
    }


def test_a_check_of_files_holds_what_has_a_listed_picture_within_it(call: Call, tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate((previews.camera_file(), *HIDDEN.values())):
        paths.append(tmp_path / f"{number}.jpg")
        paths[-1].write_bytes(data)
    said = call("check", "file", *paths)
    assert said.code == 1
    assert [item["action"] for item in said.data["files"]] == ["allow"] + ["hold"] * len(HIDDEN)


@contextmanager
def served(home: Path) -> Iterator[Callable[[bytes], Any]]:
    """A service over real decoding children; yields what asks it with an operator's key."""
    with open_gateway(home, environment={"SAFEHOLD_ACTOR": "tester", "SAFEHOLD_MEDIA_CHILDREN": "1"}) as gateway:
        shop = gateway.workshop
        service = build(
            shop.home,
            shop.ledger,
            checks=gateway.checks,
            settings=Settings(),
            index=gateway.index,
            commits=gateway.commits,
        )
        _, token = service.keys.create("web", (Scope.CHECK, Scope.OPERATOR))
        headers = {"Authorization": f"Bearer {token.written}"}
        with TestClient(make_app(service), client=("127.0.0.1", 40000)) as client:

            def ask(data: bytes) -> Any:
                item = {"kind": "source_image", "data": base64.b64encode(data).decode()}
                return client.post("/v1/checks", json={"items": [item]}, headers=headers).json()

            yield ask
        service.lanes.close()


def test_an_upload_is_held_that_has_a_listed_picture_within_it(tmp_path: Path) -> None:
    with served(tmp_path / "home") as ask:
        assert ask(previews.camera_file())["action"] == "allow"
        for data in HIDDEN.values():
            told = ask(data)
            assert (told["action"], told["items"][0]["gaps"]) == ("deny", [])
            assert {found["detector"] for found in told["items"][0]["findings"]} == {"pdq"}
        broken = ask(previews.PLACES["maker's note"](LISTED[: len(LISTED) // 2]))
        assert (broken["action"], len(broken["items"][0]["gaps"])) == ("hold", 1)
