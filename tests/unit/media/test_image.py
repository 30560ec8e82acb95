import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.vectors.media import (
    encoded,
    gif_of_frames,
    jpeg,
    jpeg_followed_by_a_page,
    png_that_unpacks_to_pixels,
)
from tests.vectors.media import picture as make_picture

from safehold.media import (
    EmptyMediaError,
    Frame,
    Limits,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
    open_colour,
    open_image,
)
from safehold.media.jpeg import exif_block
from safehold.media.raster import to_luma

PICTURE = make_picture()
GREY = PICTURE.convert("L")
TRUE_LUMA = np.asarray(GREY).astype(int)
SIXTEEN_BIT = Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257)


def frames(data: bytes | memoryview, limits: Limits | None = None) -> list[Frame]:
    return list(open_image(data, limits or Limits()))


def with_alpha(image: Image.Image, alpha: int = 0) -> Image.Image:
    copy = image.copy()
    copy.putalpha(alpha)
    return copy


EXACT = {
    "png": encoded(PICTURE, "PNG"),
    "grey png": encoded(GREY, "PNG"),
    "16-bit png": encoded(SIXTEEN_BIT, "PNG"),
    "16-bit tiff": encoded(SIXTEEN_BIT, "TIFF"),
    "grey png with transparency": encoded(with_alpha(GREY), "PNG"),
    "png with transparency": encoded(with_alpha(PICTURE), "PNG"),
    "lossless webp": encoded(PICTURE, "WEBP", lossless=True),
    "bmp": encoded(PICTURE, "BMP"),
    "tiff": encoded(PICTURE, "TIFF"),
    "packed tiff": encoded(PICTURE, "TIFF", compression="tiff_lzw"),
    "cmyk tiff": encoded(PICTURE.convert("CMYK"), "TIFF"),
}
CLOSE = {
    "jpeg": encoded(PICTURE, "JPEG", quality=95),
    "progressive jpeg": encoded(PICTURE, "JPEG", quality=95, progressive=True),
    "full-chroma jpeg": encoded(PICTURE, "JPEG", quality=95, subsampling=0),
    "grey jpeg": encoded(GREY, "JPEG", quality=95),
    "cmyk jpeg": encoded(PICTURE.convert("CMYK"), "JPEG", quality=95),
    "rgb jpeg": encoded(PICTURE, "JPEG", quality=95, keep_rgb=True),
    "palette png": encoded(PICTURE.quantize(256), "PNG"),
    "gif": encoded(PICTURE, "GIF"),
    "webp": encoded(PICTURE, "WEBP", quality=95),
}


@pytest.mark.parametrize("name", EXACT)
def test_luma_is_exact_in_every_lossless_mode(name: str) -> None:
    (frame,) = frames(EXACT[name])

    assert np.array_equal(frame.luma, TRUE_LUMA)
    assert frame.luma.dtype == np.uint8
    assert frame.luma.flags.c_contiguous
    assert (frame.place, frame.at) == ("", None)


@pytest.mark.parametrize("name", CLOSE)
def test_luma_is_close_in_every_lossy_mode(name: str) -> None:
    (frame,) = frames(CLOSE[name])

    assert np.abs(frame.luma - TRUE_LUMA).mean() < 6
    assert frame.luma.flags.c_contiguous


def test_a_jpegs_luma_is_the_decoders_own_plane() -> None:
    data = encoded(PICTURE, "JPEG", quality=80)
    with Image.open(io.BytesIO(data)) as reference:
        reference.draft("L", reference.size)

        assert np.array_equal(frames(data)[0].luma, np.asarray(reference))


def test_a_view_is_opened_like_bytes() -> None:
    for data in (CLOSE["jpeg"], EXACT["png"], CLOSE["gif"]):
        assert np.array_equal(frames(memoryview(data))[0].luma, frames(data)[0].luma)


