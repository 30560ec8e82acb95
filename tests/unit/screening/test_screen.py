"""What the default policy does with findings and gaps, and the rules that hold for every policy."""

import pytest

from safehold.screening import Subject, action_of_findings, default_policy, screen
from safehold.vocabulary import (
    Action,
    Bits,
    Finding,
    FindingKind,
    Fraction,
    Gap,
    GapReason,
    HarmClass,
    MediaKind,
    Tier,
)

HASHES = frozenset({"sha256", "sha1", "md5", "pdq"})
POLICY = default_policy()


def picture(*findings: Finding, gaps: tuple[Gap, ...] = (), examined: frozenset[str] = HASHES) -> Subject:
    return Subject(frozenset({MediaKind.IMAGE}), findings=findings, gaps=gaps, examined=examined)


def match(harm: str, *, detector: str = "sha256", tier: Tier = Tier.TRUSTED, distance: int = 0) -> Finding:
    return Finding(FindingKind.MATCH, detector, harm, "bank@1#7", tier=tier, distance=Bits(distance))


def claim(concept: str, detector: str = "caption-rules") -> Finding:
    return Finding(FindingKind.RULE, detector, concept, "en@1#term")


def score(value: float, *, concept: str = "adult_sexual", detector: str = "opennsfw") -> Finding:
    return Finding(FindingKind.SCORE, detector, concept, "opennsfw@1", value=Fraction(value))


def test_a_fully_examined_record_without_findings_is_allowed() -> None:
    verdict = screen(picture(), POLICY)
    assert verdict.action is Action.ALLOW
    assert verdict.rules == ()
    assert verdict.policy == POLICY.label


@pytest.mark.parametrize(
    ("harm", "action"),
    [
        (HarmClass.CSAM, Action.DENY),
        (HarmClass.TEST, Action.DENY),
        (HarmClass.NCII, Action.DENY),
        (HarmClass.EXPLOITATIVE, Action.HOLD),
        (HarmClass.ABUSIVE_MODEL, Action.HOLD),
        (HarmClass.HONOUR_MARK, Action.HOLD),
    ],
)
@pytest.mark.parametrize("detector", ["sha256", "sha1", "md5"])
def test_a_confirmed_match_takes_the_action_of_its_harm_class(harm: HarmClass, action: Action, detector: str) -> None:
    assert screen(picture(match(harm.value, detector=detector)), POLICY).action is action


@pytest.mark.parametrize("harm", [harm.value for harm in HarmClass if harm is not HarmClass.BENIGN])
@pytest.mark.parametrize("detector", ["sha256", "sha1", "md5", "pdq"])
def test_a_match_in_a_bank_of_the_review_tier_is_held(harm: str, detector: str) -> None:
    assert screen(picture(match(harm, detector=detector, tier=Tier.REVIEW)), POLICY).action is Action.HOLD


@pytest.mark.parametrize("harm", [harm.value for harm in HarmClass if harm is not HarmClass.BENIGN])
@pytest.mark.parametrize("distance", [0, 31])
def test_a_pdq_match_within_the_threshold_is_apparent_and_held(harm: str, distance: int) -> None:
    assert screen(picture(match(harm, detector="pdq", distance=distance)), POLICY).action is Action.HOLD


def test_a_pdq_distance_beyond_the_threshold_is_recorded_only() -> None:
    verdict = screen(picture(match("csam", detector="pdq", distance=32)), POLICY)
    assert verdict.action is Action.ALLOW
    assert verdict.rules == ("below-threshold",)
    assert len(verdict.findings) == 1


def test_a_pdq_match_without_a_distance_counts() -> None:
    found = Finding(FindingKind.MATCH, "pdq", "csam", "bank@1#7", tier=Tier.TRUSTED)
    assert screen(picture(found), POLICY).action is Action.HOLD


@pytest.mark.parametrize("concept", ["minor", "adult_sexual"])
def test_one_concept_alone_is_recorded_and_allowed(concept: str) -> None:
    verdict = screen(picture(claim(concept)), POLICY)
    assert verdict.action is Action.ALLOW
    assert verdict.rules == ("concept-by-rule",)


def test_two_concepts_that_are_kept_apart_hold_their_record() -> None:
    verdict = screen(picture(claim("minor"), score(0.5)), POLICY)
    assert verdict.action is Action.HOLD
    assert verdict.rules[0] == "within-record:minor+adult_sexual"


