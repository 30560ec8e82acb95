"""A whole file among coded pixels is found wherever it begins, and noise holds none."""

import numpy as np
import pytest
from tests.vectors import previews
from tests.vectors.media import encoded, picture, png_chunk

from safehold.media import Limits, OverLimitError, open_image
from safehold.media.previews.chunks import blocks_of
from safehold.media.previews.coded import Coded, files_of

WINDOW = 1 << 17
NOISE = np.random.default_rng(5).bytes(3 * WINDOW)
SMALL = encoded(picture(32, 32), "JPEG")


@pytest.mark.parametrize("start", [0, 1, 5000, 5001, *range(WINDOW - 4, WINDOW + 3), 2 * WINDOW - 1])
def test_a_file_is_found_wherever_it_begins_and_as_long_as_it_is(start: int) -> None:
    assert list(files_of(Coded(NOISE[:start] + SMALL + NOISE[start:]))) == [SMALL]
    assert list(files_of(Coded(NOISE[:start] + SMALL))) == [SMALL]


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG"])
def test_files_of_every_kind_are_found(form: str) -> None:
    data = encoded(picture(32, 32), form)
    (found,) = files_of(Coded(NOISE[:9001] + data + NOISE[: 0 if form == "TIFF" else 9001]))
    assert found.startswith(data)


def test_noise_and_single_colours_hold_no_file() -> None:
    assert list(files_of(Coded(NOISE))) == []
    for colour in (b"\0", b"\xff", b"MM", b"II", b"\xff\0", b"BM", b"\xd8\xd8\xff\0"):
        assert list(files_of(Coded(colour * 2000))) == []


def test_a_flood_of_beginnings_is_a_gap() -> None:
    with pytest.raises(OverLimitError):
        list(files_of(Coded(b"\xd8\xff" * 60_000)))


def test_what_stands_behind_a_picture_ten_times_over_is_seen_once_each() -> None:
    host = encoded(previews.HOST, "PNG")
    tail = b"".join(encoded(picture(32, 32, seed), "JPEG") for seed in range(10))
    data = host[:-12] + png_chunk(b"IDAT", tail) + host[-12:]
    assert len(list(open_image(data, Limits()))) == 11


@pytest.mark.parametrize("form", ["png", "gif", "webp", "bmp"])
def test_a_file_that_ends_anywhere_gives_what_it_has(form: str) -> None:
    data = encoded(picture(32, 32), form.upper())
    for length in range(min(len(data), 900)):
        assert len(list(blocks_of(memoryview(data)[:length], form))) < 20
