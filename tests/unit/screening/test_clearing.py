"""What an allow list clears, and what it never does."""

from dataclasses import replace

import pytest

from safehold.screening import Subject, default_policy, screen, uncleared
from safehold.vocabulary import Action, Bits, Finding, FindingKind, Fraction, HarmClass, MediaKind, Tier

POLICY = default_policy()
CLEARING = Finding(FindingKind.MATCH, "sha256", "benign", "own-benign@1#0", Tier.TRUSTED, Bits(0))
NEAR = Finding(FindingKind.MATCH, "pdq", "csam", "industry@3#7", Tier.TRUSTED, Bits(12))
EXACT = Finding(FindingKind.MATCH, "md5", "csam", "industry@3#8", Tier.TRUSTED, Bits(0))


def action(*findings: Finding) -> Action:
    kinds = frozenset({MediaKind.IMAGE})
    return screen(Subject(kinds, findings, examined=POLICY.required_for(kinds)), POLICY).action


def test_near_matches_of_cleared_bytes_hold_nothing() -> None:
    assert action(NEAR) is Action.HOLD
    assert action(NEAR, CLEARING) is Action.ALLOW


def test_the_verdict_still_tells_what_was_found_and_that_an_allow_list_made_the_difference() -> None:
    kinds = frozenset({MediaKind.IMAGE})
    verdict = screen(Subject(kinds, (NEAR, CLEARING), examined=POLICY.required_for(kinds)), POLICY)
    assert verdict.findings == (NEAR, CLEARING)
    assert verdict.rules == ("allow-list",)


def test_an_allow_list_never_overrides_a_trusted_cryptographic_match() -> None:
    assert action(EXACT, CLEARING) is action(EXACT) is Action.DENY
    assert uncleared((EXACT, NEAR, CLEARING)) == (EXACT, NEAR)


def test_an_equal_hash_on_a_list_of_the_review_tier_counts_too() -> None:
    asked = replace(EXACT, subject="ncii", tier=Tier.REVIEW)
    assert action(asked, CLEARING) is action(asked) is Action.HOLD


def test_being_on_an_allow_list_alone_accuses_nobody() -> None:
    assert action(CLEARING) is Action.ALLOW
    assert not CLEARING.is_confirmed


@pytest.mark.parametrize(
    "entry",
    [
        replace(CLEARING, detector="md5"),
        replace(CLEARING, detector="sha1"),
        replace(CLEARING, detector="pdq"),
        replace(CLEARING, tier=Tier.REVIEW),
        replace(CLEARING, kind=FindingKind.SCORE, value=Fraction(1.0)),
        replace(CLEARING, distance=None),
        replace(CLEARING, place="another.jpg"),
    ],
)
def test_nothing_but_the_sha_256_of_these_very_bytes_on_a_trusted_list_clears(entry: Finding) -> None:
    assert NEAR in uncleared((NEAR, entry))


@pytest.mark.parametrize(
    "found",
    [
        replace(NEAR, subject=HarmClass.HONOUR_MARK.value),
        Finding(FindingKind.SCORE, "opennsfw", "adult_sexual", "opennsfw@1#x", value=Fraction(0.9)),
        Finding(FindingKind.RULE, "text-rules", "red_cube", "words@1"),
        Finding(FindingKind.SOURCE, "source-register", "entry", "register@1#entry"),
    ],
)
def test_marks_of_owners_and_everything_that_is_no_near_match_count(found: Finding) -> None:
    assert found in uncleared((found, CLEARING))


@pytest.mark.parametrize(
    "place",
    [
        "",
        "mirrored",
        "unletterboxed turned 90",
        "frame 3 @ 1.200 s",
        "stream 1 frame 3 mirrored",
        "preview",
        "preview 2 upright mirrored",
        "appended frame 3 @ 1.200 s",
        "appended 2 preview",
        "frame 2 and 7 more",
        "4 of 5 frames, 4 of 6 of the listed video, 3 in a row, 0.000 s to 1.000 s",
    ],
)
def test_frames_and_forms_of_the_cleared_file_are_cleared_with_it(place: str) -> None:
    assert uncleared((replace(NEAR, place=place), CLEARING)) == ()
    inside = replace(CLEARING, place="a.jpg")
    joint = f"a.jpg: {place}" if place.startswith("4 of") else f"a.jpg {place}".rstrip()
    assert uncleared((replace(NEAR, place=joint), inside)) == ()


@pytest.mark.parametrize(
    "place", ["b.jpg", "a.jpg.jpg", "a.jpg b.jpg", "a.jpg mirrored.jpg", "a.jpg frame 1.jpg", "a.jpg preview.jpg"]
)
def test_another_file_of_the_same_record_is_not_cleared_with_it(place: str) -> None:
    near = replace(NEAR, place=place)
    assert uncleared((near, replace(CLEARING, place="a.jpg"))) == (near,)
