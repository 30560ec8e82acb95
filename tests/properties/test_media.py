"""Whatever the bytes are, they end in frames or in a media error, and never in anything else."""

import io
from contextlib import suppress
from importlib.util import find_spec

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.vectors.heif import heic, hevc
from tests.vectors.media import encoded, gif_of_frames, picture

from safehold.media import Limits, MediaError, open_colour, open_image, open_video, sniff
from safehold.media.containers import is_cut_short
from safehold.media.jpeg import exif_block
from safehold.media.orientation import read_orientation, turn_upright
from safehold.media.sandbox.inbox import Outcry, ProtocolError

SMALL = picture(48, 40)
EXIF = Image.Exif()
EXIF[0x0112] = 6
SEEDS = [
    encoded(SMALL, "JPEG", exif=EXIF),
    encoded(SMALL, "JPEG", progressive=True),
    encoded(SMALL.convert("CMYK"), "JPEG"),
    encoded(SMALL, "PNG", exif=EXIF),
    encoded(SMALL.quantize(16), "PNG"),
    encoded(SMALL, "WEBP"),
    encoded(SMALL, "WEBP", save_all=True, append_images=[picture(48, 40, 9)]),
    encoded(SMALL, "GIF"),
    gif_of_frames(3, 8, distinct=True),
    encoded(SMALL, "BMP"),
    encoded(SMALL, "TIFF"),
    encoded(SMALL, "TIFF", compression="tiff_lzw"),
    encoded(SMALL, "AVIF"),
    encoded(SMALL, "AVIF", save_all=True, append_images=[picture(48, 40, 9)]),
    *([heic(hevc(3, 48, 40)), heic(hevc(3, 48, 40), hevc(4, 48, 40))] if find_spec("pi_heif") else []),
]
LIMITS = Limits(pixels=100_000, frames=5, animation_pixels=1_000_000, clip_pixels=1_000_000)


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A good file with some bytes changed, cut out or cut off."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case 1:
                del data[at : at + draw(st.integers(1, 40))]
            case 2:
                del data[at:]
            case _:
                data[at:at] = draw(st.binary(max_size=20))
    return bytes(data)


@settings(deadline=None, max_examples=300)
@given(damaged(SEEDS))
def test_a_damaged_picture_gives_frames_or_a_media_error(data: bytes) -> None:
    with suppress(MediaError):
        for frame in open_image(data, LIMITS):
            assert frame.luma.ndim == 2
            assert 0 < frame.luma.size <= LIMITS.pixels


@settings(deadline=None, max_examples=100)
@given(damaged(SEEDS))
def test_a_damaged_picture_gives_colours_or_a_media_error(data: bytes) -> None:
    with suppress(MediaError):
        assert open_colour(data, LIMITS).shape[2] == 3


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_can_be_sniffed_and_parsed(data: bytes, name: str) -> None:
    assert sniff(data, name).kind is sniff(data).kind
    assert 1 <= read_orientation(data) <= 8
    assert isinstance(exif_block(b"\xff\xd8" + data), bytes)
    for form in ("mp4", "mkv", "avi"):
        assert is_cut_short(data, form) in {True, False}


@pytest.mark.parametrize("head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\0\0\0WEBP", b"II*\0"])
@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_behind_a_good_start_give_frames_or_a_media_error(head: bytes, data: bytes) -> None:
    with suppress(MediaError):
        list(open_image(head + data, LIMITS))


def small_clip(form: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for number in range(6):
            grey = np.full((32, 48), 40 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


CLIPS = [small_clip("mp4", "libx264"), small_clip("webm", "libvpx-vp9"), small_clip("avi", "mpeg4")]


@settings(deadline=None, max_examples=120)
@given(damaged(CLIPS))
def test_a_damaged_clip_gives_frames_or_a_media_error(data: bytes) -> None:
    with suppress(MediaError):
        for frame in open_video(data, LIMITS):
            assert frame.luma.size <= LIMITS.pixels


@given(st.integers(1, 8))
def test_turning_keeps_every_pixel(orientation: int) -> None:
    luma = np.arange(6, dtype=np.uint8).reshape(2, 3)

    turned = turn_upright(luma, orientation)

    assert sorted(turned.ravel()) == list(range(6))
    assert turned.shape == ((3, 2) if orientation > 4 else (2, 3))


@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_any_failure_a_child_may_claim_is_read_or_refused(payload: bytes) -> None:
    with suppress(ProtocolError):
        assert len(Outcry.parse(payload).error) <= 300
