"""Small generated files, and the digest of what examining each of them gives under a stated format of the scan.

A changed digest means that old scans would be decided on as if the present code had made them: raise `SCAN_FORMAT` in
`safehold.datasets.scan.settings`, then write the digests anew with ``python -m tests.vectors.observed``. The files
stay as they are, whatever an encoder would make of them today; ``--files`` generates those that are missing.
"""

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import tabulate
from safehold.datasets.scan.settings import SCAN_FORMAT, ScanSettings
from safehold.datasets.sources import Member, Record, Text
from safehold.media import Limits
from safehold.signals import Variant
from safehold.vocabulary import PdqFlavour

FOLDER = Path(__file__).with_name("observed_files")
DIGESTS = FOLDER / "digests.json"
SETTINGS = ScanSettings(
    Limits(),
    (PdqFlavour.FULL, PdqFlavour.NEAREST_512),
    ("cls",),
    variants=tuple(sorted(Variant, key=lambda v: v.value)),
)


def files() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if path.suffix not in {".py", ".json"} and path.is_file())


def digest_of(path: Path) -> str:
    """Return the digest of everything that an examination tells of a file, as hex."""
    member = Member(path.name, path.suffix[1:], memoryview(path.read_bytes()))
    record = Record(path.stem, (member,), (Text("txt", "a field of colours"),), None, {"punsafe": 0.5})
    told = tabulate([examine(record, SETTINGS)]).to_pylist()
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=bytes.hex).encode()).hexdigest()


def stored() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DIGESTS.read_text())
    return told


def _picture(side: int = 72) -> Image.Image:
    cells = np.random.default_rng(20261122).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize((side, side * 2 // 3), Image.Resampling.BICUBIC)


def _encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def _made() -> dict[str, bytes]:
    picture = _picture()
    turned = Image.Exif()
    turned[0x0112] = 6
    soft = _encoded(picture, "JPEG", quality=85)
    grey = Image.fromarray(np.arange(48 * 48, dtype=np.uint16).reshape(48, 48) * 28)
    frames = [picture.rotate(90 * number).quantize(16) for number in range(3)]
    return {
        "soft.jpg": soft,
        "progressive.jpg": _encoded(picture, "JPEG", quality=85, progressive=True),
        "cmyk.jpg": _encoded(picture.convert("CMYK"), "JPEG", quality=85),
        "turned.jpg": _encoded(picture, "JPEG", quality=85, exif=turned),
        "cut.jpg": soft[:-200],
        "empty.jpg": b"",
        "plain.png": _encoded(picture, "PNG"),
        "sixteen.png": _encoded(grey, "PNG"),
        "clear.png": _encoded(picture.convert("LA"), "PNG"),
        "moving.gif": _encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100),
        "lossless.webp": _encoded(picture, "WEBP", lossless=True),
        "large.png": _encoded(_picture(600).quantize(32), "PNG"),
        "tiny.png": _encoded(picture.resize((3, 3)), "PNG"),
        "unknown.xyz": b"who knows what this is",
        "inert.cls": b"7",
        "clip.mp4": _clip(),
    }


def _clip() -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(8):
            frame = av.VideoFrame.from_ndarray(np.asarray(_picture(96).rotate(number * 11))[:48, :64].copy())
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


if __name__ == "__main__":
    if "--files" in sys.argv:
        for name, data in _made().items():
            if not (FOLDER / name).exists():
                (FOLDER / name).write_bytes(data)
    made = {path.name: digest_of(path) for path in files()}
    DIGESTS.write_text(json.dumps({"format": SCAN_FORMAT, "observations": made}, indent=1) + "\n")
