"""A listed picture within another picture's file is found in both lanes: datasets, and checks of what is uploaded.

Files made to harm whoever opens them cost the gateway one item, which is held, and nothing else.
"""

import base64
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.vectors import media, previews
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


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], Any]]:
    """Ask a service over a real decoding child with an operator's key."""
    home = tmp_path_factory.mktemp("served") / "home"
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

            def asked(data: bytes) -> Any:
                item = {"kind": "source_image", "data": base64.b64encode(data).decode()}
                return client.post("/v1/checks", json={"items": [item]}, headers=headers).json()

            yield asked
        service.lanes.close()


def test_an_upload_is_held_that_has_a_listed_picture_within_it(ask: Callable[[bytes], Any]) -> None:
    assert ask(previews.camera_file())["action"] == "allow"
    for data in HIDDEN.values():
        told = ask(data)
        assert (told["action"], told["items"][0]["gaps"]) == ("deny", [])
        assert {found["detector"] for found in told["items"][0]["findings"]} == {"pdq"}
    broken = ask(previews.PLACES["maker's note"](LISTED[: len(LISTED) // 2]))
    assert (broken["action"], len(broken["items"][0]["gaps"])) == ("hold", 1)


def packed(*, bytes_of_zeros: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("picture.png", bytes(bytes_of_zeros))
    return out.getvalue()


def hostile() -> dict[str, bytes]:
    flood = previews.with_segments(*(previews.app(9, b"\xff\xd8\xff\xdb\0\x43" * 10_000) for _ in range(30)))
    huge = bytearray(previews.PREVIEW)
    at = huge.index(b"\xff\xc0")
    huge[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    return {
        "archive": packed(bytes_of_zeros=1 << 24),
        "pixels": media.png_that_claims_two_thousand_million_pixels_a_side(),
        "text": media.png_with_text_that_unpacks(),
        "jpeg": media.jpeg_that_claims_its_largest_size(),
        "canvas": media.webp_that_claims_its_largest_canvas(),
        "frames": media.gif_of_frames(100, 16, distinct=True),
        "page in disguise": media.html_that_calls_itself_jpeg(),
        "picture in a page": media.page_with_a_picture_inside(),
        "huge preview": previews.PLACES["maker's note"](bytes(huge)),
        "flood of previews": flood,
        "many previews": previews.with_segments(*(previews.app(9, previews.PREVIEW) for _ in range(70))),
        "damaged": media.jpeg_with_damaged_middle(),
        "empty picture": media.png_with_no_width(),
    }


@pytest.mark.long
def test_hostile_uploads_are_held_one_by_one_and_the_next_one_is_decided(ask: Callable[[bytes], Any]) -> None:
    for name, data in hostile().items():
        told = ask(data)
        assert (name, told["action"]) == (name, "hold")
        assert len(told["items"][0]["gaps"]) >= 1, name
    assert ask(previews.JPEG)["action"] == "allow"


def test_a_polyglot_upload_is_decided_as_the_picture_that_viewers_show(ask: Callable[[bytes], Any]) -> None:
    for tail in (media.html_that_calls_itself_jpeg(), packed(bytes_of_zeros=999), b"*/=1;alert(1)//"):
        assert ask(previews.JPEG + tail)["action"] == "allow"
        listed = ask(LISTED + tail)
        assert (listed["action"], listed["items"][0]["gaps"]) == ("deny", [])
