"""Whatever is done in whatever order: nothing is in force that nobody else approved, and every change leads back."""

import json
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from safehold.gateway.features import Features, ItemFeatures
from safehold.gateway.item import ItemKind
from safehold.gateway.judgement import judge
from safehold.gateway.lifecycle import (
    LivePolicies,
    PolicyState,
    PolicyStore,
    RecordedDecision,
    back_test,
    compare_policies,
)
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import default_gateway_policy, parse_gateway_policy
from safehold.home.database import Database
from safehold.home.schema import bring_up_to_date
from safehold.ledger import MemoryLedger, SigningKey
from safehold.screening import Direction, Subject
from safehold.vocabulary import (
    Bits,
    Finding,
    FindingKind,
    Fraction,
    Gap,
    GapReason,
    MediaKind,
    SafeholdError,
    SystemClock,
    Tier,
)

OWN = default_gateway_policy()
PEOPLE = st.sampled_from(["ada", "Ada", "ben"])
NUMBERS = st.integers(1, 2)


def version(number: int) -> GatewayPolicy:
    tree = {**json.loads(OWN.canonical), "name": "house", "version": str(number)}
    return parse_gateway_policy(json.dumps(tree), called="test")


VERSIONS = {number: version(number) for number in (1, 2, 3)}


class Life(RuleBasedStateMachine):
    """Anybody tries any step at any time; a model remembers who proposed and who approved what."""

    @initialize(is_alone=st.booleans())
    def begin(self, is_alone: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "a.db")
        bring_up_to_date(self.database)
        self.is_alone = is_alone
        self.ledger = MemoryLedger(SystemClock(), SigningKey.generate())
        self.policies = PolicyStore(self.database, self.ledger, SystemClock(), is_single_operator=is_alone)
        self.live = LivePolicies(self.database, OWN, fresh_seconds=0)
        self.proposers: dict[str, str] = {}
        self.approvers: dict[str, str] = {}
        self.stack: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()

    @rule(number=NUMBERS, actor=PEOPLE)
    def submit(self, number: int, actor: str) -> None:
        self.policies.submit(VERSIONS[number], actor)
        self.proposers.setdefault(f"house@{number}", actor)

    @rule(number=NUMBERS, actor=PEOPLE)
    def shadow(self, number: int, actor: str) -> None:
        with suppress(SafeholdError):
            self.policies.shadow(f"house@{number}", actor)

    @rule(number=NUMBERS, actor=PEOPLE)
    def approve(self, number: int, actor: str) -> None:
        with suppress(SafeholdError):
            self.policies.approve(f"house@{number}", actor)
            self.approvers[f"house@{number}"] = actor

    @rule(number=NUMBERS, actor=PEOPLE)
    def activate(self, number: int, actor: str) -> None:
        with suppress(SafeholdError):
            self.policies.activate(f"house@{number}", actor)
            self.stack.append(f"house@{number}")

    @rule(number=NUMBERS, actor=PEOPLE)
    def retire(self, number: int, actor: str) -> None:
        with suppress(SafeholdError):
            self.policies.retire(f"house@{number}", actor)

    @precondition(lambda self: self.stack)
    @rule(actor=PEOPLE)
    def roll_back(self, actor: str) -> None:
        back = self.policies.roll_back(actor)
        self.stack.pop()
        assert (back.reference if back else None) == (self.stack[-1] if self.stack else None)

    @invariant()
    def what_is_in_force_was_approved_by_somebody_else(self) -> None:
        if not hasattr(self, "policies"):
            return
        force = self.live.current()
        expected = self.stack[-1] if self.stack else None
        active = self.policies.active()
        assert (active.reference if active else None) == expected
        assert force.active == (OWN if active is None else active.policy())
        if active is not None:
            proposer, approver = self.proposers[active.reference], self.approvers[active.reference]
            assert proposer == active.submitted_by
            assert proposer.lower() != approver.lower() or (self.is_alone and active.is_single_operator)

    @invariant()
    def at_most_one_is_active_and_one_in_shadow(self) -> None:
        if hasattr(self, "policies"):
            states = [one.state for one in self.policies.list()]
            assert states.count(PolicyState.ACTIVE) <= 1
            assert states.count(PolicyState.SHADOW) <= 1


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    phases=(Phase.generate,),  # shrinking would take minutes: every step is a transaction on the medium
)

MATCHES = st.builds(
    Finding,
    kind=st.just(FindingKind.MATCH),
    detector=st.sampled_from(["sha256", "pdq"]),
    subject=st.sampled_from(["csam", "ncii", "test", "honour_mark"]),
    reference=st.just("test@1#0"),
    tier=st.sampled_from(Tier),
    distance=st.integers(0, 40).map(Bits),
)
RULES = st.builds(
    Finding,
    kind=st.just(FindingKind.RULE),
    detector=st.just("text-rules"),
    subject=st.sampled_from(["minor", "adult_sexual", "nudify", "minor+adult_sexual:protected", "red_cube"]),
    reference=st.just("stand-in@1"),
    place=st.sampled_from(["", "conversation"]),
)
SCORES = st.builds(
    Finding,
    kind=st.just(FindingKind.SCORE),
    detector=st.sampled_from(["opennsfw", "far-away"]),
    subject=st.just("adult_sexual"),
    reference=st.just("far-away@1"),
    value=st.floats(0, 1).map(Fraction),
)
GAPS = st.builds(Gap, detector=st.sampled_from(["pdq", "text-rules"]), reason=st.sampled_from(GapReason))
ITEMS = st.builds(
    lambda kind, media, findings, gaps: ItemFeatures(
        kind,
        Subject(
            frozenset({MediaKind.TEXT if kind.is_text else media}),
            tuple(findings),
            tuple(gaps),
            frozenset({"text-rules", "sha256", "sha1", "md5", "pdq"}),
        ),
    ),
    st.sampled_from(ItemKind),
    st.sampled_from([MediaKind.IMAGE, MediaKind.UNKNOWN]),
    st.lists(MATCHES | RULES | SCORES, max_size=3),
    st.lists(GAPS, max_size=1),
)
FEATURES = st.builds(
    Features,
    st.lists(ITEMS, min_size=1, max_size=3).map(tuple),
    st.frozensets(st.sampled_from(["minor", "undress"]), max_size=1),
    st.booleans(),
)