def test_a_score_below_its_threshold_claims_nothing() -> None:
    verdict = screen(picture(claim("minor"), score(0.4999)), POLICY)
    assert verdict.action is Action.ALLOW
    assert "below-threshold" in verdict.rules


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_score_that_is_no_number_counts_as_reaching_its_threshold(value: float | None) -> None:
    found = Finding(FindingKind.SCORE, "opennsfw", "adult_sexual", "opennsfw@1", value=value)
    assert screen(picture(claim("minor"), found), POLICY).action is Action.HOLD


def test_a_score_for_which_the_policy_sets_no_threshold_is_held() -> None:
    verdict = screen(picture(score(0.01, concept="red_cube", detector="stand-in")), POLICY)
    assert verdict.action is Action.HOLD
    assert "no-threshold-set" in verdict.rules


@pytest.mark.parametrize(
    "found",
    [
        claim("weather"),
        claim("minor", detector="unheard-of"),
        Finding(FindingKind.CLAIM, "credentials", "generated", "c2pa@1"),
    ],
)
def test_a_finding_that_no_rule_names_is_held(found: Finding) -> None:
    verdict = screen(picture(found), POLICY)
    assert verdict.action is Action.HOLD
    assert verdict.rules == ("no-rule-names-this",)


def test_a_known_risk_source_is_held() -> None:
    found = Finding(FindingKind.SOURCE, "source-register", "entry", "register@1#entry")
    assert screen(picture(found), POLICY).action is Action.HOLD


@pytest.mark.parametrize("missing", sorted(HASHES))
def test_a_required_detector_that_nobody_accounts_for_is_a_gap(missing: str) -> None:
    verdict = screen(picture(examined=HASHES - {missing}), POLICY)
    assert verdict.action is Action.HOLD
    assert verdict.gaps == (Gap(missing, GapReason.DETECTOR_MISSING),)


def test_a_gap_that_is_given_is_not_counted_twice() -> None:
    given = Gap("pdq", GapReason.CRASHED)
    verdict = screen(picture(gaps=(given,), examined=HASHES - {"pdq"}), POLICY)
    assert verdict.gaps == (given,)
    assert verdict.action is Action.HOLD


def test_the_gap_of_a_detector_that_is_not_required_holds_too() -> None:
    assert screen(picture(gaps=(Gap("opennsfw", GapReason.DETECTOR_FAILED),)), POLICY).action is Action.HOLD


def test_a_confirmed_match_with_a_gap_is_denied() -> None:
    verdict = screen(picture(match("csam"), gaps=(Gap("pdq", GapReason.UNREADABLE),)), POLICY)
    assert verdict.action is Action.DENY
    assert verdict.rules == ("confirmed-csam", "any-other-match", "gap")


def test_findings_by_themselves_lead_to_what_their_rules_say() -> None:
    assert action_of_findings((), POLICY) is Action.ALLOW
    assert action_of_findings((claim("minor"),), POLICY) is Action.ALLOW
    assert action_of_findings((claim("minor"), claim("adult_sexual")), POLICY) is Action.HOLD
    assert action_of_findings((claim("minor"), match("csam")), POLICY) is Action.DENY


def test_a_record_of_several_kinds_needs_the_detectors_of_all() -> None:
    subject = Subject(frozenset({MediaKind.IMAGE, MediaKind.TEXT}), examined=HASHES)
    assert screen(subject, POLICY).gaps == (Gap("caption-rules", GapReason.DETECTOR_MISSING),)


def test_a_member_of_unknown_kind_is_a_gap_even_when_hashed() -> None:
    subject = Subject(frozenset({MediaKind.UNKNOWN}), examined=HASHES)
    assert screen(subject, POLICY).gaps == (Gap("media", GapReason.UNKNOWN_KIND),)


def test_nothing_at_all_is_not_a_pass() -> None:
    verdict = screen(Subject(frozenset()), POLICY)
    assert verdict.action is Action.HOLD
    assert verdict.gaps == (Gap("media", GapReason.EMPTY),)


def test_a_pointer_needs_one_of_the_listed_hashes() -> None:
    assert screen(Subject(frozenset(), examined=frozenset({"md5"}), is_pointer=True), POLICY).action is Action.ALLOW
    verdict = screen(Subject(frozenset(), is_pointer=True), POLICY)
    assert verdict.action is Action.HOLD
    assert verdict.gaps == (Gap("md5+sha1+sha256", GapReason.MISSING),)


def test_a_pointer_with_a_caption_needs_the_caption_rules_too() -> None:
    subject = Subject(frozenset({MediaKind.TEXT}), examined=frozenset({"md5"}), is_pointer=True)
    assert screen(subject, POLICY).gaps == (Gap("caption-rules", GapReason.DETECTOR_MISSING),)
