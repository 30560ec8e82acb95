"""What follows a picture in its file, or stands beside it in a TIFF or an EXIF block, is examined or a gap."""

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.vectors.media import encoded, jpeg, picture, png_chunk

from safehold.media import Limits, MediaError, open_image, open_sound
from safehold.media.ends import end_of
from safehold.media.previews.search import search
from safehold.media.previews.tiff import parts_of
from safehold.vocabulary import GapReason

FIRST, SECOND = picture(64, 48), picture(64, 48, seed=4)
FORMS = ("PNG", "GIF", "WEBP", "BMP")


def opened(data: bytes, limits: Limits | None = None) -> tuple[list[str], GapReason | None]:
    places = []
    try:
        for frame in open_image(data, limits or Limits()):
            places.append(frame.place)  # noqa: PERF401  # what came before the error counts
    except MediaError as error:
        return places, error.reason
    return places, None


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_ends_where_its_structure_says(form: str) -> None:
    data = encoded(FIRST, form)
    for tail in (b"", b"\0", b"words", data):
        assert end_of(memoryview(data + tail), form.lower()) == len(data)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("padding", [b"", bytes(7)])
def test_a_picture_of_the_same_format_that_follows_is_examined(form: str, padding: bytes) -> None:
    assert opened(encoded(FIRST, form) + padding + encoded(SECOND, form)) == (["", "frame 1"], None)


@pytest.mark.parametrize("form", FORMS)
def test_pictures_of_other_formats_that_follow_are_examined(form: str) -> None:
    for other in {*FORMS, "TIFF", "JPEG"} - {form}:
        for words in (b"", b"some words, then "):
            assert opened(encoded(FIRST, form) + words + encoded(SECOND, other)) == (["", "appended"], None)


@pytest.mark.parametrize("form", FORMS)
def test_other_media_that_follow_and_cannot_be_examined_are_a_gap(form: str) -> None:
    for media in (b"\0\0\0\x18ftypisom" + bytes(12), b"FLV\1\5\0\0\0\t", b"words \xff\xd8\xff words"):
        assert opened(encoded(FIRST, form) + media) == ([""], GapReason.UNSUPPORTED_FORMAT)
    assert opened(encoded(FIRST, form) + b"words" + encoded(SECOND, "JPEG")[:-40]) == ([""], GapReason.TRUNCATED)


@pytest.mark.parametrize("form", FORMS)
def test_zeros_and_what_is_no_media_may_follow(form: str) -> None:
    for tail in (bytes(64), b"<html>a page</html>", b"PK\x03\x04" + bytes(30)):
        assert opened(encoded(FIRST, form) + tail) == ([""], None)


def test_what_stands_within_a_png_is_not_taken_for_media_that_follow() -> None:
    data = encoded(FIRST, "PNG")
    assert opened(data[:33] + png_chunk(b"tEXt", b"Comment\0" + SMALL) + data[33:]) == (["", "preview"], None)


def test_a_bitmap_that_counts_what_follows_in_hides_nothing() -> None:
    data = bytearray(encoded(FIRST, "BMP") + jpeg())
    data[2:6] = struct.pack("<I", len(data))
    assert opened(bytes(data)) == (["", "appended"], None)


def test_pictures_that_follow_are_limited() -> None:
    data = b"".join(encoded(picture(64, 48, seed=seed), "PNG") for seed in range(4))
    assert opened(data, Limits(animation_pixels=2 * 64 * 48)) == (["", "frame 1", "frame 2"], GapReason.OVER_LIMIT)


