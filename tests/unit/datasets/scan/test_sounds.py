"""Sound is known by its demuxer and not by its brand, and the pictures in it are examined or a gap."""

import builtins
import io

import av
import numpy as np
import pytest
from tests.vectors import media
from tests.vectors.sounds import flac, id3, m4a, opus, sound, wav

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import Observation
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources.records.record import Member, Record
from safehold.media import Limits, open_image
from safehold.media.containers import is_cut_short, tail_of
from safehold.media.embedded import holds_media
from safehold.signals import pdq
from safehold.vocabulary import GapReason, MediaKind, PdqFlavour

SETTINGS = ScanSettings(Limits(), (PdqFlavour.FULL,))
COVER = media.encoded(media.picture(160, 120), "JPEG")
MP3 = sound("mp3", "libmp3lame")
SOUNDS = {
    "mp3": MP3,
    "m4a": sound("ipod", "aac"),
    "mp4": sound("mp4", "aac"),
    "webm": sound("webm", "libopus"),
    "mka": sound("matroska", "aac"),
    "opus": sound("ogg", "libopus"),
    "flac": sound("flac", "flac"),
    "wav": sound("wav", "pcm_s16le"),
    "aiff": sound("aiff", "pcm_s16be"),
    "aac": sound("adts", "aac"),
    "mid": b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0",
}
COVERED = {"mp3": id3(COVER) + MP3, "flac": flac(COVER), "wav": wav(COVER), "m4a": m4a(COVER), "opus": opus(COVER)}


LEFT_OVER = ([GapReason.UNSUPPORTED_FORMAT], [GapReason.TRUNCATED])
"""In MP4 what follows reads as a box that is cut off."""


def examined(data: bytes) -> Observation:
    return examine(Record("x", (Member("x", "", memoryview(data)),)), SETTINGS)


def reasons(seen: Observation) -> list[GapReason]:
    return [gap.reason for gap in seen.gaps]


def clip(form: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for _ in range(3):
            picture = av.VideoFrame.from_ndarray(np.asarray(media.picture(160, 96)), format="rgb24")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize("form", SOUNDS)
def test_sound_alone_is_sound_and_no_gap(form: str) -> None:
    seen = examined(SOUNDS[form])
    assert seen.kinds == {MediaKind.AUDIO}
    assert not seen.gaps
    assert "pdq" not in seen.examined


def test_a_clip_is_one_whatever_its_container_is_mostly_used_for() -> None:
    branded = clip("mp4", "libx264").replace(b"ftypisom", b"ftypM4A ", 1)
    for data in (branded, clip("ogg", "libvpx")):
        seen = examined(data)
        assert seen.kinds == {MediaKind.VIDEO}
        assert not seen.gaps
        assert len(seen.members[0].prints) == 3


@pytest.mark.parametrize(
    ("form", "codec"), [("ogg", "libvpx"), ("webm", "libvpx"), ("avi", "mpeg4"), ("mp4", "libx264")]
)
def test_a_picture_put_behind_a_clip_is_a_gap(form: str, codec: str) -> None:
    data = clip(form, codec)
    assert not examined(data).gaps
    assert reasons(examined(data + COVER)) in LEFT_OVER


@pytest.mark.parametrize("form", COVERED)
def test_a_cover_is_fingerprinted_like_the_picture_that_it_is(form: str) -> None:
    seen = examined(COVERED[form])
    (shown,) = open_image(COVER, Limits())
    assert [(one.place, one.value) for one in seen.members[0].prints] == [
        ("cover", pdq(shown.luma, (PdqFlavour.FULL,))[0].value)
    ]
    assert not seen.gaps
    assert (seen.kinds, "pdq" in seen.examined) == ({MediaKind.AUDIO}, True)


@pytest.mark.parametrize("form", COVERED)
def test_a_cover_that_cannot_be_opened_is_a_gap(form: str) -> None:
    make = {"mp3": lambda cover: id3(cover) + MP3, "flac": flac, "wav": wav, "m4a": m4a, "opus": opus}[form]
    assert reasons(examined(make(COVER[:-60]))) == [GapReason.TRUNCATED]


@pytest.mark.parametrize("form", [*SOUNDS])
@pytest.mark.parametrize("media_bytes", [COVER, media.encoded(media.picture(64, 48), "PNG")])
def test_a_picture_put_behind_a_sound_is_a_gap(form: str, media_bytes: bytes) -> None:
    assert reasons(examined(SOUNDS[form] + media_bytes)) in LEFT_OVER


@pytest.mark.parametrize("form", COVERED)
def test_a_second_picture_beside_a_known_cover_is_a_gap(form: str) -> None:
    other = media.encoded(media.picture(64, 48, seed=8), "JPEG")
    assert reasons(examined(COVERED[form] + other)) in LEFT_OVER


def test_a_stream_of_another_kind_chained_to_an_ogg_is_a_gap() -> None:
    assert reasons(examined(SOUNDS["opus"] + clip("ogg", "libvpx"))) == [GapReason.UNSUPPORTED_FORMAT]


def test_a_tag_that_the_demuxer_makes_nothing_of_is_a_gap() -> None:
    for data in (id3(COVER) + bytes(400), id3(b"packed away") + bytes(400)):
        assert reasons(examined(data)) == [GapReason.UNSUPPORTED_FORMAT]


def test_without_the_extra_containers_and_covers_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: object, **options: object) -> object:
        if name.startswith("av"):
            raise ImportError(name)
        return real(name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    for form in ("m4a", "opus", "webm"):
        assert reasons(examined(SOUNDS[form])) == [GapReason.DETECTOR_MISSING]
    for form in ("mp3", "flac", "wav"):
        assert reasons(examined(COVERED[form])) == [GapReason.UNSUPPORTED_FORMAT]
        assert not examined(SOUNDS[form]).gaps


def test_words_in_a_tag_are_no_picture() -> None:
    assert not examined(sound("mp3", "libmp3lame", comment="a topic: EPIC\0 PIC")).gaps


def test_noise_holds_no_picture() -> None:
    noise = np.random.default_rng(5)
    quiet = (noise.standard_normal(200_000) * 40).astype(">i2").tobytes()
    for data in (noise.bytes(400_000), quiet, quiet[1:], bytes(100_000)):
        assert not holds_media(data, "wav")


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_pictures_of_each_format_are_found_in_noise(form: str) -> None:
    noise = np.random.default_rng(6).bytes(5000)
    assert holds_media(noise + media.encoded(media.picture(64, 48), form), "mp3")


@pytest.mark.parametrize(
    ("data", "form", "tail"),
    [
        (b"\0\0\0\x08free\0\0\0\0mdat\xff\xd8\xff", "mp4", b""),
        (b"\0\0\0\x08free\0\0\0\0\xff\xd8\xff\xe0", "mp4", b"\0\0\0\0\xff\xd8\xff\xe0"),
        (b"RIFF\4\0\0\0AVI RIFF\4\0\0\0AVIXrest", "avi", b"rest"),
        (b"\x1aE\xdf\xa3\x81a\x18S\x80g\x81brest", "mkv", b"rest"),
        (b"\x1aE\xdf\xa3\x81a\x18S\x80g\xffbrest", "mkv", b""),
    ],
)
def test_what_follows_a_container_begins_where_its_last_part_ends(data: bytes, form: str, tail: bytes) -> None:
    assert bytes(tail_of(data, form)) == tail


def test_an_ogg_that_lost_its_end_is_cut_short() -> None:
    data = SOUNDS["opus"]
    assert not is_cut_short(data, "ogg")
    assert is_cut_short(data[:-1], "ogg")
