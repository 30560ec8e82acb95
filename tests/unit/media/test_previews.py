"""A picture within another picture's file is examined wherever cameras and editors put it, or is a gap."""

import contextlib
import io
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors import media, previews
from tests.vectors.media import encoded, picture
from tests.vectors.previews import app, camera_exif, exif, maker_note, with_segments

from safehold.media import Frame, Limits, MediaError, OverLimitError, open_image, open_video
from safehold.media.previews.search import search
from safehold.vocabulary import GapReason

WANTED = np.asarray(previews.OTHER.convert("L").resize((160, 120))).astype(int)


def seen(data: bytes, limits: Limits | None = None) -> tuple[list[Frame], MediaError | None]:
    frames = []
    try:
        frames.extend(open_image(data, limits or Limits(), open_clip=open_video))
    except MediaError as error:
        return frames, error
    return frames, None


def shows(frame: Frame) -> bool:
    height, width = frame.luma.shape
    wanted = np.asarray(previews.OTHER.convert("L").resize((width, height))).astype(int)
    return float(np.abs(frame.luma - wanted).mean()) < 6


@pytest.mark.parametrize("place", previews.PLACES)
def test_another_picture_is_seen_wherever_it_stands(place: str) -> None:
    frames, error = seen(previews.PLACES[place](previews.PREVIEW))
    assert error is None
    assert frames[0].place == ""
    assert not shows(frames[0])
    assert [shows(frame) for frame in frames[1:]] == [True]
    assert frames[1].place in {"preview", "appended"}


@pytest.mark.parametrize("place", previews.DRAWN)
def test_another_picture_is_seen_that_is_bare_pixels_or_has_its_colours_changed(place: str) -> None:
    frames, error = seen(previews.DRAWN[place]())
    assert error is None
    assert any(map(shows, frames[1:]))


