"""JPEGs that are odd: each oddity is either read to the last block, or a gap that says why; lost content is a gap."""

import numpy as np
import pytest
import simplejpeg
from PIL import Image
from tests.vectors.media import encoded, html_that_calls_itself_jpeg, jpeg, jpeg_with_subsampling, png
from tests.vectors.media import picture as make_picture

from safehold.media import Frame, Limits, MediaError, OverLimitError, UnsupportedFormatError, open_image
from safehold.vocabulary import GapReason

PLAIN = {"baseline": jpeg(), "progressive": jpeg(progressive=True), "with restarts": jpeg(restart_marker_rows=1)}
SECOND = encoded(make_picture(320, 240, seed=9), "JPEG", quality=90)
LEVELS = np.random.default_rng(5).integers(30, 220, (16, 16), dtype=np.uint8)


def examined(data: bytes, limits: Limits | None = None) -> tuple[list[Frame], GapReason | None]:
    """Return what was examined, and why the rest was not."""
    frames = []
    try:
        for frame in open_image(data, limits or Limits()):
            frames.append(frame)  # noqa: PERF402 - what came before an error counts
    except MediaError as error:
        return frames, error.reason
    return frames, None


def before(data: bytes, marker: bytes, extra: bytes) -> bytes:
    at = data.index(marker)
    return data[:at] + extra + data[at:]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    "tail",
    [b"\n", bytes(5000), b"\xff" * 20, html_that_calls_itself_jpeg(), b"SEFT maker's notes", b"PK\x03\x04 an archive"],
)
def test_bytes_after_the_end_that_are_no_media_are_passed_over(name: str, tail: bytes) -> None:
    frames, gap = examined(PLAIN[name] + tail)

    assert (len(frames), gap) == (1, None)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("gap_bytes", [b"", bytes(100)])
def test_a_jpeg_after_a_jpeg_is_examined_like_the_first(name: str, gap_bytes: bytes) -> None:
    frames, gap = examined(PLAIN[name] + gap_bytes + SECOND)

    assert gap is None
    assert [frame.place for frame in frames] == ["", "frame 1"]
    assert np.array_equal(frames[1].luma, examined(SECOND)[0][0].luma)


def test_every_picture_of_a_multi_picture_file_is_examined() -> None:
    others = [make_picture(640, 480, seed) for seed in (9, 10)]
    data = encoded(make_picture(), "MPO", save_all=True, append_images=others)
    frames, gap = examined(data)

    assert gap is None
    assert [frame.place for frame in frames] == ["", "frame 1", "frame 2"]
    assert len({frame.luma.tobytes() for frame in frames}) == 3


def test_a_further_picture_is_turned_by_its_own_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(make_picture(320, 240, seed=9), "JPEG", exif=exif)

    assert [frame.place for frame in examined(jpeg() + turned)[0]] == ["", "frame 1", "frame 1 upright"]


@pytest.mark.parametrize("cut", [1, 2, 3, 50, 4000])
def test_a_multi_picture_file_that_is_cut_off_is_a_gap_after_what_is_whole(cut: int) -> None:
    frames, gap = examined((jpeg() + SECOND)[:-cut])

    assert (len(frames), gap) == (1, GapReason.TRUNCATED)


@pytest.mark.parametrize(
    "hidden",
    [
        png(1, 1)[:40],
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01",
        b"MotionPhoto_Data\0\0\0\x18ftypisom",
        b"some notes, then \xff\xd8\xff and so on",
    ],
)
def test_other_media_after_a_jpeg_that_cannot_be_opened_are_a_gap(hidden: bytes) -> None:
    frames, gap = examined(jpeg() + hidden)

    assert (len(frames), gap is None) == (1, False)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "TIFF", "AVIF", "JPEG"])
@pytest.mark.parametrize("notes", [b"", b"some notes, then "])
def test_pictures_of_any_format_after_a_jpeg_are_examined(form: str, notes: bytes) -> None:
    frames, gap = examined(jpeg() + notes + encoded(make_picture(320, 240), form))

    assert gap is None
    assert [frame.place for frame in frames] == ["", "frame 1" if form == "JPEG" and not notes else "appended"]
    assert frames[1].luma.shape == (240, 320)


def test_an_end_marker_in_a_segment_ends_nothing() -> None:
    thumbnail = b"\xff\xed" + (len(SECOND) + 2).to_bytes(2, "big") + SECOND
    data = jpeg()

    frames, gap = examined(data[:2] + thumbnail + data[2:] + SECOND)
    assert gap is None
    assert [frame.place for frame in frames] == ["", "frame 1", "preview"]


