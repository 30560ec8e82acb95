"""What holds for every decision of the gateway, whatever was found and whatever the policy says."""

import json
import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gateway import made_up

from safehold.gateway import Answer, Caller, ItemAnswer, ItemKind, Scope, Surface
from safehold.gateway.errors import GatewayPolicyError
from safehold.gateway.features import Features, ItemFeatures, features_from_json
from safehold.gateway.judgement import judge
from safehold.gateway.outward import to_json
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import parse_gateway_policy
from safehold.screening import NEVER_ALLOWED, Subject
from safehold.vocabulary import Action, Bits, Finding, FindingKind, Fraction, Gap, GapReason, HarmClass, MediaKind, Tier

DETECTORS = frozenset({"sha256", "sha1", "md5", "pdq", "text-rules"})
TREE: dict[str, Any] = json.loads(made_up.policy().canonical)


def match(subject: str, detector: str, tier: Tier, distance: int = 0) -> Finding:
    return Finding(FindingKind.MATCH, detector, subject, "made-up@1#1", tier, Bits(distance))


def rule(subject: str, place: str = "") -> Finding:
    return Finding(FindingKind.RULE, "text-rules", subject, "stand-in@1#x", place=place)


def score(value: float) -> Finding:
    return Finding(FindingKind.SCORE, "opennsfw", "blue_ball", "opennsfw@1#blue_ball", value=Fraction(value))


FINDINGS = st.one_of(
    st.builds(
        match,
        st.sampled_from([harm.value for harm in HarmClass if harm is not HarmClass.BENIGN]),
        st.sampled_from(["sha256", "md5"]),
        st.sampled_from(list(Tier)),
    ),
    st.builds(
        match, st.sampled_from(["csam", "test"]), st.just("pdq"), st.sampled_from(list(Tier)), st.integers(0, 31)
    ),
    st.builds(
        rule,
        st.sampled_from(["red_cube", "blue_ball", "paint", "red_cube+blue_ball", "paint_cube", "unheard_of"]),
        st.sampled_from(["", "conversation", "file name"]),
    ),
    st.builds(score, st.floats(0, 1)),
)
GAPS = st.builds(Gap, st.sampled_from(["pdq", "text-rules", "media", "index"]), st.sampled_from(list(GapReason)))
SUBJECTS = st.builds(
    Subject,
    kinds=st.frozensets(st.sampled_from(list(MediaKind)), max_size=2),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    gaps=st.lists(GAPS, max_size=1).map(tuple),
    examined=st.sampled_from([DETECTORS, frozenset()]),
)
ITEMS = st.builds(ItemFeatures, st.sampled_from(list(ItemKind)), SUBJECTS)
FEATURES = st.builds(
    Features,
    st.lists(ITEMS, min_size=1, max_size=3).map(tuple),
    st.frozensets(st.sampled_from(["red_cube", "blue_ball", "paint"])),
    st.booleans(),
)


@cache
def policies() -> tuple[GatewayPolicy, ...]:
    """Return all sorts of policies: surfaces in shadow or failing open, rules and pairs left out."""
    drawn = random.Random(0)
    made = []
    for _ in range(16):
        tree = json.loads(json.dumps(TREE))
        for surface in Surface:
            tree["surfaces"][surface.value]["mode"] = drawn.choice(["active", "shadow"])
            tree["surfaces"][surface.value]["fail_open"] = drawn.choice([True, False])
        tree["rules"] = [one for one in tree["rules"] if drawn.random() < 0.5]
        tree["pairs"] = [one for one in tree["pairs"] if drawn.random() < 0.5]
        made.append(parse_gateway_policy(json.dumps(tree), called="drawn"))
    return (made_up.policy(), *made)


POLICIES = st.deferred(lambda: st.sampled_from(policies()))


def with_more(features: Features, number: int, more: Finding | Gap) -> Features:
    item = features.items[number]
    subject = (
        replace(item.subject, gaps=(*item.subject.gaps, more))
        if isinstance(more, Gap)
        else replace(item.subject, findings=(*item.subject.findings, more))
    )
    items = (*features.items[:number], replace(item, subject=subject), *features.items[number + 1 :])
    return replace(features, items=items)


@settings(max_examples=150)
@given(features=FEATURES, policy=POLICIES, more=st.one_of(FINDINGS, GAPS), data=st.data())
def test_nothing_that_is_added_makes_a_decision_milder(
    features: Features, policy: GatewayPolicy, more: Finding | Gap, data: st.DataObject
) -> None:
    before = judge(features, policy)
    number = data.draw(st.integers(0, len(features.items) - 1))
    after = judge(with_more(features, number, more), policy)
    for one, other in zip(before.items, after.items, strict=True):
        assert other.decided >= one.decided
        assert other.action >= one.action
    assert after.action >= before.action


@settings(max_examples=100)
@given(features=FEATURES, policy=POLICIES)
def test_what_was_not_fully_examined_is_never_allowed(features: Features, policy: GatewayPolicy) -> None:
    for item, judged in zip(features.items, judge(features, policy).items, strict=True):
        missing = policy.terms[item.kind].required_for(item.subject.kinds) - item.subject.examined
        if item.subject.gaps or missing or not item.subject.kinds:
            assert judged.gaps
            assert Action.ALLOW not in {judged.action, judged.decided}


@settings(max_examples=100)
@given(features=FEATURES, policy=POLICIES)
def test_no_policy_lets_a_match_pass_that_none_may_allow(features: Features, policy: GatewayPolicy) -> None:
    for item, judged in zip(features.items, judge(features, policy).items, strict=True):
        if any(one.kind is FindingKind.MATCH and one.subject in NEVER_ALLOWED for one in item.subject.findings):
            assert judged.action >= Action.HOLD


@pytest.mark.parametrize("subjects", [[], *[[one] for one in sorted(NEVER_ALLOWED)]])
def test_a_policy_that_would_allow_such_a_match_is_refused(subjects: list[str]) -> None:
    allowing = {"id": "x", "kind": "match", "action": "allow", "reason": "made up for this", "subjects": subjects}
    with pytest.raises(GatewayPolicyError, match="no rule may allow"):
        made_up.policy(rules=[allowing])


@settings(max_examples=60)
@given(features=FEATURES)
def test_features_are_read_as_they_were_written_and_name_no_word(features: Features) -> None:
    text = json.dumps(features.to_json())
    assert features_from_json(json.loads(text)) == features.without_words()
    assert judge(features_from_json(json.loads(text)), policies()[0]) == judge(features, policies()[0])
    assert "stand-in@1#x" not in text


@settings(max_examples=60)
@given(one=FINDINGS, other=FINDINGS, action=st.sampled_from(list(Action)), gap=GAPS)
def test_without_operator_scope_nobody_learns_what_was_found(
    one: Finding, other: Finding, action: Action, gap: Gap
) -> None:
    def told(finding: Finding, caller: Caller) -> dict[str, Any]:
        gaps = () if action is Action.ALLOW else (gap,)
        item = ItemAnswer("a", "image", action, (finding,), gaps, (f"rule-{finding.subject}",))
        return to_json(Answer("id", action, (item,), "p@1", {"sha256": "1", "text-rules": "2"}), caller)

    for scope in Scope:
        caller = Caller("somebody", frozenset({scope}))
        if not caller.is_operator:
            assert told(one, caller) == told(other, caller)
    assert (told(one, made_up.OPERATOR) == told(other, made_up.OPERATOR)) is (one == other)
