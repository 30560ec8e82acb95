"""What a reviewer reads when a policy changes."""

from importlib import resources

import pytest

from safehold.screening import Change, Direction, default_policy, diff, parse

TEXT = resources.files("safehold.screening").joinpath("policies", "default-dataset.yaml").read_text(encoding="utf-8")

MILDER = Direction.MILDER
STRICTER = Direction.STRICTER


def changes(*edits: tuple[str, str]) -> tuple[Change, ...]:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return diff(default_policy(), parse(text, called="p"))


def test_a_policy_does_not_differ_from_itself() -> None:
    assert diff(default_policy(), default_policy()) == ()


@pytest.mark.parametrize(
    ("old", "new", "part", "direction"),
    [
        ("pdq: 31", "pdq: 30", "thresholds.pdq", Direction.MILDER),
        ("pdq: 31", "pdq: 36", "thresholds.pdq", Direction.STRICTER),
        ("below: 50", "below: 40", "thresholds.pdq_quality_reported_below", Direction.OTHER),
        ("adult_sexual: 0.5", "adult_sexual: 0.9", "thresholds.scores.opennsfw.adult_sexual", Direction.MILDER),
        ("adult_sexual: 0.5", "adult_sexual: 0.1", "thresholds.scores.opennsfw.adult_sexual", Direction.STRICTER),
        ("adult_sexual: 0.5", "", "thresholds.scores.opennsfw.adult_sexual", Direction.STRICTER),
        ("image: [sha256, ", "image: [", "detectors.required.image", Direction.MILDER),
        ("text: [caption-rules", "text: [caption-rules, md5", "detectors.required.text", Direction.STRICTER),
        ("pointers: [sha256, sha1, md5]", "pointers: [md5]", "detectors.required_of_pointers", Direction.STRICTER),
        ("pointers: [sha256, sha1, md5]", "pointers: []", "detectors.required_of_pointers", Direction.MILDER),
        ("pointers: [sha256, sha1, md5]", "pointers: [pdq]", "detectors.required_of_pointers", Direction.OTHER),
        ("action: deny", "action: hold", "rules.confirmed-csam.action", Direction.MILDER),
        ("id: concept-by-rule\n", "id: renamed\n", "rules.concept-by-rule", Direction.STRICTER),
        ("subjects: [test]", "subjects: [test, ncii]", "rules.confirmed-test.subjects", Direction.OTHER),
        ("inert_extensions: [cls, idx]", "inert_extensions: [cls]", "inert_extensions", Direction.STRICTER),
        ("inert_extensions: [cls, idx]", "inert_extensions: [cls, idx, npy]", "inert_extensions", Direction.MILDER),
        ("single_operator: false", "single_operator: true", "single_operator", Direction.MILDER),
        ("known_risk: refuse", "known_risk: hold", "sources.known_risk", Direction.MILDER),
        ("{ column: p_unsafe, ", "{ column: other, ", "columns.other.adult_sexual", Direction.STRICTER),
        ("at_least: 0.45", "at_least: 0.95", "columns.punsafe.adult_sexual", Direction.MILDER),
        ("at_least: 0.45", "at_least: 0.2", "columns.punsafe.adult_sexual", Direction.STRICTER),
        ("at_least: 0.45", "at_most: 0.2", "columns.punsafe.adult_sexual", Direction.OTHER),
        ("at_least: 0.45", "at_least: 0.45, required: true", "columns.punsafe.adult_sexual.required", STRICTER),
        ("{ column: p_unsafe, concept: adult", "{ column: p_unsafe, concept: young", "columns.p_unsafe.adult_sexual",
         MILDER),
        ("variants: [unletterboxed, mirrored]", "variants: [mirrored]", "signals.pdq.variants", Direction.MILDER),
        ("variants: [unletterboxed, mirrored]", "variants: [unletterboxed, mirrored, turned]", "signals.pdq.variants",
         Direction.STRICTER),
        ("frames: 64", "frames: 32", "limits.frames", Direction.OTHER),
        ("video_share: 0.8", "video_share: 0.9", "thresholds.video_share", MILDER),
        ("video_share: 0.8", "video_share: 0", "thresholds.video_share", STRICTER),
        ("frames: adaptive", "frames: keyframes", "video.frames", MILDER),
        ("frames: adaptive", "frames: all", "video.frames", STRICTER),
        ("short_seconds: 5", "short_seconds: 4", "video.short_seconds", MILDER),
        ("short_seconds: 5", "short_seconds: 6", "video.short_seconds", STRICTER),
        ("jurisdiction: unset", "jurisdiction: gb", "disposition.jurisdiction", Direction.OTHER),
        ("gb: hold_for_counsel", "gb: destroy_only", "disposition.choices.gb", Direction.MILDER),
        ("gb: hold_for_counsel", "gb: report_and_preserve", "disposition.choices.gb", Direction.STRICTER),
        ("gb: hold_for_counsel", "gb: report_and_destroy", "disposition.choices.gb", Direction.OTHER),
        ("provider: report_and_preserve", "provider: destroy_only", "disposition.choices.us-provider",
         Direction.MILDER),
        ("sealed: [csam, test]", "sealed: [test]", "disposition.sealed", Direction.OTHER),
        ('version: "1"', 'version: "2"', "version", Direction.OTHER),
        ("action: hold\n      reason: Both", "action: deny\n      reason: Both",
         "separation.within_record.adult_sexual+minor", Direction.STRICTER),
        ("remove: adult_sexual", "remove: minor", "separation.across_mix.adult_sexual+minor", Direction.OTHER),
        ("remove: adult_sexual", "remove: nothing", "separation.across_mix.adult_sexual+minor", Direction.MILDER),
        ("remove: nothing", "remove: two_outputs", "text_only.separation.across_mix.adult_sexual+minor",
         Direction.STRICTER),
    ],
)  # fmt: skip
def test_a_change_is_named_with_its_direction(old: str, new: str, part: str, direction: Direction) -> None:
    found = {change.part: change.direction for change in changes((old, new))}
    assert found[part] is direction


def test_a_pair_that_goes_is_milder() -> None:
    first, last = TEXT.index("    - between:"), TEXT.index("  across_mix:")
    text = TEXT[:first] + "    []\n" + TEXT[last:]
    (change,) = diff(default_policy(), parse(text, called="p"))
    assert change.part == "separation.within_record.adult_sexual+minor"
    assert change.direction is Direction.MILDER


def test_a_denying_rule_that_goes_is_milder() -> None:
    found = {change.part: change for change in changes(("id: confirmed-csam", "id: other"))}
    assert found["rules.confirmed-csam"].direction is Direction.MILDER
    assert found["rules.other"].direction is Direction.STRICTER


def test_a_change_reads_as_one_line() -> None:
    (change,) = changes(("pdq: 31", "pdq: 30"))
    assert str(change) == "milder   thresholds.pdq: 31 -> 30"


def test_a_change_of_order_or_wording_alone_is_still_a_change() -> None:
    found = changes(("remove: adult_sexual   # or: minor, two_outputs, nothing\n      reason: A general",
                     "remove: adult_sexual\n      reason: Any general"))  # fmt: skip
    assert [change.part for change in found] == ["order or wording"]
