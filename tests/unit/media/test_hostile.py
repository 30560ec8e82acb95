"""Hostile vectors end in typed errors, in a real decoding child with little memory."""

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.vectors import media

from safehold.media import Limits
from safehold.media.sandbox import Pool
from safehold.vocabulary import GapReason, Seconds

ARGV = (sys.executable, "-P", str(Path(__file__).with_name("opening_child.py")))
LIMITS = Limits(memory_bytes=384 << 20, seconds=Seconds(20.0))
VECTORS: tuple[tuple[Callable[[], bytes], GapReason], ...] = (
    (lambda: media.png_that_unpacks_to_pixels(40_000), GapReason.OVER_LIMIT),
    (lambda: media.png_that_unpacks_to_pixels(12_000), GapReason.OVER_LIMIT),
    (media.png_with_text_that_unpacks, GapReason.OVER_LIMIT),
    (media.png_with_international_text_that_unpacks, GapReason.OVER_LIMIT),
    (media.png_with_profile_that_unpacks, GapReason.OVER_LIMIT),
    (media.png_that_claims_two_thousand_million_pixels_a_side, GapReason.OVER_LIMIT),
    (media.png_with_no_width, GapReason.UNREADABLE),
    (media.jpeg_that_claims_its_largest_size, GapReason.OVER_LIMIT),
    (media.webp_that_claims_its_largest_canvas, GapReason.OVER_LIMIT),
    (lambda: media.gif_of_frames(5000, 2000, distinct=False), GapReason.OVER_LIMIT),
    (lambda: media.gif_of_frames(100, 16, distinct=True), GapReason.OVER_LIMIT),
    (media.html_that_calls_itself_jpeg, GapReason.UNREADABLE),
    (media.page_with_a_picture_inside, GapReason.UNREADABLE),
    (media.jpeg_with_damaged_middle, GapReason.UNREADABLE),
    (lambda: b"", GapReason.EMPTY),
    (lambda: media.jpeg()[:-1], GapReason.TRUNCATED),
    (lambda: media.jpeg(progressive=True)[:5000], GapReason.TRUNCATED),
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(ARGV, LIMITS, size=1) as running:
        yield running


@pytest.mark.parametrize(("vector", "reason"), VECTORS)
def test_a_hostile_picture_ends_in_a_typed_error_within_memory(
    pool: Pool, vector: Callable[[], bytes], reason: GapReason
) -> None:
    (outcome,) = pool.run("open", [{"data": base64.b64encode(vector()).decode()}])

    told = json.loads(outcome.data)

    assert told["reason"] == reason.value
    assert outcome.attempts == 1
    assert told["peak"] < LIMITS.memory_bytes


def test_a_polyglot_is_examined_as_the_picture_it_begins_with(pool: Pool) -> None:
    data = base64.b64encode(media.jpeg_followed_by_a_page()).decode()

    (outcome,) = pool.run("open", [{"data": data}])

    assert json.loads(outcome.data)["places"] == [""]


def test_a_frame_bomb_is_examined_up_to_the_limit_before_it_is_refused(pool: Pool) -> None:
    data = base64.b64encode(media.gif_of_frames(100, 16, distinct=True)).decode()

    (outcome,) = pool.run("open", [{"data": data}])

    assert len(json.loads(outcome.data)["places"]) == Limits().frames
