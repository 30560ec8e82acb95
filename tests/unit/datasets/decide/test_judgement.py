"""Judging a shard at once says of every record what judging it alone says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.datasets.made_up import basis, image, listing, member, pdq_print, plain, sha256, shard, text

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import judge, judged_again
from safehold.datasets.decide.release import Release, grounds_of
from safehold.datasets.scan.observation import Observation, tabulate
from safehold.datasets.sources import Format
from safehold.examination import ObservedScore
from safehold.matching import MOST_HITS
from safehold.screening import default_policy
from safehold.signals import Variant
from safehold.vocabulary import (
    Action,
    Algorithm,
    Finding,
    FindingKind,
    Gap,
    GapReason,
    HarmClass,
    MediaKind,
    PdqFlavour,
    Signal,
    Tier,
)

BITS = np.random.default_rng(7).integers(0, 256, 32, dtype=np.uint8)
PDQ = BITS.tobytes()
FAR = (~BITS).tobytes()
LISTED = listing("made-up", [sha256("listed")])
NEAR = listing("near", [PDQ], algorithm=Algorithm.PDQ)
HELD = Gap("pdq", GapReason.TRUNCATED, "x.jpg")

RECORDS = [
    plain("plain"),
    image("listed", member("listed")),
    image("second", member("other"), member("listed")),
    image("near", member("a", [pdq_print(FAR), pdq_print(PDQ, "frame 1")])),
    image("cube", member("b"), texts=[("txt", "a red cube")]),
    image("both", member("c"), texts=[("txt", "a red cube"), ("json:caption", "a blue ball")]),
    replace(plain("gap"), examined=frozenset({"sha256", "sha1", "md5"}), gaps=(HELD,)),
    replace(plain("unexamined"), examined=frozenset()),
    replace(plain("column"), labels=(("punsafe", 0.9),)),
    replace(plain("low"), labels=(("punsafe", 0.1),)),
    replace(plain("nan"), scores=(ObservedScore("adult_sexual", float("nan"), "opennsfw", "1", "x"),)),
    replace(plain("original"), listed=(Signal(Algorithm.SHA256, sha256("listed"), place="json:sha256"),)),
    Observation("", gaps=(Gap("source", GapReason.TRUNCATED),)),
    text("caption", ""),
]


def facts(decision: Decision) -> Decision:
    """A decision in which NaN equals itself."""
    return replace(decision, findings=tuple(replace(one, value=repr(one.value)) for one in decision.findings))


def decided(records: list[Observation], made: object, **more: object) -> list[Decision]:
    return read_rows(judge(tabulate(records), shard(**more), made))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(RECORDS), max_size=14))
def test_a_shard_is_judged_as_each_of_its_records_alone(
    tmp_path_factory: pytest.TempPathFactory, records: list[Observation]
) -> None:
    made = basis(tmp_path_factory.mktemp("basis"), LISTED, NEAR)
    together = [facts(one) for one in decided(records, made)]
    # an image beside them keeps a record of text alone from being a dataset of text
    alone = [facts(decided([one, plain("beside")], made)[0]) for one in records]
    assert together == alone


def test_every_finding_is_at_its_record_and_place(tmp_path: Path) -> None:
    found = {one.record: one for one in decided(RECORDS, basis(tmp_path, LISTED, NEAR))}
    assert {name for name, one in found.items() if one.confirmed} == {"listed", "second", "original"}
    assert [one.place for one in found["second"].findings] == ["listed.jpg"]
    assert [one.place for one in found["near"].findings] == ["a.jpg frame 1"]
    assert [one.place for one in found["original"].findings] == ["original:json:sha256"]
    assert [one.place for one in found["both"].findings] == ["txt", "json:caption"]
    actions = {name: one.action.value for name, one in found.items()}
    held = {"near", "both", "gap", "unexamined", "nan", ""}
    denied = {"listed", "second", "original"}
    assert {name for name, action in actions.items() if action == "hold"} == held
    assert {name for name, action in actions.items() if action == "deny"} == denied
    assert found["cube"].claims == ("minor",)
    assert found["column"].claims == ("adult_sexual",)
    assert not found["low"].findings


def test_a_record_with_more_hits_than_are_stated_says_so(tmp_path: Path) -> None:
    close = [(BITS ^ np.eye(256, dtype=np.uint8)[bit].reshape(32, 8) @ (1 << np.arange(8))).astype(np.uint8).tobytes()
             for bit in range(65)]  # fmt: skip
    records = [image("many", member("a", [pdq_print(PDQ)])), image("few", member("b", [pdq_print(FAR)]))]
    many, few = decided(records, basis(tmp_path, listing("near", close, algorithm=Algorithm.PDQ)))
    assert (many.capped, len(many.findings)) == (True, MOST_HITS)
    assert few.capped is False
    (fewer,) = decided(records[:1], basis(tmp_path, listing("near", close[:64], algorithm=Algorithm.PDQ)))
    assert (fewer.capped, len(fewer.findings)) == (False, MOST_HITS)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.1, 1.1, None])
def test_a_score_that_is_no_share_is_a_gap_and_never_below_a_threshold(tmp_path: Path, value: float | None) -> None:
    seen = replace(plain("x"), scores=(ObservedScore("adult_sexual", value, "opennsfw", "1", "x.jpg"),))
    (one,) = decided([seen], basis(tmp_path))
    assert (one.action, one.findings) == (Action.HOLD, ())
    assert one.gaps == (Gap("opennsfw", GapReason.DETECTOR_FAILED, "x.jpg"),)


def test_a_trusted_match_behind_any_number_of_others_is_seen(tmp_path: Path) -> None:
    crowd = listing("a-crowd", [sha256("listed")] * 200, tier=Tier.REVIEW)
    trusted = listing("z-trusted", [sha256("listed")])
    (one,) = decided([image("x", member("listed"))], basis(tmp_path, crowd, trusted))
    assert one.confirmed
    assert one.action is Action.DENY
    assert len(one.findings) == 65


def test_another_class_behind_a_crowd_in_pdq_is_seen(tmp_path: Path) -> None:
    crowd = listing("a", [PDQ] * 200, algorithm=Algorithm.PDQ, harm_class=HarmClass.NCII)
    other = listing("z", [FAR, PDQ], algorithm=Algorithm.PDQ)
    (one,) = decided([image("x", member("m", [pdq_print(PDQ)]))], basis(tmp_path, crowd, other))
    assert {finding.subject for finding in one.findings} == {"ncii", "csam"}
    assert {finding.reference for finding in one.findings if finding.subject == "csam"} == {"z@1#1"}


@pytest.mark.parametrize("flavour", [PdqFlavour.FULL, PdqFlavour.NEAREST_512])
def test_a_bank_of_unknown_flavour_is_compared_with_both(tmp_path: Path, flavour: PdqFlavour) -> None:
    bank = listing("unknown", [PDQ], algorithm=Algorithm.PDQ, flavour=PdqFlavour.UNKNOWN)
    (one,) = decided([image("x", member("m", [pdq_print(PDQ, flavour=flavour)]))], basis(tmp_path, bank))
    assert one.action is Action.HOLD


def test_exploitative_material_is_held_even_when_confirmed(tmp_path: Path) -> None:
    bank = listing("context", [sha256("listed")], harm_class=HarmClass.EXPLOITATIVE)
    (one,) = decided([image("x", member("listed"))], basis(tmp_path, bank))
    assert (one.action, one.confirmed, one.found) == (Action.HOLD, True, True)


def test_findings_about_a_source_hold_every_record(tmp_path: Path) -> None:
    risk = Finding(FindingKind.SOURCE, "source-register", "entry", "register#entry")
    table = judge(tabulate(RECORDS), shard(), basis(tmp_path, LISTED), source_findings=(risk,))
    assert all(one.action is not Action.ALLOW and risk in one.findings for one in read_rows(table))


def test_a_pointer_without_a_hash_is_held_and_one_with_a_hash_is_not(tmp_path: Path) -> None:
    listed = Signal(Algorithm.SHA256, sha256("unknown"), place="sha256")
    rows = [Observation("0"), Observation("1", examined=frozenset({"sha256"}), listed=(listed,))]
    actions = [one.action for one in decided(rows, basis(tmp_path), form=Format.METADATA)]
    assert actions == [Action.HOLD, Action.ALLOW]


def test_no_record_gives_no_decision(tmp_path: Path) -> None:
    assert decided([], basis(tmp_path)) == []


def test_a_gap_takes_its_detector_out_of_the_coverage(tmp_path: Path) -> None:
    row = replace(text("x", "words"), gaps=(Gap("caption-rules", GapReason.NOT_TEXT),))
    (one,) = decided([row], basis(tmp_path))
    assert one.profile == "text|"


class TestRelease:
    """A person frees a record as they saw it."""

    held = replace(plain("gap"), gaps=(HELD,))

    def released(self, folder: Path, seen: Observation, now: list[Observation], *banks: object) -> list[Decision]:
        (before,) = decided([seen], basis(folder, *banks))
        grounds = grounds_of(before.findings, before.gaps, tabulate([seen]))
        release = Release("00000.tar#gap", "looked at", "tester", "2026-11-21T00:00:00+00:00", grounds)
        return decided(now, basis(folder, *banks, releases={release.record: release}))

    def test_a_freed_record_is_allowed_and_its_neighbours_are_not(self, tmp_path: Path) -> None:
        other = replace(self.held, record="other")
        first, second = self.released(tmp_path, self.held, [self.held, other])
        assert (first.action, first.released) == (Action.ALLOW, True)
        assert (second.action, second.released) == (Action.HOLD, False)

    def test_other_bytes_under_the_same_key_are_held_again(self, tmp_path: Path) -> None:
        (one,) = self.released(tmp_path, self.held, [replace(self.held, members=(member("others"),))])
        assert (one.action, one.released) == (Action.HOLD, False)

    def test_another_caption_under_the_same_key_is_held_again(self, tmp_path: Path) -> None:
        (one,) = self.released(tmp_path, self.held, [replace(self.held, texts=(("txt", "other"),))])
        assert not one.released

    def test_a_further_gap_holds_it_again(self, tmp_path: Path) -> None:
        more = replace(self.held, gaps=(HELD, Gap("media", GapReason.EMPTY)))
        assert not self.released(tmp_path, self.held, [more])[0].released

    def test_a_removed_record_is_never_freed(self, tmp_path: Path) -> None:
        listed = replace(self.held, members=(member("listed"),))
        (one,) = self.released(tmp_path, listed, [listed], LISTED)
        assert (one.action, one.released) == (Action.DENY, False)

    def test_one_of_several_records_of_the_same_id_is_never_freed(self, tmp_path: Path) -> None:
        double = replace(self.held, gaps=(Gap("reading", GapReason.DUPLICATE_KEY),))
        assert not any(one.released for one in self.released(tmp_path, double, [double, double]))


def test_text_is_judged_again_for_what_the_whole_mix_is(tmp_path: Path) -> None:
    policy = default_policy()
    milder = replace(policy, text_separation=replace(policy.text_separation, within_record=()))
    rows = tabulate([text("both", "a red cube, a blue ball"), text("one", "grass")])
    mild = judge(rows, shard(), basis(tmp_path, policy=milder))
    assert [one.action for one in read_rows(mild)] == [Action.ALLOW, Action.ALLOW]
    strict = judged_again(mild, milder)
    assert [one.action for one in read_rows(strict)] == [Action.HOLD, Action.ALLOW]
    assert judged_again(strict, milder.as_text_only()).equals(mild)


def test_decisions_are_one_chunk_of_their_schema(tmp_path: Path) -> None:
    table = judge(pa.concat_tables([tabulate(RECORDS), tabulate(RECORDS)]), shard(), basis(tmp_path, LISTED))
    assert table.num_rows == 2 * len(RECORDS)
    assert table.column("record").to_pylist() == [one.record for one in RECORDS] * 2
    assert MediaKind.IMAGE.value in table.column("profile")[0].as_py()


def test_an_entry_near_in_both_flavours_is_one_finding_the_nearer_one(tmp_path: Path) -> None:
    """Else an unrelated list that asks for the other flavour would change the grounds of a release."""
    bank = listing("unknown", [PDQ], algorithm=Algorithm.PDQ, flavour=PdqFlavour.UNKNOWN)
    further = bytes([PDQ[0] ^ 1, *PDQ[1:]])
    prints = [pdq_print(further, flavour=PdqFlavour.FULL), pdq_print(PDQ, flavour=PdqFlavour.NEAREST_512)]
    seen = image("x", member("m", prints))
    (one,) = decided([seen], basis(tmp_path, bank))
    assert [(found.reference, found.distance) for found in one.findings] == [("unknown@1#0", 0)]


def test_a_flavour_that_no_list_needs_is_not_looked_up(tmp_path: Path) -> None:
    bank = listing("full", [PDQ], algorithm=Algorithm.PDQ)
    seen = image("x", member("m", [pdq_print(FAR), pdq_print(PDQ, flavour=PdqFlavour.NEAREST_512)]))
    (one,) = decided([seen], basis(tmp_path, bank))
    assert one.action is Action.ALLOW


def seen_through(*variants: tuple[str, Signal], own: bytes = FAR) -> Observation:
    return image("x", replace(member("m", [pdq_print(own)]), variants=variants))


def test_what_a_variant_finds_names_the_variant(tmp_path: Path) -> None:
    seen = seen_through(("mirrored", pdq_print(PDQ)), ("mirrored", pdq_print(PDQ, "frame 3")))
    (one,) = decided([seen], basis(tmp_path, NEAR))
    assert one.action is Action.HOLD
    assert [found.place for found in one.findings] == ["m.jpg mirrored", "m.jpg frame 3 mirrored"]


def test_a_variant_that_the_policy_does_not_name_is_not_looked_up(tmp_path: Path) -> None:
    seen = seen_through(("turned 90", pdq_print(PDQ)), ("mirrored turned 90", pdq_print(PDQ)))
    policy = replace(default_policy(), variants=frozenset({Variant.MIRRORED, Variant.UNLETTERBOXED}))
    (one,) = decided([seen], basis(tmp_path, NEAR, policy=policy))
    assert (one.action, one.findings) == (Action.ALLOW, ())


def test_a_picture_that_is_found_itself_says_the_same_whatever_its_variants_find(tmp_path: Path) -> None:
    """What speaks against a record, and so what a person freed it on, doesn't change with the variants."""
    further = (BITS ^ np.eye(1, 32, dtype=np.uint8)[0]).tobytes()
    made = basis(tmp_path, NEAR)
    (alone,) = decided([seen_through(own=further)], made)
    (beside,) = decided([seen_through(("mirrored", pdq_print(PDQ)), own=further)], made)
    assert alone.findings == beside.findings
    assert [found.distance for found in alone.findings] == [1]


def test_of_several_variants_the_nearest_counts(tmp_path: Path) -> None:
    further = (BITS ^ np.eye(1, 32, dtype=np.uint8)[0]).tobytes()
    seen = seen_through(("unletterboxed", pdq_print(further)), ("mirrored", pdq_print(PDQ)))
    (one,) = decided([seen], basis(tmp_path, NEAR))
    assert [(found.place, found.distance) for found in one.findings] == [("m.jpg mirrored", 0)]
