"""Lists hold mistakes: what they list by mistake must not accuse what is harmless."""

import hashlib
import io

from PIL import Image
from tests.functional.datasets.builders import Place, captioned, rows_of, safeguard, write_tar

NOTHING = [f"{name},{hashlib.new(name, b'').hexdigest()}" for name in ("sha256", "sha1", "md5")]


def grey() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (90, 90, 90)).save(out, "JPEG")
    return out.getvalue()


def test_an_empty_file_is_held_as_empty_and_never_confirmed(place: Place) -> None:
    place.import_list(NOTHING, "nothing")
    said = f'{{"md5": "{hashlib.md5(b"").hexdigest()}"}}'.encode()  # noqa: S324
    records = {
        "empty": {"jpg": b"", "txt": b"a field"},
        "unknown": {"bin": b"", **captioned(71)},
        "said": captioned(72, json=said),
        "plain": captioned(74),
    }
    source, out = write_tar(place.root / "0.tar", records), place.root / "out"
    safeguard(place, [source], out)
    rows = rows_of(out)
    assert {key: rows[key]["action"] for key in ("empty", "unknown", "said", "plain")} == {
        "empty": "hold", "unknown": "hold", "said": "hold", "plain": "allow"
    }  # fmt: skip
    assert all("empty" in {reason for _, reason in rows[key]["gaps"]} for key in ("empty", "unknown", "said"))
    assert not any(row["findings"] for row in rows.values())


def test_a_listed_plain_picture_holds_and_never_confirms(place: Place) -> None:
    place.import_list([f"pdq,{'0' * 64}"], "plain")
    source, out = write_tar(place.root / "0.tar", {"grey": {"jpg": grey()}}), place.root / "out"
    safeguard(place, [source], out)
    (row,) = rows_of(out).values()
    assert row["action"] == "hold"
    assert {finding["detector"] for finding in row["findings"]} == {"pdq"}  # which never confirms