def tiff(*pictures: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    first, *others = (one.copy() for one in pictures)  # Pillow keeps what another format was written with
    first.save(out, "TIFF", save_all=True, append_images=others, **options)
    return out.getvalue()


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("compression", [None, "jpeg", "tiff_lzw"])
def test_a_tiff_as_editors_write_it_is_whole(compression: str | None, *, big: bool) -> None:
    assert opened(tiff(FIRST, SECOND, compression=compression, big_tiff=big)) == (["", "frame 1"], None)


@pytest.mark.parametrize("media", [jpeg(), tiff(SECOND), encoded(SECOND, "PNG")])
def test_media_that_no_directory_of_a_tiff_refers_to_are_examined(media: bytes) -> None:
    assert opened(tiff(FIRST) + media) == (["", "appended"], None)
    assert opened(tiff(FIRST) + bytes(30) + media) == (["", "appended"], None)
    assert opened(tiff(FIRST) + bytes(30) + media[:-60])[1] is not None
    assert opened(tiff(FIRST) + b"words") == ([""], None)


@given(st.sampled_from([tiff(FIRST), tiff(FIRST, big_tiff=True)]), st.data())
def test_a_broken_tiff_is_whole_or_a_media_error(data: bytes, draw: st.DataObject) -> None:
    broken = bytearray(data)
    at = draw.draw(st.integers(2, 16) | st.integers(len(data) - 200, len(data) - 1))
    broken[at : at + 8] = draw.draw(st.binary(min_size=8, max_size=8))
    with contextlib.suppress(MediaError):
        list(parts_of(bytes(broken), []))


@given(st.sampled_from([b"ID3", b"fLaC", b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b"MThd"]), st.binary(max_size=200))
def test_any_sound_opens_or_is_a_media_error(head: bytes, rest: bytes) -> None:
    with contextlib.suppress(MediaError):
        list(open_sound(head + rest, Limits()))


@given(st.binary(max_size=120))
def test_any_exif_block_is_searched_or_is_a_media_error(block: bytes) -> None:
    for order in (b"II*\0", b"MM\0*"):
        with contextlib.suppress(MediaError):
            list(search(b"Exif\0\0" + order + block))


def exif(thumbnail: bytes, *, order: str = "<", offset: int = 0, length: int | None = None, turn: int = 1) -> bytes:
    """Return an EXIF block with a turned picture's directory, and one that states a thumbnail."""
    first, second = 8, 8 + 2 + 12 + 4
    data = offset or second + 2 + 24 + 4
    return (
        b"Exif\0\0"
        + {"<": b"II*\0", ">": b"MM\0*"}[order]
        + struct.pack(order + "I", first)
        + struct.pack(order + "HHHIHHI", 1, 0x0112, 3, 1, turn, 0, second)
        + struct.pack(order + "HHHII", 2, 0x0201, 4, 1, data)
        + struct.pack(order + "HHIII", 0x0202, 4, 1, len(thumbnail) if length is None else length, 0)
        + thumbnail
    )


SMALL = encoded(picture(160, 120, seed=5), "JPEG")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_thumbnail_of_an_exif_block_is_examined(form: str, order: str) -> None:
    *_, thumbnail = open_image(encoded(FIRST, form, exif=exif(SMALL, order=order)), Limits())
    assert (thumbnail.place, thumbnail.luma.shape) == ("preview", (120, 160))


def test_a_thumbnail_is_turned_like_its_picture() -> None:
    assert opened(jpeg(exif=exif(SMALL, turn=6))) == (["", "upright", "preview", "preview upright"], None)


def test_each_picture_of_a_file_may_have_a_thumbnail() -> None:
    other = encoded(picture(160, 120, seed=6), "JPEG")
    data = jpeg(exif=exif(SMALL)) + encoded(SECOND, "JPEG", exif=exif(other))
    assert opened(data) == (["", "frame 1", "preview", "preview 2"], None)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (exif(SMALL[:-40]), GapReason.TRUNCATED),
        (exif(b"no picture at all " * 9), GapReason.UNREADABLE),
        (exif(SMALL + b"FLV\1\5\0\0\0\t"), GapReason.UNSUPPORTED_FORMAT),
    ],
)
def test_a_thumbnail_that_cannot_be_opened_is_a_gap_after_the_picture(block: bytes, reason: GapReason) -> None:
    assert opened(jpeg(exif=block))[1] is reason
    assert opened(jpeg(exif=block))[0][0] == ""


@pytest.mark.parametrize(
    "block",
    [exif(b"", length=0), exif(b"some notes", offset=1 << 30), exif(SMALL)[:40], b"Exif\0\0II*\0", b"Exif\0\0none"],
)
def test_an_exif_block_without_a_thumbnail_or_end_is_no_gap(block: bytes) -> None:
    assert opened(jpeg(exif=block)) == ([""], None)


def test_neither_a_length_of_zero_nor_a_wrong_place_hides_a_thumbnail() -> None:
    assert opened(jpeg(exif=exif(SMALL, length=0))) == (["", "preview"], None)
    assert opened(jpeg(exif=exif(SMALL, offset=1 << 30))) == (["", "preview"], None)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_whose_structure_is_broken_ends_somewhere(form: str) -> None:
    data = encoded(FIRST, form)
    for cut in range(8, len(data), 97):
        for broken in (data[:cut], data[:cut] + b"\xff" * (len(data) - cut)):
            assert 0 < end_of(memoryview(broken), form.lower()) <= len(broken)