def changed(edits: dict[str, object]) -> GatewayPolicy:
    tree = json.loads(OWN.canonical)
    for path, value in edits.items():
        *parents, last = path.split(".")
        part = tree
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part[name]
        part[int(last) if isinstance(part, list) else last] = value
    return parse_gateway_policy(json.dumps(tree), called="test")


EDITS: tuple[dict[str, object], ...] = (
    {},
    {"thresholds.pdq": 10, "thresholds.video_share": 0.5},
    {"thresholds.pdq": 36, "rules.0.action": "hold"},
    {"thresholds.scores.opennsfw.adult_sexual": 0.1, "conduct.0.at_least": 9},
    {"surfaces.input.fail_open": True, "surfaces.output.mode": "shadow"},
    {"surfaces.input.required.image": ["sha256", "pdq", "opennsfw"], "session.carry_seconds": 60},
    {"edit.concepts": ["undress", "red_cube"], "signals.pdq.variants": ["mirrored"]},
    {"rules.0.reason": "For the test, another reason is given here.", "requests.items": 9},
)


@cache
def pool() -> tuple[GatewayPolicy, ...]:
    return tuple(map(changed, EDITS))


POLICIES = st.integers(0, len(EDITS) - 1).map(lambda number: pool()[number])


@given(FEATURES)
@settings(deadline=None)
def test_back_testing_the_same_policy_changes_nothing(features: Features) -> None:
    action = judge(features.without_words(), OWN).action
    recorded = RecordedDecision("c-1", OWN.label, action, features.without_words())
    result = back_test([recorded], OWN, OWN)
    assert (result.decisions, result.changed, result.unexplained) == (1, 0, 0)
    assert (result.shifts, result.examples, result.unseen) == ({}, {}, ())


@given(st.lists(FEATURES, max_size=4), POLICIES)
@settings(max_examples=50, deadline=None)
def test_a_back_test_counts_exactly_the_decisions_that_differ(many: list[Features], candidate: GatewayPolicy) -> None:
    recorded = [RecordedDecision(f"c-{n}", "", judge(one, OWN).action, one) for n, one in enumerate(many)]
    result = back_test(recorded, candidate, OWN)
    before, after = ([judge(one, policy).action for one in many] for policy in (OWN, candidate))
    assert result.decisions == len(many)
    assert result.changed == sum(was is not now for was, now in zip(before, after, strict=True))
    assert result.stricter == sum(now > was for was, now in zip(before, after, strict=True))
    if result.changed:
        assert result.shifts
        assert {check for ids in result.examples.values() for check in ids} <= {one.check_id for one in recorded}


@given(POLICIES, POLICIES)
@settings(max_examples=50, deadline=None)
def test_policies_compare_as_equal_if_and_only_if_they_are(one: GatewayPolicy, other: GatewayPolicy) -> None:
    assert (compare_policies(one, other) == ()) is (one.digest == other.digest)


OPPOSITE = {Direction.STRICTER: Direction.MILDER, Direction.MILDER: Direction.STRICTER}


@given(POLICIES, POLICIES)
@settings(max_examples=50, deadline=None)
def test_the_way_back_is_the_opposite_way(one: GatewayPolicy, other: GatewayPolicy) -> None:
    there = {change.part: change.direction for change in compare_policies(one, other)}
    back = {change.part: change.direction for change in compare_policies(other, one)}
    assert there == {part: OPPOSITE.get(direction, direction) for part, direction in back.items()}


@pytest.mark.parametrize(
    ("edit", "direction"),
    [
        ({"thresholds.pdq": 36}, Direction.STRICTER),
        ({"thresholds.scores.opennsfw.adult_sexual": 0.9}, Direction.MILDER),
        ({"thresholds.scores": {}}, Direction.STRICTER),
        ({"surfaces.input.fail_open": True}, Direction.MILDER),
        ({"surfaces.edit.mode": "shadow"}, Direction.MILDER),
        ({"surfaces.input.required.audio": ["sha256"]}, Direction.MILDER),
        ({"rules.0.action": "hold"}, Direction.MILDER),
        ({"rules": []}, None),
        ({"pairs": []}, Direction.MILDER),
        ({"edit.concepts": ["undress"]}, Direction.MILDER),
        ({"session.carry_seconds": 0}, Direction.MILDER),
        ({"session.trusted_roles": ["system"]}, Direction.MILDER),
        ({"conduct.0.checks_per_minute": 0}, Direction.STRICTER),
        ({"video.frames": "all"}, Direction.STRICTER),
        ({"requests.items": 9}, Direction.OTHER),
        ({"version": "2"}, Direction.OTHER),
    ],
    ids=str,
)
def test_a_change_says_which_way_it_goes(edit: dict[str, object], direction: Direction | None) -> None:
    changes = compare_policies(OWN, changed(edit))
    assert changes
    if direction is not None:
        told = {change.direction for change in changes if not change.part.endswith((".reason", "]"))} or {
            change.direction for change in changes
        }
        assert told == {direction}
