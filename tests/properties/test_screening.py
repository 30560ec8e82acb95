"""What holds for every record and every policy: fail closed, and never milder for knowing more."""

from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from safehold.screening import (
    PairWithinRecord,
    Policy,
    Rule,
    SeparationRules,
    Subject,
    Thresholds,
    default_policy,
    screen,
    separate,
)
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

T = TypeVar("T")
DEFAULT = default_policy()
DETECTORS = ["sha256", "md5", "pdq", "vpdq", "caption-rules", "opennsfw", "column", "source-register", "stand-in"]
HARMS = [harm for harm in HarmClass if harm is not HarmClass.BENIGN]
SUBJECTS = ["minor", "adult_sexual", "red_cube", "blue_ball", *[harm.value for harm in HARMS]]
ACTIONS = [Action.ALLOW, Action.HOLD, Action.DENY]

findings = st.builds(
    Finding,
    kind=st.sampled_from(FindingKind),
    detector=st.sampled_from(DETECTORS),
    subject=st.sampled_from(SUBJECTS),
    reference=st.just("any@1#1"),
    tier=st.none() | st.sampled_from(Tier),
    distance=st.none() | st.integers(0, 256).map(Bits),
    value=st.none() | st.floats(0, 1).map(Fraction),
)
CLEARING = Finding(FindingKind.MATCH, "sha256", "benign", "own-benign@1#0", Tier.TRUSTED, Bits(0))
gaps = st.builds(Gap, detector=st.sampled_from(DETECTORS), reason=st.sampled_from(GapReason))
subjects = st.builds(
    Subject,
    kinds=st.frozensets(st.sampled_from(MediaKind)),
    findings=st.lists(findings, max_size=4).map(tuple),
    gaps=st.lists(gaps, max_size=3).map(tuple),
    examined=st.frozensets(st.sampled_from([*DETECTORS, "sha1"])),
    is_pointer=st.booleans(),
)
rules = st.builds(
    Rule,
    id=st.sampled_from(["a", "b", "c", "d"]),
    kind=st.sampled_from(FindingKind),
    action=st.sampled_from(ACTIONS),
    reason=st.just("a reason"),
    detectors=st.frozensets(st.sampled_from(DETECTORS), max_size=2),
    subjects=st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    tiers=st.frozensets(st.sampled_from(Tier), max_size=1),
    confirmed=st.none() | st.booleans(),
)
thresholds = st.builds(
    Thresholds,
    pdq=st.integers(0, 36).map(Bits),
    pdq_quality_reported_below=st.just(50),
    video_share=st.floats(0, 1).map(Fraction),
    scores=st.dictionaries(
        st.sampled_from(DETECTORS), st.dictionaries(st.sampled_from(SUBJECTS), st.floats(0, 1)), max_size=2
    ),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    pair = draw(st.lists(st.sampled_from(SUBJECTS), min_size=2, max_size=2, unique=True).map(tuple))
    action = draw(st.sampled_from([Action.HOLD, Action.DENY]))
    return replace(
        DEFAULT,
        rules=tuple(draw(st.lists(rules, max_size=4))),
        thresholds=draw(thresholds),
        separation=SeparationRules((PairWithinRecord(pair, action, "a reason"),), ()),
    )


@given(subjects, policies(), findings)
def test_a_finding_more_never_makes_a_verdict_milder(subject: Subject, policy: Policy, finding: Finding) -> None:
    more = replace(subject, findings=(*subject.findings, finding))
    assert screen(more, policy).action >= screen(subject, policy).action


@given(subjects, policies(), findings.filter(lambda one: one.is_confirmed or one.detector not in {"pdq", "vpdq"}))
def test_an_allow_list_overrides_nothing_but_near_matches(subject: Subject, policy: Policy, finding: Finding) -> None:
    """Whatever else is known of the record, and however the rules read."""
    cleared = replace(subject, findings=(*subject.findings, CLEARING))
    more = replace(cleared, findings=(*cleared.findings, finding))
    assert screen(more, policy).action >= screen(replace(subject, findings=(finding,)), policy).action


@given(subjects, policies(), findings)
def test_a_finding_more_beside_an_allow_list_makes_no_verdict_milder_either(
    subject: Subject, policy: Policy, finding: Finding
) -> None:
    cleared = replace(subject, findings=(*subject.findings, CLEARING))
    more = replace(cleared, findings=(*cleared.findings, finding))
    assert screen(more, policy).action >= screen(cleared, policy).action


@given(subjects, policies(), gaps)
def test_a_gap_more_never_makes_a_verdict_milder(subject: Subject, policy: Policy, gap: Gap) -> None:
    more = replace(subject, gaps=(*subject.gaps, gap))
    assert screen(more, policy).action >= screen(subject, policy).action


@given(subjects, policies(), st.sampled_from(MediaKind))
def test_a_kind_more_makes_no_verdict_milder_unless_there_was_none(
    subject: Subject, policy: Policy, kind: MediaKind
) -> None:
    more = replace(subject, kinds=subject.kinds | {kind})
    if subject.kinds or subject.is_pointer:
        assert screen(more, policy).action >= screen(subject, policy).action


@given(subjects, policies())
def test_what_was_not_fully_examined_is_never_allowed(subject: Subject, policy: Policy) -> None:
    verdict = screen(subject, policy)
    unexamined = policy.required_for(subject.kinds) - subject.examined
    if subject.gaps or unexamined or (not subject.kinds and not subject.is_pointer):
        assert verdict.gaps
    if verdict.gaps:
        assert verdict.action >= Action.HOLD


@given(subjects, policies(), st.randoms())
def test_the_order_of_findings_gaps_and_rules_does_not_matter(subject: Subject, policy: Policy, random: Random) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(random.sample(values, len(values)))

    other = replace(subject, findings=shuffled(subject.findings), gaps=shuffled(subject.gaps))
    same = replace(policy, rules=shuffled(policy.rules))
    first, second = screen(subject, policy), screen(other, same)
    assert (first.action, first.rules) == (second.action, second.rules)


@given(subjects, policies(), st.integers(0, 36))
def test_a_wider_pdq_threshold_is_never_milder(subject: Subject, policy: Policy, wider: int) -> None:
    wide = replace(policy.thresholds, pdq=Bits(max(wider, policy.thresholds.pdq)))
    assert screen(subject, replace(policy, thresholds=wide)).action >= screen(subject, policy).action


@given(subjects, policies(), st.floats(0, 1))
def test_lower_score_thresholds_are_never_milder(subject: Subject, policy: Policy, ceiling: float) -> None:
    lower = {
        detector: {concept: Fraction(min(line, ceiling)) for concept, line in lines.items()}
        for detector, lines in policy.thresholds.scores.items()
    }
    strict = replace(policy, thresholds=replace(policy.thresholds, scores=lower))
    assert screen(subject, strict).action >= screen(subject, policy).action


@given(subjects, policies(), rules)
def test_a_rule_of_at_least_hold_more_is_never_milder(subject: Subject, policy: Policy, rule: Rule) -> None:
    severe = replace(rule, id="extra", action=max(rule.action, Action.HOLD))
    more = replace(policy, rules=(*policy.rules, severe))
    assert screen(subject, more).action >= screen(subject, policy).action


@given(subjects, policies())
def test_an_allowed_record_has_only_findings_that_a_rule_allows_or_a_threshold_excludes(
    subject: Subject, policy: Policy
) -> None:
    if screen(subject, policy).action is not Action.ALLOW:
        return
    for finding in subject.findings:
        named = [rule for rule in policy.rules if rule.names(finding)]
        assert policy.thresholds.is_reached(finding) is False or (
            named and all(rule.action is Action.ALLOW for rule in named)
        )


@given(st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 3)))
def test_after_separation_no_pair_remains_unless_the_policy_says_so(remaining: dict[str, int]) -> None:
    separation = separate(remaining, DEFAULT)
    left = {concept for concept, count in remaining.items() if count and concept not in separation.removed}
    assert not {"minor", "adult_sexual"} <= left
