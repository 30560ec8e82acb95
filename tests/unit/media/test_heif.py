"""AVIF and HEIC: all that a file shows is examined, and what is not is said. HEIC is tried where its extra is."""

import os
import struct
import sys
import zlib
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.vectors import heif
from tests.vectors.media import encoded, picture

from safehold.media import (
    Frame,
    HeifUnavailableError,
    Limits,
    MediaError,
    OverLimitError,
    TruncatedMediaError,
    UnreadableMediaError,
    UnsupportedFormatError,
    open_colour,
    open_image,
    sniff,
)
from safehold.media.heif import read_container
from safehold.vocabulary import GapReason, MediaKind

HAS_HEIC = find_spec("pi_heif") is not None and find_spec("av") is not None
needs_heic = pytest.mark.skipif(not HAS_HEIC, reason="needs the heif extra to open and the video extra to make HEIC")
PICTURE = np.asarray(picture(320, 240).convert("L")).astype(int)
AUXILIARY = heif.full(b"auxC", b"urn:mpeg:hevc:2015:auxid:2\0")
PIXI = heif.full(b"pixi", b"\3\x08\x08\x08")
Wrap = Callable[..., bytes]
Coded = Callable[[int, int, int], heif.Item]


def av1(seed: int = 3, width: int = 320, height: int = 240) -> heif.Item:
    return heif.coded(picture(width, height, seed))


BOTH = [
    pytest.param(heif.avif, av1, id="avif"),
    pytest.param(heif.heic, heif.hevc, id="heic", marks=needs_heic),
]
forms = pytest.mark.parametrize(("wrap", "coded"), BOTH)


def seen(data: bytes, **limits: int) -> tuple[list[Frame], MediaError | None]:
    frames = []
    try:
        frames.extend(open_image(data, Limits(**limits)))
    except MediaError as error:
        return frames, error
    return frames, None


def grid_of(first: heif.Item, second: heif.Item, *extra: bytes) -> tuple[heif.Item, heif.Item, heif.Item]:
    whole = heif.Item(b"grid", heif.grid(2, 320, 240), (heif.extent(320, 240), *extra), ((b"dimg", (2, 3)),))
    return whole, replace(first, is_hidden=True), replace(second, is_hidden=True)


@forms
def test_a_picture_is_opened_as_what_it_shows(wrap: Wrap, coded: Coded) -> None:
    data = wrap(coded(3, 320, 240))
    ((frame,), error) = seen(data)
    assert error is None
    assert (frame.place, frame.luma.shape) == ("", (240, 320))
    assert np.abs(frame.luma - PICTURE).mean() < 4
    assert open_colour(data, Limits()).shape == (240, 320, 3)


def test_what_pillow_writes_is_opened_in_colour_grey_and_with_transparency() -> None:
    for image in (picture(320, 240), picture(320, 240).convert("L"), picture(320, 240).convert("RGBA")):
        ((frame,), error) = seen(encoded(image, "AVIF", quality=90))
        assert error is None
        assert np.abs(frame.luma - PICTURE).mean() < 4


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_avif_is_seen_as_stored_and_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    frames, _ = seen(encoded(picture(320, 240), "AVIF", exif=exif))
    assert [frame.place for frame in frames] == ["", "upright"]
    assert (frames[1].luma.shape == (240, 320)) is (orientation == 3)


@needs_heic
def test_a_turned_heic_is_seen_upright() -> None:
    item = heif.hevc()
    ((frame,), error) = seen(heif.heic(replace(item, properties=(*item.properties, heif.box(b"irot", b"\1")))))
    assert (error, frame.luma.shape) == (None, (320, 240))


@forms
def test_a_picture_made_of_tiles_is_seen_whole(wrap: Wrap, coded: Coded) -> None:
    extra = (PIXI,) if wrap is heif.avif else ()
    ((frame,), error) = seen(wrap(*grid_of(coded(3, 160, 240), coded(4, 160, 240), *extra)))
    assert (error, frame.luma.shape) == (None, (240, 320))
    for left, seed in ((0, 3), (160, 4)):
        tile = np.asarray(picture(160, 240, seed).convert("L")).astype(int)
        assert np.abs(frame.luma[:, left : left + 160] - tile).mean() < 6


