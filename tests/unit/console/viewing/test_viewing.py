"""Viewing: what a child says is believed only in its right shape, and what leaves was made here of plain numbers."""

import io
import wave

import numpy as np
import pytest
from PIL import Image
from tests.vectors import media, previews, sounds

from safehold.console.viewing.child import CHILD_MODULE, SOUND, STILL, STILL_HEAD
from safehold.console.viewing.decoding import MOST_STILLS, open_still, small
from safehold.console.viewing.errors import MisshapenViewError
from safehold.console.viewing.sampling import RATE, open_samples
from safehold.console.viewing.treatment import covered, revealed, sound, spectrogram
from safehold.console.viewing.viewer import VIEWING_LIMITS, parse_samples, parse_still
from safehold.media import Limits, MediaError
from safehold.media.sandbox import Crew, module_argv
from safehold.vocabulary import GapReason


def head(width: int = 4, height: int = 2, channels: int = 1, number: int = 0, count: int = 1) -> bytes:
    return STILL_HEAD.pack(width, height, channels, number, count, True)


def test_what_a_child_says_in_the_right_shape_is_a_picture() -> None:
    told = parse_still(head() + bytes(range(8)), 4)
    assert (told.pixels.tolist(), told.number, told.count) == ([[0, 1, 2, 3], [4, 5, 6, 7]], 0, 1)
    assert parse_still(head(channels=3) + bytes(24), 4).pixels.shape == (2, 4, 3)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        head()[:-1],
        head() + bytes(7),
        head() + bytes(9),
        head(width=5) + bytes(10),
        head(height=5) + bytes(20),
        head(width=0) + b"",
        head(channels=4) + bytes(32),
        head(number=1) + bytes(8),
        head(count=MOST_STILLS + 1) + bytes(8),
        b"\x89PNG\r\n\x1a\n" + bytes(99),
    ],
)
def test_anything_else_that_a_child_says_is_no_picture(answer: bytes) -> None:
    with pytest.raises(MisshapenViewError):
        parse_still(answer, 4)


def test_a_sound_is_a_number_of_samples_and_no_more_than_a_minute() -> None:
    assert parse_samples(b"\x01\x00\xff\xff").tolist() == [1, -1]
    for answer in (b"\x01", bytes(2 * RATE * 60 + 2)):
        with pytest.raises(MisshapenViewError):
            parse_samples(answer)


def test_a_picture_is_made_small_with_its_shape_and_a_small_one_stays() -> None:
    assert small(np.zeros((300, 600, 3), np.uint8), 100).shape == (50, 100, 3)
    assert small(np.zeros((1, 6000), np.uint8), 100).shape == (1, 100)
    assert small(np.zeros((3, 5), np.uint8), 100).shape == (3, 5)


def test_an_animation_and_a_clip_are_shown_as_stills() -> None:
    gif = media.gif_of_frames(5, 40, distinct=True)
    told = [open_still(gif, number=number, side=32, limits=Limits()) for number in (0, 2, 99)]
    assert [(one.number, one.count) for one in told] == [(0, 5), (2, 5), (4, 5)]
    assert told[0].pixels.shape == (32, 32, 3)
    many = open_still(media.gif_of_frames(40, 16, distinct=True), number=11, side=16, limits=Limits())
    assert (many.number, many.count) == (11, MOST_STILLS)


