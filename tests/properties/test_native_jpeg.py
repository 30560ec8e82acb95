import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safehold.media.appended import end_by_python
from safehold.native import Kernels, kernels

telling = st.sampled_from([0xFF, 0xFF, 0xD8, 0xD9, 0xDA, 0xD0, 0xD7, 0x00, 0x01, 0x02, 0xDC, 0xE1, 0xFE])
streams = st.lists(telling | st.integers(0, 255), max_size=80).map(bytes)


@pytest.fixture(scope="module")
def native() -> Kernels:
    found = kernels()
    if found is None:
        pytest.skip("the native extension was not built, or SAFEHOLD_ENGINE=numpy")
    return found


@given(streams)
def test_both_engines_find_the_same_end_of_any_bytes(native: Kernels, data: bytes) -> None:
    assert native.jpeg_end(data) == end_by_python(data)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}, {"comment": b"\xff\xd9" * 9}]
)
def test_both_engines_find_the_end_of_pictures_and_of_each_of_their_starts(
    native: Kernels, options: dict[str, object]
) -> None:
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file, "JPEG", quality=95, **options)
    data = file.getvalue()
    assert native.jpeg_end(data + b"\xff\xd9more") == end_by_python(data + b"\xff\xd9more") == (len(data), 0)
    late = data[:-2] + b"\xff\xe1\0\4\xff\xd9" + data[-2:]
    assert native.jpeg_end(late) == end_by_python(late) == (len(late), len(data) - 2)
    lines = data[:-2] + b"\xff\xdc\0\4\xff\xd9" + data[-2:]
    assert native.jpeg_end(lines) == end_by_python(lines) == (len(lines), len(data) - 2)
    for length in range(0, len(data), 7):
        start = memoryview(data)[:length]
        assert native.jpeg_end(start) == end_by_python(start) == (-1, 0)