def test_further_pictures_obey_the_limits() -> None:
    many = jpeg() + b"".join(encoded(make_picture(64, 48, seed), "JPEG") for seed in range(9))

    assert examined(many, Limits(frames=5))[1] is GapReason.OVER_LIMIT
    with pytest.raises(OverLimitError):
        list(open_image(many, Limits(animation_pixels=64 * 48 * 3)))


def test_a_file_of_very_many_markers_is_walked_to_its_end() -> None:
    data = jpeg()
    frames, reason = examined(before(data, b"\xff\xda", b"\xff\xfe\0\2" * 100_000))

    assert (len(frames), reason) == (1, None)


@pytest.mark.parametrize("name", PLAIN)
def test_harmless_fill_is_accepted(name: str) -> None:
    data = PLAIN[name]
    wanted = examined(data)[0][0].luma

    for odd in (
        before(data, b"\xff\xdb", b"\xff\xff"),
        before(data, b"\xff\xda", b"\xff\xff\xff"),
        data[:-2] + b"\xff\xff" + data[-2:],
        data[:-2] + b"\0\0" + data[-2:],
        data[:-2] + b"\x12\x34" + data[-2:],
        before(data, b"\xff\xdb", data[2:20]),
    ):
        frames, gap = examined(odd)
        assert gap is None
        assert np.array_equal(frames[0].luma, wanted)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("cut", "end"), [*((cut, b"") for cut in (1, 2, 3, 50, 5000)), *((cut, b"\xff\xd9") for cut in (3, 10, 50, 5000))]
)
def test_a_cut_scan_is_truncated_even_with_an_end_marker_put_after_it(name: str, cut: int, end: bytes) -> None:
    frames, gap = examined(PLAIN[name][:-cut] + end)

    assert frames == []
    assert gap in {GapReason.TRUNCATED, GapReason.UNREADABLE}


@pytest.mark.parametrize("name", PLAIN)
def test_what_could_be_damage_is_unreadable(name: str) -> None:
    data = PLAIN[name]
    for odd in (
        before(data, b"\xff\xdb", b"\x11\x22"),
        before(data, b"\xff\xda", b"\x11"),
        data.replace(b"JFIF\0\x01\x01", b"JFIF\0\x02\x09"),
    ):
        assert examined(odd) == ([], GapReason.UNREADABLE)


def test_restart_markers_that_are_missing_or_out_of_order_are_unreadable() -> None:
    data = PLAIN["with restarts"]
    at = data.index(b"\xff\xd3")

    assert examined(data[:at] + data[at + 2 :])[1] is GapReason.UNREADABLE
    assert examined(data[:at] + b"\xff\xd5" + data[at + 2 :])[1] is GapReason.UNREADABLE


@pytest.mark.parametrize("subsampling", ["444", "422", "420", "440", "411", "Gray"])
def test_every_common_subsampling_is_read_strictly(subsampling: str) -> None:
    pixels = np.ascontiguousarray(np.asarray(make_picture()))
    if subsampling == "Gray":
        pixels = np.ascontiguousarray(pixels[..., :1])
    source = "GRAY" if subsampling == "Gray" else "RGB"
    data = simplejpeg.encode_jpeg(pixels, 90, source, subsampling)

    assert examined(data)[1] is None
    assert examined(data[:-3000] + b"\xff\xd9") == ([], GapReason.TRUNCATED)


@pytest.mark.parametrize(("across", "down"), [(4, 2), (2, 4), (1, 4)])
def test_an_unusual_subsampling_is_examined_but_a_gap_since_damage_cannot_be_told(across: int, down: int) -> None:
    data = jpeg_with_subsampling(LEVELS, across, down)
    frames, gap = examined(data)

    assert gap is GapReason.UNSUPPORTED_FORMAT
    assert len(frames) == 1
    assert np.array_equal(frames[0].luma, np.kron(LEVELS, np.ones((8, 8), np.uint8)))
    assert examined(data[: -len(data) // 4] + b"\xff\xd9")[1] is not None
    assert examined(jpeg() + data)[1] is GapReason.UNSUPPORTED_FORMAT


def test_the_writer_of_unusual_subsamplings_writes_usual_ones_right() -> None:
    frames, gap = examined(jpeg_with_subsampling(LEVELS, 2, 2))

    assert gap is None
    assert np.array_equal(frames[0].luma, np.kron(LEVELS, np.ones((8, 8), np.uint8)))


def test_the_gaps_say_what_to_do() -> None:
    with pytest.raises(UnsupportedFormatError) as caught:
        list(open_image(jpeg() + b"FLV\1\5\0\0\0\t", Limits()))

    assert caught.value.advice
