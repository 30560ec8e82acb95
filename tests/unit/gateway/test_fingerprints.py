"""Which fingerprints a case keeps of an item, whatever became of its bytes."""

import hashlib

from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import picture

from safehold.gateway.fingerprints import MOST_PRINTS, digests_of, prints_of
from safehold.gateway.media import MediaRoom, StandingLists
from safehold.gateway.media_wire import Observed
from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.vocabulary import Algorithm, GapReason, MediaKind, PdqFlavour, Signal


def clip(frames: int, quality: int = 100) -> Observed:
    prints = tuple(
        ("", Signal(Algorithm.PDQ, number.to_bytes(32, "big"), PdqFlavour.FULL, quality, f"frame {number}"))
        for number in range(frames)
    )
    return Observed(MediaKind.VIDEO, (), prints)


def test_digests_are_of_the_bytes_as_they_came() -> None:
    made = {one.algorithm: one.value for one in digests_of(b"made up")}
    assert made == {
        Algorithm.SHA256: hashlib.sha256(b"made up").digest(),
        Algorithm.SHA1: hashlib.sha1(b"made up", usedforsecurity=False).digest(),
        Algorithm.MD5: hashlib.md5(b"made up", usedforsecurity=False).digest(),
    }
    assert digests_of(b"") == ()


def test_a_picture_is_fingerprinted_whatever_lists_there_are_and_other_forms_of_it_are_left_out() -> None:
    room = MediaRoom(made_up.in_process, StandingLists(Index.over([builtin_bank()])))
    (made,) = room.examine(picture(), made_up.policy()).prints
    assert (made.algorithm, made.flavour, made.place) == (Algorithm.PDQ, PdqFlavour.FULL, "")


def test_what_no_child_could_open_has_no_prints() -> None:
    room = MediaRoom(made_up.failing(GapReason.CRASHED), StandingLists(Index.over([builtin_bank()])))
    assert room.examine(picture(), made_up.policy()).prints == ()


def test_of_a_long_clip_prints_are_kept_from_its_beginning_to_its_end() -> None:
    kept = prints_of(clip(3 * MOST_PRINTS))
    assert len(kept) == MOST_PRINTS
    assert (kept[0].place, kept[-1].place) == ("frame 0", f"frame {3 * MOST_PRINTS - 3}")
    assert len(set(kept)) == MOST_PRINTS
    assert prints_of(clip(MOST_PRINTS)) == tuple(made for _, made in clip(MOST_PRINTS).prints)


def test_of_a_long_clip_frames_that_cannot_be_told_apart_are_left_out_first() -> None:
    dark, clear = clip(MOST_PRINTS, quality=3), clip(2 * MOST_PRINTS)
    both = Observed(MediaKind.VIDEO, (), (*dark.prints, *clear.prints))
    assert all(made.quality == 100 for made in prints_of(both))
    assert len(prints_of(clip(2 * MOST_PRINTS, quality=3))) == MOST_PRINTS