@forms
@pytest.mark.parametrize("lost", ["half", "all", "zeros"])
def test_a_picture_that_lacks_a_tile_is_never_taken_as_whole(wrap: Wrap, coded: Coded, lost: str) -> None:
    extra = (PIXI,) if wrap is heif.avif else ()
    second = coded(4, 160, 240)
    size = len(second.data)
    data = {"half": second.data[: size // 2], "all": b"", "zeros": bytes(size)}[lost]
    _, error = seen(wrap(*grid_of(coded(3, 160, 240), replace(second, data=data), *extra)))
    assert isinstance(error, TruncatedMediaError | UnreadableMediaError)


@forms
def test_a_grid_without_one_of_its_tiles_is_never_taken_as_whole(wrap: Wrap, coded: Coded) -> None:
    whole, *tiles = grid_of(coded(3, 160, 240), coded(4, 160, 240))
    _, error = seen(wrap(replace(whole, refers=((b"dimg", (2,)),)), *tiles))
    assert error is not None


@forms
def test_a_file_that_is_cut_short_anywhere_shows_nothing_as_whole(wrap: Wrap, coded: Coded) -> None:
    data = wrap(coded(3, 64, 48))
    for size in range(13, len(data), max(1, len(data) // 60)):
        frames, error = seen(data[:size])
        assert frames == []
        assert isinstance(error, TruncatedMediaError | UnreadableMediaError)
    assert isinstance(seen(data[:-1])[1], TruncatedMediaError)


def test_an_animation_that_is_cut_short_is_never_taken_as_whole() -> None:
    data = heif.moving(*(picture(64, 48, seed) for seed in range(3)))
    for size in range(13, len(data), len(data) // 40):
        assert seen(data[:size])[1] is not None


@forms
def test_a_picture_cut_short_in_a_file_closed_again_is_found_out(wrap: Wrap, coded: Coded) -> None:
    item = coded(3, 320, 240)
    for cut in (1, 100, len(item.data) // 2):
        frames, error = seen(wrap(replace(item, data=item.data[:-cut])))
        assert (frames, error is None) == ([], False)


@forms
def test_sizes_are_judged_before_anything_is_decoded(wrap: Wrap, coded: Coded) -> None:
    item = coded(3, 320, 240)
    assert isinstance(seen(wrap(item), pixels=320 * 240 - 1)[1], OverLimitError)
    assert seen(wrap(item), pixels=320 * 240)[1] is None
    vast = replace(item, properties=(heif.extent(60_000, 60_000), *item.properties[1:]))
    assert isinstance(seen(wrap(vast))[1], OverLimitError)
    whole, *tiles = grid_of(coded(3, 160, 240), coded(4, 160, 240))
    bomb = replace(whole, data=heif.grid(2, 60_000, 60_000))
    assert seen(wrap(bomb, *tiles))[0] == []


def test_a_turned_sequence_of_too_many_frames_is_over_the_limit() -> None:
    data = heif.moving(*(picture(64, 48, seed) for seed in range(4)))
    frames, error = seen(data, frames=2)
    assert (len(frames), type(error)) == (2, OverLimitError)
    frames, error = seen(data, animation_pixels=2 << 16)
    assert (len(frames), type(error)) == (3, OverLimitError)


@pytest.mark.parametrize("brand", [b"avis", b"avif"])
def test_every_frame_of_a_sequence_is_seen_whichever_way_it_calls_itself(brand: bytes) -> None:
    """Viewers show the picture or the sequence, depending on the brand."""
    images = [picture(64, 48, seed) for seed in range(4)]
    data = heif.moving(*images)
    frames, error = seen(data[:8] + brand + data[12:])
    assert error is None
    assert len(frames) == 4
    for image, frame in zip(images, frames, strict=True):
        assert np.abs(frame.luma - np.asarray(image.convert("L")).astype(int)).mean() < 8


def likeness(frame: Frame, seed: int) -> float:
    height, width = frame.luma.shape
    return float(np.abs(frame.luma - np.asarray(picture(width, height, seed).convert("L")).astype(int)).mean())


def belonging(item: heif.Item, kind: bytes, *more: tuple[bytes, tuple[int, ...]], is_hidden: bool = False) -> heif.Item:
    properties = (*item.properties, *([AUXILIARY] if kind == b"auxl" else []))
    return replace(item, properties=properties, refers=((kind, (1,)), *more), is_hidden=is_hidden)


@forms
@pytest.mark.parametrize("is_hidden", [False, True])
def test_another_picture_in_a_file_is_seen(wrap: Wrap, coded: Coded, *, is_hidden: bool) -> None:
    frames, error = seen(wrap(coded(3, 320, 240), replace(coded(4, 160, 120), is_hidden=is_hidden)))
    assert (len(frames), error) == (2, None)
    assert (frames[1].place == "preview") is (is_hidden or wrap is heif.avif)
    assert likeness(frames[1], 4) < 5


@forms
@pytest.mark.parametrize("kind", [b"thmb", b"auxl"])
def test_what_belongs_to_a_picture_is_seen_as_a_preview(wrap: Wrap, coded: Coded, kind: bytes) -> None:
    parts = [belonging(coded(seed, 160, 120), kind, is_hidden=seed == 5) for seed in (4, 5)]
    frames, error = seen(wrap(coded(3, 320, 240), *parts))
    assert ([frame.place for frame in frames], error) == (["", "preview", "preview 2"], None)
    assert [likeness(frame, seed) < 5 for seed, frame in enumerate(frames, start=3)] == [True] * 3


@forms
def test_an_auxiliary_picture_made_of_tiles_is_seen_whole(wrap: Wrap, coded: Coded) -> None:
    extra = (PIXI,) if wrap is heif.avif else ()
    whole = heif.Item(
        b"grid",
        heif.grid(2, 320, 240),
        (heif.extent(320, 240), AUXILIARY, *extra),
        ((b"dimg", (3, 4)), (b"auxl", (1,))),
    )
    tiles = [replace(coded(seed, 160, 240), is_hidden=True) for seed in (4, 5)]
    frames, error = seen(wrap(coded(3, 320, 240), whole, *tiles))
    assert ([frame.place for frame in frames], error) == (["", "preview"], None)
    assert frames[1].luma.shape == (240, 320)


@forms
def test_the_gain_map_of_a_tone_map_is_seen(wrap: Wrap, coded: Coded) -> None:
    gain = replace(coded(4, 160, 120), is_hidden=True)
    tone = heif.Item(b"tmap", bytes(62), (heif.extent(320, 240),), ((b"dimg", (1, 2)),))
    frames, error = seen(wrap(coded(3, 320, 240), gain, tone))
    assert ([frame.place for frame in frames], error) == (["", "preview"], None)
    assert likeness(frames[1], 4) < 5


@forms
@pytest.mark.parametrize("kind", [b"vvc1", b"grid", b"what"])
def test_a_part_of_an_unknown_coding_or_without_an_end_is_a_gap(wrap: Wrap, coded: Coded, kind: bytes) -> None:
    odd = replace(belonging(coded(4, 64, 48), b"auxl", (b"dimg", (2,))), kind=kind)
    frames, error = seen(wrap(coded(3, 320, 240), odd))
    assert (len(frames), error is None) == (1, False)


@forms
def test_what_describes_a_picture_is_searched(wrap: Wrap, coded: Coded) -> None:
    small = encoded(picture(160, 120, 4), "JPEG")
    text = b"<x:xmpmeta>" + b64encode(small) + b"</x:xmpmeta>"
    for kind, data in (
        (b"Exif", bytes(4) + b"MM\0*" + bytes(40) + small),
        (b"mime", text),
        (b"mime", zlib.compress(text)),
        (b"uri ", b"a maker's own" + small),
    ):
        frames, error = seen(wrap(coded(3, 320, 240), heif.Item(kind, data, ())))
        assert ([frame.place for frame in frames], error) == (["", "preview"], None)
        assert likeness(frames[1], 4) < 5


@forms
def test_a_thumbnail_that_is_a_jpeg_is_seen(wrap: Wrap, coded: Coded) -> None:
    small = heif.Item(b"jpeg", encoded(picture(160, 120, 4), "JPEG"), (heif.extent(160, 120),))
    frames, error = seen(wrap(coded(3, 320, 240), belonging(small, b"thmb")))
    assert ([frame.place for frame in frames], error) == (["", "preview"], None)


@forms
def test_bytes_that_no_part_refers_to_are_searched(wrap: Wrap, coded: Coded) -> None:
    more = heif.box(b"mdat", bytes(100) + encoded(picture(160, 120, 4), "JPEG") + bytes(9))
    frames, error = seen(wrap(coded(3, 320, 240), more=more))
    assert ([frame.place for frame in frames], error) == (["", "preview"], None)


@needs_heic
@pytest.mark.parametrize("primary", [1, 2])
def test_all_pictures_of_a_heic_are_seen_the_shown_one_first(primary: int) -> None:
    frames, error = seen(heif.heic(heif.hevc(3), heif.hevc(4), primary=primary))
    assert (len(frames), error) == (2, None)
    first = np.asarray(picture(320, 240, 2 + primary).convert("L")).astype(int)
    assert np.abs(frames[0].luma - first).mean() < 4


@needs_heic
def test_a_damaged_picture_beside_a_good_one_is_said() -> None:
    other = heif.hevc(4)
    for broken in (replace(other, data=other.data[:9]), replace(other, kind=b"vvc1")):
        frames, error = seen(heif.heic(heif.hevc(3), broken))
        assert (len(frames), error is None) == (1, False)


@needs_heic
def test_a_sequence_beside_a_heic_is_said_not_to_be_seen() -> None:
    moving = heif.moving(*(picture(64, 48, seed) for seed in range(2)))
    start = moving.index(b"moov") - 4
    track = moving[start : start + int.from_bytes(moving[start : start + 4], "big")]
    frames, error = seen(heif.heic(more=track))
    assert (len(frames), type(error)) == (1, UnsupportedFormatError)


@forms
@pytest.mark.parametrize(
    "more",
    [heif.box(b"mpvd", bytes(4), b"ftypmp42" + bytes(50)), heif.box(b"free", b"\x89PNG\r\n\x1a\n")],
    ids=["motion photo", "free"],
)
def test_media_after_a_picture_are_said_not_to_be_seen(wrap: Wrap, coded: Coded, more: bytes) -> None:
    frames, error = seen(wrap(coded(3, 320, 240), more=more))
    assert (len(frames), error is None) == (1, False)


@forms
def test_a_picture_in_a_box_of_its_own_is_seen(wrap: Wrap, coded: Coded) -> None:
    frames, error = seen(wrap(coded(3, 320, 240), more=heif.box(b"free", encoded(picture(160, 120, 4), "PNG"))))
    assert ([frame.place for frame in frames], error) == (["", "appended"], None)


@forms
def test_a_picture_in_an_unknown_box_of_the_list_is_seen(wrap: Wrap, coded: Coded) -> None:
    data = wrap(coded(3, 320, 240))
    small = heif.box(b"uuid", bytes(16), encoded(picture(160, 120, 4), "JPEG"))
    start = data.index(b"meta") - 4
    end = start + int.from_bytes(data[start : start + 4], "big")
    place = data.index(b"iloc") + 18  # of the only part's bytes
    moved = (int.from_bytes(data[place : place + 4], "big") + len(small)).to_bytes(4, "big")
    meta = (end - start + len(small)).to_bytes(4, "big") + data[start + 4 : place] + moved + data[place + 4 : end]
    frames, error = seen(data[:start] + meta + small + data[end:])
    assert ([frame.place for frame in frames], error) == (["", "preview"], None)


@forms
def test_another_file_after_a_picture_is_seen(wrap: Wrap, coded: Coded) -> None:
    frames, error = seen(wrap(coded(3, 64, 48), more=heif.avif()))
    assert frames[-1].place == "appended"
    assert (error is None) is (wrap is heif.avif)  # libheif opens no file with another behind it


@forms
def test_padding_and_unknown_boxes_without_media_hide_nothing(wrap: Wrap, coded: Coded) -> None:
    for more in (bytes(5), bytes(40), heif.box(b"uuid", b"a maker's notes")):
        frames, error = seen(wrap(coded(3, 64, 48), more=more))
        assert (len(frames), error) == (1, None)
    assert isinstance(seen(wrap(coded(3, 64, 48), more=b"loose bytes"))[1], TruncatedMediaError)


@pytest.mark.skipif(not HAS_HEIC, reason="needs the heif and video extras")
def test_a_wrong_brand_is_unreadable() -> None:
    for data in (heif.container(b"avif", heif.hevc()), heif.container(b"heic", av1())):
        frames, error = seen(data)
        assert (frames, type(error)) == ([], UnreadableMediaError)


@pytest.mark.parametrize("brand", [b"mif1", b"msf1", b"miaf"])
def test_a_brand_that_leaves_the_coding_open_is_known_by_the_others(brand: bytes) -> None:
    data = heif.container(brand, av1(), brands=brand + b"avif")
    assert (sniff(data).kind, sniff(data).format) == (MediaKind.IMAGE, "avif")
    assert sniff(heif.container(brand, av1(), brands=brand + b"heix")).format == "heic"
    assert sniff(heif.container(brand, av1(), brands=brand)).format == "heic"


@pytest.mark.parametrize(
    "fault",
    [
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", struct.pack(">I", 4) + b"pitm"),
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", struct.pack(">I", 900) + b"iinf"),
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", heif.full(b"pitm")),
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", heif.full(b"iinf", b"\0\1", heif.full(b"infe"))),
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", heif.full(b"iloc", b"\xff\xff\xff\xff")),
        heif.box(b"ftyp", b"avif", bytes(4)) + heif.full(b"meta", heif.full(b"iloc", b"\0\0\xff\xff", b"\xff" * 60)),
        heif.box(b"ftyp", b"avif", bytes(4)),
    ],
    ids=["small box", "large box", "no number", "old list", "wide places", "places that cost nothing", "nothing"],
)
def test_boxes_that_make_no_sense_are_unreadable(fault: bytes) -> None:
    assert isinstance(seen(fault)[1], UnreadableMediaError)


def test_heic_without_its_extra_is_a_gap_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    error = seen(heif.container(b"heic", av1()))[1]
    assert isinstance(error, HeifUnavailableError)
    assert error.reason is GapReason.DETECTOR_MISSING
    assert "safehold[heif]" in error.advice


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads in /proc")
@forms
def test_one_thread_decodes(wrap: Wrap, coded: Coded) -> None:
    data = wrap(coded(3, 512, 384))
    threads = partial(os.listdir, "/proc/self/task")
    before = len(threads())
    for _ in open_image(data, Limits()):
        assert len(threads()) == before


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"iinf", b"iref", b"iloc", b"iprp", b"pitm", b"idat"]))
def test_any_list_of_parts_is_read_or_is_unreadable(body: bytes, kind: bytes) -> None:
    with suppress(MediaError):
        read_container(heif.box(b"ftyp", b"heic", bytes(4)) + heif.full(b"meta", heif.box(kind, body)))


@needs_heic
def test_bytes_that_are_used_again_and_again_are_unreadable() -> None:
    item, at, length = heif.hevc(3, 64, 48), 0, 500
    place = struct.pack(">HHH", 1, 0, 40) + 40 * struct.pack(">II", at, length)
    infos = heif.full(b"iinf", b"\0\1", heif.full(b"infe", b"\0\1\0\0", item.kind, b"\0", version=2))
    places = heif.full(b"iloc", b"\x44\0\0\1", place)
    data = heif.box(b"ftyp", b"heic", bytes(4)) + heif.full(b"meta", infos, places) + heif.box(b"mdat", bytes(900))
    assert isinstance(read_container(data).fault, UnreadableMediaError)
