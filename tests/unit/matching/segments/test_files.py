import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from safehold.matching.errors import SegmentDamagedError
from safehold.matching.segments.files import opened, publish

VALUES = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)


def segment_with(folder: Path, content: bytes) -> Path:
    """A segment of one file with this content, whose digest its manifest states."""
    publish(folder, {}, {"values": VALUES})
    (folder / "values.npy").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["values"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def header(text: str) -> bytes:
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.uint64, np.float64])
@pytest.mark.parametrize("shape", [(0, 32), (7,), (3, 1, 2)])
def test_arrays_are_mapped_as_they_were_published(tmp_path: Path, kind: type, shape: tuple[int, ...]) -> None:
    given = np.arange(np.prod(shape)).astype(kind).reshape(shape)
    publish(tmp_path / "one", {}, {"given": given})
    _, arrays = opened(tmp_path / "one", checked=False)
    assert arrays["given"].dtype == given.dtype
    assert np.array_equal(arrays["given"], given)


def test_a_header_that_is_spelt_otherwise_is_left_to_numpy(tmp_path: Path) -> None:
    otherwise = header("{'shape': (2, 3, 4), 'fortran_order': False, 'descr': '<u2'}") + VALUES.tobytes()
    folder = segment_with(tmp_path / "one", otherwise)
    assert np.array_equal(opened(folder)[1]["values"], VALUES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY\x02\x00",
        header("{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3, 4), }") + VALUES.tobytes(),
        header("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3, 5), }") + VALUES.tobytes(),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3, 4), }") + VALUES.tobytes(),
    ],
    ids=["nothing", "another version", "by columns", "more than there is", "objects"],
)
def test_what_is_no_array_of_ours_is_damage(tmp_path: Path, content: bytes) -> None:
    folder = segment_with(tmp_path / "one", content)
    with pytest.raises(SegmentDamagedError):
        opened(folder)