@pytest.mark.parametrize("place", [place for place in previews.PLACES if not place.endswith(("below", "behind"))])
def test_another_picture_that_is_cut_short_is_a_gap(place: str) -> None:
    frames, error = seen(previews.PLACES[place](previews.PREVIEW[: len(previews.PREVIEW) // 2]))
    assert error is not None
    assert [frame.place for frame in frames] == [""]


def test_a_file_as_a_camera_writes_it_is_seen_whole() -> None:
    frames, error = seen(previews.camera_file())
    assert error is None
    assert [frame.place for frame in frames] == [
        "", "frame 1", "frame 2", "preview", "preview 2", "preview 3"
    ]  # fmt: skip


def test_a_multi_picture_file_whose_further_pictures_were_cut_off_is_whole() -> None:
    data = previews.multi_picture(previews.PREVIEW)
    assert [frame.place for frame in seen(data)[0]] == ["", "frame 1"]
    frames, error = seen(data[: -len(previews.PREVIEW)])
    assert ([frame.place for frame in frames], error) == ([""], None)


def test_metadata_without_pictures_hide_nothing() -> None:
    noise = np.random.default_rng(7).bytes(60_000)
    words = b"a line of words, and /9j/ in it; " * 900
    for body in (noise, words, bytes(60_000), b"\xff" * 60_000, bytes(range(256)) * 230):
        segments = (
            app(1, b"Exif\0\0" + exif((0x010F, 2, b"A maker\0"), (0x927C, 7, body))),
            app(2, b"ICC_PROFILE\0\1\1" + body),
            app(1, b"http://ns.adobe.com/xap/1.0/\0" + body), app(13, b"Photoshop 3.0\0" + body), app(9, body),
        )  # fmt: skip
        assert [frame.place for frame in seen(with_segments(*segments))[0]] == [""]
        assert seen(with_segments(*segments))[1] is None


def test_tags_of_a_tiff_that_an_editor_copied_into_exif_are_no_pixels() -> None:
    copied = exif(
        (0x0100, 4, b"\0\4\0\0"), (0x0101, 4, b"\0\3\0\0"), (0x0111, 4, b"\0\0\2\0"), (0x0117, 4, b"\0\0\2\0")
    )
    assert seen(with_segments(app(1, b"Exif\0\0" + copied)))[1] is None


def test_a_preview_is_turned_like_its_picture_and_a_tiny_one_shows_nothing() -> None:
    turned = exif((0x0112, 3, b"\6\0"), following=previews.thumbnail(previews.PREVIEW))
    frames, _ = seen(with_segments(app(1, b"Exif\0\0" + turned)))
    assert [frame.place for frame in frames] == ["", "upright", "preview", "preview upright"]
    tiny = encoded(picture(4, 4), "JPEG")
    frames, error = seen(with_segments(app(1, b"Exif\0\0" + camera_exif(tiny, b""))))
    assert ([frame.place for frame in frames], error) == ([""], None)


def test_previews_of_a_damaged_picture_are_seen_all_the_same() -> None:
    data = previews.PLACES["exif thumbnail"](previews.PREVIEW)
    frames, error = seen(data[:-3000])
    assert error is not None
    assert error.reason is GapReason.TRUNCATED
    assert list(map(shows, frames)) == [True]


def test_those_beside_a_broken_one_are_seen_all_the_same() -> None:
    broken = app(1, b"Exif\0\0" + camera_exif(previews.PREVIEW[:900], b""))
    frames, error = seen(with_segments(broken, app(9, previews.PREVIEW)))
    assert error is not None
    assert list(map(shows, frames)) == [False, True]


def test_a_stated_thumbnail_within_a_preview_hides_behind_no_other() -> None:
    loose = previews.PREVIEW[:2] + b"no segment" + previews.PREVIEW[2:]
    outer = with_segments(app(9, loose), jpeg=encoded(picture(64, 48), "JPEG"))
    block = bytearray(camera_exif(outer, b""))
    at = block.index(b"\1\2\4\0\1") + 8
    place = int.from_bytes(block[at : at + 4], "little")
    block[at : at + 4] = (place + outer.index(loose)).to_bytes(4, "little")
    frames, error = seen(with_segments(app(1, b"Exif\0\0" + bytes(block))))
    assert [frame.place for frame in frames] == ["", "preview"]
    assert error is not None


def test_a_picture_between_the_last_block_and_the_end_is_a_gap() -> None:
    for progressive in (False, True):
        host = encoded(previews.HOST, "JPEG", progressive=progressive)
        frames, error = seen(host[:-2] + previews.PREVIEW + host[-2:])
        assert error is not None or any(map(shows, frames))


def test_layers_of_a_tiff_and_too_many_directories_are_a_gap() -> None:
    frames, error = seen(previews.tiff((37724, 1, b"Adobe Photoshop Document Data Block\0" + bytes(200))))
    assert ([frame.place for frame in frames], error is None) == ([""], False)
    data = previews.tiff((330, 4, b"".join(previews.number(8 + 2 * place) for place in range(2000))))
    assert isinstance(seen(data)[1], OverLimitError)


def test_a_place_of_nothing_hides_no_directory_below_another() -> None:
    data = previews.tiff_with_another_below()
    at = data.rindex(b"\x4a\1\4\0\1\0\0\0")
    places = data[at + 8 : at + 12] + previews.number(1 << 30)
    frames, error = seen(data[:at] + b"\x4a\1\4\0\2\0\0\0" + previews.number(len(data)) + data[at + 12 :] + places)
    assert list(map(shows, frames)) == [False, True]
    assert error is not None


def test_a_picture_in_text_that_is_damaged_is_seen_or_a_gap() -> None:
    host = encoded(previews.HOST, "PNG")
    for tail in (b"", b" " * 5000):
        packed = zlib.compress(previews.xmp(previews.PREVIEW) + tail)[:-4] + b"1234"
        chunk = media.png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed)
        frames, error = seen(host[:33] + chunk + host[33:])
        assert error is not None or any(map(shows, frames))


def test_a_directory_that_counts_too_many_entries_or_has_many_hides_no_pixels() -> None:
    block = previews.raw_thumbnail()
    at = 8 + 2 + 12 + 4 + 8  # the second directory
    assert block[at : at + 2] == b"\x09\0"
    counted = block[:at] + b"\xff\xff" + block[at + 2 :]
    below = exif((0x014A, 4, b"".join(previews.number(1 << 20 | place) for place in range(99))))
    assert any(map(shows, seen(with_segments(app(1, b"Exif\0\0" + counted)))[0]))
    assert isinstance(seen(with_segments(app(1, b"Exif\0\0" + below)))[1], OverLimitError)


def nested(levels: int) -> bytes:
    data = previews.PREVIEW
    for _ in range(levels):
        data = with_segments(app(9, data), jpeg=encoded(picture(64, 48), "JPEG"))
    return data


def test_a_preview_may_have_one_of_its_own_and_what_is_deeper_is_a_gap() -> None:
    frames, error = seen(nested(2))
    assert ([frame.place for frame in frames], error) == (["", "preview", "preview preview"], None)
    frames, error = seen(nested(3))
    assert (len(frames), type(error)) == (3, OverLimitError)


def test_pictures_within_a_file_are_limited_in_number_and_pixels() -> None:
    many = with_segments(*(app(9, encoded(picture(32, 32, seed), "JPEG")) for seed in range(9)))
    assert [len(seen(many, Limits(frames=count))[0]) for count in (8, 9)] == [9, 10]
    assert isinstance(seen(many, Limits(frames=8))[1], OverLimitError)
    assert seen(many, Limits(frames=9))[1] is None
    assert isinstance(seen(many, Limits(animation_pixels=3 * 32 * 32))[1], OverLimitError)
    vast = bytearray(previews.PREVIEW)
    at = vast.index(b"\xff\xc0")
    vast[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    assert isinstance(seen(with_segments(app(9, bytes(vast))))[1], OverLimitError)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xd8\xff\xe0\0\2" * 10_000, b"\xff\xd8\xff\xdb\0\x43" * 10_000,
        b"II*\0\x08\0\0\0" * 8000, b"/9j/" * 16_000,
        b"/9j/4AAQSkZJRgABAQAA" * 3200, b"\0\0\0\x18ftypavif" * 5000, b"8BIM\4\x0c\0\0\0\0\0\0" * 5000,
        b"GIF89a" * 10_000, b"\x89PNG\r\n\x1a\n" * 8000, b"BM" * 32_000,
    ],
    ids=["starts", "tables", "tiffs", "base64", "base64 headers", "boxes", "resources", "gifs", "pngs", "bitmaps"],
)  # fmt: skip
def test_a_flood_of_beginnings_ends_soon(body: bytes) -> None:
    data = with_segments(*(app(9, body[:65_000]) for _ in range(4)))
    began = time.process_time()
    frames, _ = seen(data)
    assert frames[0].place == ""
    assert time.process_time() - began < 2.0


def test_directories_that_go_in_circles_or_state_too_much_end() -> None:
    circle = bytearray(exif((0x010F, 2, b"A maker\0"), following=previews.thumbnail(previews.PREVIEW)))
    circle[circle.index(b"A maker") + 8 - 12 : circle.index(b"A maker") + 8 - 8] = b"\x08\0\0\0"
    assert seen(with_segments(app(1, b"Exif\0\0" + bytes(circle))))[0][0].place == ""
    endless = b"II*\0\x08\0\0\0" + b"".join(
        b"\0\0" + (8 + 6 * place).to_bytes(4, "little") for place in range(1, 100)
    )  # each names the next
    assert isinstance(seen(with_segments(app(1, b"Exif\0\0" + endless)))[1], OverLimitError)


def test_a_clip_behind_a_picture_is_seen_and_without_who_opens_it_a_gap() -> None:
    av = pytest.importorskip("av")
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(previews.OTHER), format="rgb24")))
        container.mux(stream.encode(None))
    for notes, end in ((b"", b""), (b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data", b"SEFHk\0\0\0\1\0\0\0\0\0\x30\x0aSEFT")):
        data = previews.JPEG + notes + out.getvalue() + end
        frames, error = seen(data)
        assert error is None
        assert frames[0].place == ""
        assert all(frame.place.startswith("appended frame ") for frame in frames[1:])
        assert any(map(shows, frames[1:]))
        with pytest.raises(MediaError):
            list(open_image(data, Limits()))


SEEDS = [place(previews.PREVIEW) for place in previews.PLACES.values()] + [previews.camera_file()]
LIMITS = Limits(pixels=100_000, frames=6, animation_pixels=400_000)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(SEEDS), st.data())
def test_any_damage_gives_frames_or_a_media_error(data: bytes, draw: st.DataObject) -> None:
    broken = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 5))):
        at = draw.draw(st.integers(0, 1500) | st.integers(0, len(broken) - 1))
        broken[at : at + draw.draw(st.integers(0, 4))] = draw.draw(st.binary(max_size=4) | st.just(b"\xff\xff\xff\xff"))
    with contextlib.suppress(MediaError):
        assert sum(1 for _ in open_image(bytes(broken), LIMITS)) <= 60


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(
        [b"", b"Exif\0\0II*\0\x08\0\0\0", b"MM\0*", b"JFXX\0\x11", b"JFIF\0", b"8BIM\x04\x09\0\0", b"<\0/9j/"]
    ),
    st.binary(max_size=300) | st.lists(st.sampled_from([b"\xff\xd8\xff", b"\0", b"\1\2", b"/9j/"])).map(b"".join),
)
def test_any_block_is_searched_or_is_a_media_error(head: bytes, body: bytes) -> None:
    with contextlib.suppress(MediaError):
        assert len(list(search(head + body))) <= len(body) + 1
    assert maker_note(body)
