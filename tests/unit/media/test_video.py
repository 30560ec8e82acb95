import builtins
import io
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import get_args

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.vectors.media import jpeg

from safehold.media import (
    EmptyMediaError,
    FrameChoice,
    Limits,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
    VideoUnavailableError,
    open_video,
)
from safehold.media.containers import is_cut_short
from safehold.media.demuxer import Window
from safehold.media.planes import is_same
from safehold.vocabulary import GapReason, Seconds

WIDTH, HEIGHT = 200, 120  # the decoder pads rows of 200 to a longer line


def plane(number: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return ((rows + columns + 5 * number) % 200 // 50 * 50 + 30).astype(np.uint8)


@cache
def clip(
    form: str = "mp4", codec: str = "libx264", *, frames: int = 60, every: int = 30, pixels: str = "yuv420p"
) -> bytes:
    """A harmless moving pattern at ten frames a second, with a keyframe at every so many frames."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, pixels, every
        for number in range(frames):
            grey = av.VideoFrame.from_ndarray(plane(number), format="gray")
            container.mux(stream.encode(grey.reformat(format=pixels)))
        container.mux(stream.encode(None))
    return out.getvalue()


def open_until_error(data: bytes, limits: Limits | None = None) -> tuple[list[str], GapReason | None]:
    places = []
    try:
        for frame in open_video(data, limits or Limits()):
            places.append(frame.place)  # noqa: PERF401  # what came before the error counts
    except MediaError as error:
        return places, error.reason
    return places, None


CONTAINERS = [
    ("mp4", "libx264", "yuv420p"),
    ("mov", "libx264", "yuv422p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("webm", "libvpx", "yuv420p"),
    ("matroska", "libx264", "yuv420p10le"),
    ("matroska", "libx264", "nv12"),
    ("matroska", "libx264rgb", "rgb24"),
    ("avi", "mpeg4", "yuv420p"),
]


@pytest.mark.parametrize(("form", "codec", "pixels"), CONTAINERS)
def test_frames_are_luma_of_the_right_size_and_pattern(form: str, codec: str, pixels: str) -> None:
    frames = list(open_video(clip(form, codec, pixels=pixels), Limits(), "all"))

    assert 58 <= len(frames) <= 60
    for frame in frames[::7]:
        number = int(frame.place.split()[1])
        assert frame.luma.shape == (HEIGHT, WIDTH)
        assert frame.luma.dtype == np.uint8
        assert frame.luma.strides[1] == 1
        assert not frame.luma.flags.writeable
        assert np.corrcoef(frame.luma.ravel(), plane(number).ravel())[0, 1] > 0.95


def test_a_frame_tells_its_number_and_time() -> None:
    frames = list(open_video(clip(every=60), Limits(frames=2), "keyframes"))

    assert [frame.place for frame in frames] == ["frame 0 @ 0.000 s", "frame 59 @ 5.900 s"]
    assert frames[-1].at == pytest.approx(5.9)


@pytest.mark.parametrize(("form", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9"), ("avi", "mpeg4")])
def test_a_long_clip_with_keyframes_shows_these(form: str, codec: str) -> None:
    frames = list(open_video(clip(form, codec, frames=90, every=10), Limits()))

    assert [round(frame.at or 0) for frame in frames] == list(range(9))


def test_more_keyframes_than_the_limit_are_spread_over_the_clip() -> None:
    frames = list(open_video(clip(frames=90, every=10), Limits(frames=3)))

    assert [round(frame.at or 0) for frame in frames] == [0, 4, 8]


def places(data: bytes, choice: FrameChoice, short_seconds: float = 5.0, frames: int = 64) -> list[str]:
    return [one.place for one in open_video(data, Limits(frames=frames), choice, short_seconds=Seconds(short_seconds))]


def test_every_frame_of_a_short_clip_is_shown_whatever_the_limit_on_samples() -> None:
    data = clip(frames=40, every=5)

    assert len(places(data, "adaptive", frames=10)) == 40
    assert len(places(data, "adaptive", short_seconds=3.9)) == 40
    assert len(places(data, "adaptive", short_seconds=3.8)) == 8
    assert len(places(data, "keyframes")) == 8


def test_all_shows_every_frame_of_a_clip_of_any_length() -> None:
    assert len(places(clip(frames=90, every=10), "all", frames=3)) == 90


def test_more_frames_can_only_be_added_by_a_wider_choice() -> None:
    for data in (clip(), clip(frames=40, every=5), clip("webm", "libvpx-vp9", frames=90, every=10)):
        times = [{place.split("@")[1] for place in places(data, choice)} for choice in get_args(FrameChoice)]
        assert times[0] <= times[1] <= times[2]


def test_a_clip_that_shows_its_frames_at_uneven_times_keeps_them() -> None:
    uneven = (0, 1, 2, 30, 31, 90)
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for at in uneven:
            picture = av.VideoFrame.from_ndarray(plane(at), format="gray").reformat(format="yuv420p")
            picture.pts, picture.time_base = at, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))

    frames = list(open_video(out.getvalue(), Limits(), "all"))

    assert [frame.at for frame in frames] == pytest.approx([at / 10 for at in uneven])


def test_tiny_frames_take_from_the_budget_too() -> None:
    assert open_until_error(clip(frames=40), Limits(clip_pixels=39 << 16))[1] is GapReason.OVER_LIMIT
    assert open_until_error(clip(frames=40), Limits(clip_pixels=40 << 16))[1] is None


def test_rows_that_the_decoder_pads_are_shown_without_the_padding() -> None:
    (frame, *_) = open_video(clip(), Limits())

    assert frame.luma.strides[0] > WIDTH
    assert frame.luma.shape == (HEIGHT, WIDTH)


def test_only_equal_frames_are_the_same() -> None:
    one = plane(0)
    other = one.copy()
    other[1, 1] ^= 1

    assert is_same(one, one.copy())
    assert not is_same(one, other)
    assert not is_same(one, one[:, 1:])


def test_a_clip_with_few_keyframes_is_decoded_whole() -> None:
    assert len(list(open_video(clip(frames=80, every=80), Limits()))) == 64


def test_a_clip_of_one_frame_is_enough() -> None:
    assert len(list(open_video(clip(frames=1), Limits()))) == 1


def turned(data: bytes, matrix: Sequence[int]) -> bytes:
    """Write a display matrix into a clip's track header (ISO/IEC 14496-12 section 8.3.2)."""
    at = data.index(b"tkhd") + 4 + 40
    values = b"".join((value << 16).to_bytes(4, "big", signed=True) for value in matrix[:4])
    body = bytearray(data)
    for place, value in zip((0, 4, 12, 16), (values[at : at + 4] for at in range(0, 16, 4)), strict=True):
        body[at + place : at + place + 4] = value
    return bytes(body)


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1)])
def test_a_turned_clip_is_yielded_as_stored_and_upright(matrix: tuple[int, ...], turns: int) -> None:
    stored, upright, *_ = open_video(turned(clip(frames=20), matrix), Limits())

    assert upright.place == f"{stored.place} upright"
    assert np.array_equal(upright.luma, np.rot90(stored.luma, turns))