def test_a_picture_that_is_turned_by_its_camera_is_shown_upright() -> None:
    image = Image.new("RGB", (64, 32), (200, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    told = open_still(media.encoded(image, "jpeg", exif=exif), number=0, side=64, limits=Limits())
    assert (told.pixels.shape, told.count) == ((64, 32, 3), 1)


def test_another_picture_within_the_file_is_shown_and_a_copy_of_the_picture_is_not() -> None:
    copy = media.encoded(previews.HOST.resize((160, 120)), "JPEG")
    for place in ("exif thumbnail", "maker's note"):
        assert open_still(previews.PLACES[place](copy), number=9, side=200, limits=Limits()).count == 1
        shown = open_still(previews.PLACES[place](previews.PREVIEW), number=1, side=200, limits=Limits())
        assert (shown.count, shown.number, shown.is_whole) == (2, 1, True)
        assert np.abs(shown.pixels - np.asarray(previews.OTHER.convert("L"), np.int16)).mean() < 6


def test_what_can_be_opened_in_part_says_so_and_what_can_not_raises() -> None:
    with pytest.raises(MediaError):
        open_still(media.html_that_calls_itself_jpeg(), number=0, side=32, limits=Limits())
    cut = media.gif_of_frames(5, 40, distinct=True)[:-200]
    assert not open_still(cut, number=0, side=32, limits=Limits()).is_whole


def test_two_different_pictures_of_like_brightness_have_like_covers() -> None:
    """A cover tells so little that noise and a drawing of the same brightness can hardly be told apart."""
    lines = np.zeros((256, 256), np.uint8)
    lines[::2] = 255
    chequers = np.indices((256, 256)).sum(axis=0).astype(np.uint8) % 2 * 255
    covers = [np.asarray(Image.open(io.BytesIO(covered(one)))).astype(int) for one in (lines, chequers)]
    assert np.abs(covers[0] - covers[1]).max() <= 1


def test_a_mark_is_written_across_all_of_a_picture() -> None:
    plain = np.full((200, 320), 128, np.uint8)
    marked = np.asarray(Image.open(io.BytesIO(revealed(plain, in_colour=False, mark="amira"))).convert("L")).astype(int)
    for rows in np.array_split(marked, 3):
        for part in np.array_split(rows, 3, axis=1):
            assert np.ptp(part) > 20


def test_colour_is_shown_only_where_it_is_asked_for() -> None:
    red = np.zeros((20, 20, 3), np.uint8)
    red[..., 0] = 255
    grey, colour = (
        np.asarray(Image.open(io.BytesIO(revealed(red, in_colour=one, mark="")))).astype(int) for one in (False, True)
    )
    assert np.ptp(grey, axis=2).max() <= 2
    assert np.ptp(colour, axis=2).min() > 200


def test_a_sound_is_telephone_quality_half_as_loud_and_seen_before_it_is_heard() -> None:
    samples = open_samples(sounds.sound("wav", "pcm_s16le"), limits=Limits())
    assert 0 < samples.size < RATE
    with wave.open(io.BytesIO(sound(samples))) as told:
        assert (told.getnchannels(), told.getframerate(), told.getnframes()) == (1, RATE, samples.size)
        heard = np.frombuffer(told.readframes(told.getnframes()), "<i2")
    assert np.abs(heard.astype(int)).max() <= np.abs(samples.astype(int)).max() // 2 + 1


def test_a_spectrogram_shows_a_high_tone_above_a_low_one() -> None:
    time = np.arange(RATE) / RATE
    low, high = (
        np.asarray(Image.open(io.BytesIO(spectrogram((np.sin(2 * np.pi * pitch * time) * 9000).astype(np.int16)))))
        for pitch in (400, 2400)
    )
    assert low.shape == high.shape
    assert low.mean(axis=1).argmax() > high.mean(axis=1).argmax()
    assert spectrogram(np.zeros(3, np.int16))[:4] == b"\x89PNG"


def test_a_real_child_opens_what_is_good_and_costs_nothing_but_a_refusal_where_it_is_not() -> None:
    request = {"number": 0, "side": 64, "limits": VIEWING_LIMITS.to_dict()}
    with Crew(module_argv(CHILD_MODULE), VIEWING_LIMITS, size=1) as crew:
        bad = crew.ask(STILL, request, data=media.png_that_claims_two_thousand_million_pixels_a_side())
        good = crew.ask(STILL, request, data=media.jpeg())
        heard = crew.ask(SOUND, {"limits": VIEWING_LIMITS.to_dict()}, data=sounds.sound("wav", "pcm_s16le"))
    assert (bad.failure, bad.data) == (GapReason.OVER_LIMIT, b"")
    assert parse_still(good.data, 64).is_whole
    assert parse_samples(heard.data).size