def test_samples_without_a_stated_range_are_stretched() -> None:
    wanted = np.rint((TRUE_LUMA - TRUE_LUMA.min()) * (255 / (TRUE_LUMA.max() - TRUE_LUMA.min())))

    assert np.array_equal(frames(encoded(GREY.convert("F"), "TIFF"))[0].luma, wanted)
    assert np.array_equal(frames(encoded(GREY.convert("I"), "TIFF"))[0].luma, wanted)


def test_a_flat_picture_of_floats_is_black_and_no_error() -> None:
    assert not frames(encoded(Image.new("F", (9, 9), 0.5), "TIFF"))[0].luma.any()


def test_samples_that_are_no_numbers_are_unreadable() -> None:
    with pytest.raises(UnreadableMediaError):
        frames(encoded(Image.fromarray(np.full((9, 9), np.nan, np.float32)), "TIFF"))


def test_a_colour_space_without_a_rule_is_unsupported() -> None:
    with pytest.raises(UnsupportedFormatError):
        to_luma(Image.new("La", (9, 9)))


def test_premultiplied_colours_are_converted() -> None:
    assert (to_luma(Image.new("RGBa", (9, 9), (200, 200, 200, 255))) == 200).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_picture_is_yielded_as_stored_and_upright(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(GREY, form, exif=exif, **({"lossless": True} if form == "WEBP" else {}))
    with Image.open(io.BytesIO(data)) as reference:
        wanted = np.asarray(ImageOps.exif_transpose(reference).convert("L"))

    stored, upright = frames(data)

    assert (stored.place, upright.place) == ("", "upright")
    assert stored.luma.shape == GREY.size[::-1]
    assert np.array_equal(upright.luma, wanted)
    assert upright.luma.flags.c_contiguous


@pytest.mark.parametrize("orientation", [0, 1, 9, 4000])
def test_a_picture_that_is_upright_or_senselessly_marked_is_yielded_once(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    assert len(frames(encoded(GREY, "JPEG", exif=exif))) == 1


def test_a_damaged_exif_block_costs_nothing_of_the_examination() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(GREY, "JPEG", exif=exif)
    at = data.index(b"Exif\0\0") + 6

    assert len(frames(data[:at] + b"XX*\0\xff\xff\xff\xff" + data[at + 8 :])) == 1


def test_an_exif_block_is_found_behind_other_segments() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    data = encoded(GREY, "JPEG", exif=exif)
    comment = b"\xff\xfe\x00\x04hi"

    assert exif_block(data[:2] + comment + b"\xff" + data[2:]) != b""
    assert len(frames(data[:2] + comment + data[2:])) == 2


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_each_distinct_frame_of_an_animation_is_yielded_once(form: str) -> None:
    others = [make_picture(64, 48, seed) for seed in (5, 6)]
    first = make_picture(64, 48)
    options = {"lossless": True} if form == "WEBP" else {}

    data = encoded(first, form, save_all=True, append_images=[others[0], first, others[1]], duration=50, **options)

    assert [frame.place for frame in frames(data)] == ["", "frame 1", "frame 3"]


def test_an_animation_beyond_the_frame_limit_yields_its_first_frames_then_raises() -> None:
    stream = open_image(gif_of_frames(9, 8, distinct=True), Limits(frames=4))
    assert [next(stream).place for _ in range(4)] == ["", "frame 1", "frame 2", "frame 3"]
    with pytest.raises(OverLimitError):
        next(stream)


def test_an_animation_of_exactly_the_frame_limit_is_whole() -> None:
    assert len(frames(gif_of_frames(4, 8, distinct=True), Limits(frames=4))) == 4


def test_alike_frames_are_paid_for_though_they_are_yielded_once() -> None:
    with pytest.raises(OverLimitError):
        frames(gif_of_frames(100, 8, distinct=False), Limits(animation_pixels=50 << 16))


@pytest.mark.parametrize("data", [EXACT["png"], CLOSE["jpeg"], CLOSE["webp"], CLOSE["gif"], CLOSE["cmyk jpeg"]])
def test_the_pixel_limit_is_included_and_one_pixel_more_is_refused(data: bytes) -> None:
    pixels = GREY.width * GREY.height

    assert frames(data, Limits(pixels=pixels))
    with pytest.raises(OverLimitError):
        frames(data, Limits(pixels=pixels - 1))


def test_a_larger_file_than_the_limit_is_refused() -> None:
    data = CLOSE["jpeg"]

    assert frames(data, Limits(input_bytes=len(data)))
    with pytest.raises(OverLimitError):
        frames(data, Limits(input_bytes=len(data) - 1))


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg", "full-chroma jpeg", "grey jpeg", "cmyk jpeg", "rgb jpeg"])
def test_a_jpeg_that_lost_its_end_is_truncated_wherever_it_was_cut(name: str) -> None:
    data = CLOSE[name]
    header = data.index(b"\xff\xda")
    cuts = {len(data) - lost for lost in (1, 2, 3, 10)} | set(range(header + 20, len(data), len(data) // 25))

    for cut in cuts:
        with pytest.raises(TruncatedMediaError):
            frames(data[:cut])


@pytest.mark.parametrize("data", [*EXACT.values(), *CLOSE.values()])
def test_a_file_cut_anywhere_is_refused_or_keeps_every_pixel(data: bytes) -> None:
    whole = frames(data)[0].luma

    cuts = {len(data) - lost for lost in (1, 2, 8, 12)} | set(range(0, len(data), len(data) // 12))
    for cut in cuts:
        try:
            kept = frames(data[:cut])
        except MediaError:
            continue
        assert cut > len(data) - 24
        assert np.array_equal(kept[0].luma, whole)


def test_nothing_at_all_is_empty() -> None:
    with pytest.raises(EmptyMediaError):
        frames(b"")


@pytest.mark.parametrize("head", [b"\xff\x0a", b"8BPS", b"\0\0\0\x0cjP  \r\n\x87\n"])
def test_a_recognised_format_that_is_not_opened_is_unsupported(head: bytes) -> None:
    with pytest.raises(UnsupportedFormatError):
        frames(head + bytes(100))


@pytest.mark.parametrize("data", [b"just words", bytes(100), b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM" + bytes(90)])
def test_what_is_no_picture_is_unreadable_or_truncated(data: bytes) -> None:
    with pytest.raises((UnreadableMediaError, TruncatedMediaError)):
        frames(data)


def test_bytes_after_a_jpegs_end_do_not_hide_it() -> None:
    assert len(frames(jpeg_followed_by_a_page())) == 1


def test_every_error_says_what_to_do() -> None:
    with pytest.raises(MediaError) as caught:
        frames(jpeg()[:3000])

    assert caught.value.advice


@pytest.mark.parametrize("name", ["png", "jpeg", "cmyk jpeg", "grey jpeg", "rgb jpeg", "gif"])
def test_colours_are_those_of_the_picture(name: str) -> None:
    data = (EXACT | CLOSE)[name]
    wanted = np.asarray(GREY.convert("RGB") if name.startswith("grey") else PICTURE).astype(int)

    pixels = open_colour(data, Limits())

    assert pixels.shape == (480, 640, 3)
    assert pixels.flags.c_contiguous
    assert np.abs(pixels - wanted).mean() < 12


def test_colours_may_be_reduced_but_not_below_the_side_asked_for() -> None:
    pixels = open_colour(encoded(make_picture(1600, 1200), "JPEG"), Limits(), side_pixels=224)

    assert 224 <= min(pixels.shape[:2]) <= 300


def test_colours_come_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    for form in ("JPEG", "PNG"):
        assert open_colour(encoded(PICTURE, form, exif=exif), Limits()).shape == (640, 480, 3)


def test_colours_obey_the_limits() -> None:
    with pytest.raises(OverLimitError):
        open_colour(CLOSE["jpeg"], Limits(pixels=100))
    with pytest.raises(OverLimitError):
        open_colour(png_that_unpacks_to_pixels(12_000), Limits())
    with pytest.raises(TruncatedMediaError):
        open_colour(CLOSE["jpeg"][:-500], Limits())