@pytest.mark.parametrize(("form", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9"), ("avi", "mpeg4")])
def test_a_clip_that_lost_its_end_is_truncated_wherever_it_was_cut(form: str, codec: str) -> None:
    data = clip(form, codec)

    for cut in (len(data) - 1, len(data) - 500, len(data) // 2, len(data) // 4):
        assert open_until_error(data[:cut])[1] is GapReason.TRUNCATED


def test_frames_before_the_cut_are_yielded() -> None:
    data = clip("matroska", "libx264")

    places, reason = open_until_error(data[: len(data) // 2])

    assert 10 < len(places) < 50
    assert reason is GapReason.TRUNCATED


def test_damaged_frames_are_a_gap_and_the_others_are_yielded() -> None:
    data = bytearray(clip("matroska", "libx264"))
    data[len(data) // 3 : len(data) // 3 + 400] = bytes(400)

    places, reason = open_until_error(bytes(data))

    assert places
    assert reason is GapReason.UNREADABLE


def test_the_limits_hold() -> None:
    for limits in (
        Limits(pixels=WIDTH * HEIGHT - 1),
        Limits(input_bytes=1000),
        Limits(clip_pixels=20 << 16),
    ):
        assert open_until_error(clip(), limits)[1] is GapReason.OVER_LIMIT
    assert open_until_error(clip(), Limits(pixels=WIDTH * HEIGHT))[1] is None


def test_what_is_no_clip_is_refused() -> None:
    for data, error in (
        (b"", EmptyMediaError),
        (jpeg(), UnreadableMediaError),
        (b"#EXTM3U\nfile:///etc/hostname\n", UnreadableMediaError),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", UnreadableMediaError),
        (b"FLV\x01" + bytes(50), UnsupportedFormatError),
        (b"\0\0\0\x10ftypisom\0\0\0\0" + bytes(4), MediaError),
    ):
        with pytest.raises(error):
            list(open_video(data, Limits()))


def test_a_clip_without_a_video_stream_is_unsupported() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))

    with pytest.raises(UnsupportedFormatError):
        list(open_video(out.getvalue(), Limits()))


def test_without_the_extra_clips_are_a_missing_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: object, **options: object) -> object:
        if name.startswith("av"):
            raise ImportError(name)
        return real(name, *arguments, **options)  # type: ignore[arg-type]

    data = clip()
    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(VideoUnavailableError) as caught:
        list(open_video(data, Limits()))

    assert caught.value.reason is GapReason.DETECTOR_MISSING
    assert "safehold[video]" in caught.value.advice


def test_a_window_reads_like_a_file() -> None:
    window, file = Window(memoryview(b"0123456789")), io.BytesIO(b"0123456789")

    assert window.readable()
    assert window.seekable()
    for offset, whence in ((3, io.SEEK_SET), (2, io.SEEK_CUR), (-4, io.SEEK_END), (50, io.SEEK_SET), (0, io.SEEK_SET)):
        assert window.seek(offset, whence) == file.seek(offset, whence) == window.tell()
        assert window.read(3) == file.read(3)
    assert window.read() == file.read()


@pytest.mark.parametrize(
    ("data", "form", "expected"),
    [
        (b"\0\0\0\x08free", "mp4", False),
        (b"\0\0\0\x09free", "mp4", True),
        (b"\0\0\0\x00mdat", "mov", False),
        (b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x10", "mp4", False),
        (b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x11", "mp4", True),
        (b"\0\0\0\x07free", "mp4", False),
        (b"RIFF\4\0\0\0AVI ", "avi", False),
        (b"RIFF\5\0\0\0AVI ", "avi", True),
        (b"\x1aE\xdf\xa3\x80\x18S\x80g\x81x", "webm", False),
        (b"\x1aE\xdf\xa3\x80\x18S\x80g\x82x", "mkv", True),
        (b"\x1aE\xdf\xa3\x80\x18S\x80g\xff", "mkv", False),
        (b"\x1aE\xdf\xa3\x80\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff", "mkv", False),
        (b"\x1aE\xdf\xa3", "mkv", False),
    ],
)
def test_a_container_that_states_more_bytes_than_there_are_is_cut_short(
    data: bytes, form: str, *, expected: bool
) -> None:
    assert is_cut_short(data, form) is expected


def test_truncation_is_told_apart_from_damage() -> None:
    with pytest.raises(TruncatedMediaError):
        list(open_video(clip()[:-1], Limits()))
    with pytest.raises(OverLimitError):
        list(open_video(clip(), Limits(pixels=5)))
