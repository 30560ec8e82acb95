"""Back-test: what another policy would have made of decisions that are recorded, from their features alone.

No content is needed, and none is there: examples are ids of checks. What the features can't tell is said: a policy
that looks further than the one that decided (a larger PDQ distance, other forms of pictures, other frames of clips) may
find more than was recorded; and conduct, which depends on what happened before, stays as it was.

    result = back_test(recorded, candidate, baseline)
    result.changed, result.shifts
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from safehold.gateway.features import Features
from safehold.gateway.judgement import Judgement, judge
from safehold.gateway.policy import GatewayPolicy
from safehold.vocabulary import Action

MOST_EXAMPLES = 5
"""Ids that are kept of each kind of change."""


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision as it is recorded.

    Attributes:
        check_id: its id.
        policy: the label of the policy that decided.
        action: what was decided.
        features: what it rests on; None where the record can't be read.
        shadow_action: what the policy that was in shadow then would have done; None where there was none.
    """

    check_id: str
    policy: str
    action: Action
    features: Features | None
    shadow_action: Action | None = None


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """How an item of one surface would fare otherwise.

    Attributes:
        surface: where it was met.
        before: what the baseline does.
        after: what the candidate does.
    """

    surface: str
    before: Action
    after: Action


@dataclass(frozen=True, slots=True)
class BackTest:
    """What came of it.

    Attributes:
        candidate: the label of the policy that was tried.
        baseline: the label of the policy that it was compared with.
        decisions: how many were tried.
        unreadable: how many records could not be tried.
        changed: how many of them would have been decided otherwise, as a whole.
        stricter: how many of the changed ones more severely.
        shifts: how many items would fare otherwise, and how.
        examples: ids of checks with such items, a few of each.
        unexplained: how many decisions of the baseline itself do not come out as they were recorded; 0, unless a record
            or this version's rules of judgement were changed.
        unseen: parts of the candidate that look further than what was recorded.
    """

    candidate: str
    baseline: str
    decisions: int
    unreadable: int
    changed: int
    stricter: int
    shifts: Mapping[Shift, int]
    examples: Mapping[Shift, tuple[str, ...]]
    unexplained: int
    unseen: tuple[str, ...]


def back_test(recorded: Iterable[RecordedDecision], candidate: GatewayPolicy, baseline: GatewayPolicy) -> BackTest:
    """Try a policy on recorded decisions.

    Args:
        recorded: what is recorded, in any order; read once.
        candidate: the policy to try.
        baseline: what it is compared with, as a rule the active one.
    """
    shifts: Counter[Shift] = Counter()
    examples: dict[Shift, list[str]] = defaultdict(list)
    decisions = unreadable = changed = stricter = unexplained = 0
    for one in recorded:
        if one.features is None:
            unreadable += 1
            continue
        before, after = judge(one.features, baseline), judge(one.features, candidate)
        decisions += 1
        changed += before.action is not after.action
        stricter += after.action > before.action
        unexplained += one.policy == baseline.label and before.action is not one.action
        for shift in _shifts(one.features, before, after):
            shifts[shift] += 1
            if len(examples[shift]) < MOST_EXAMPLES and one.check_id not in examples[shift]:
                examples[shift].append(one.check_id)
    return BackTest(
        candidate=candidate.label,
        baseline=baseline.label,
        decisions=decisions,
        unreadable=unreadable,
        changed=changed,
        stricter=stricter,
        shifts=dict(sorted(shifts.items())),
        examples={shift: tuple(ids) for shift, ids in examples.items()},
        unexplained=unexplained,
        unseen=tuple(unseen(candidate, baseline)),
    )


def unseen(candidate: GatewayPolicy, baseline: GatewayPolicy) -> Iterator[str]:
    """Yield the parts of a candidate by which more could be found than under the baseline."""
    if candidate.thresholds.pdq > baseline.thresholds.pdq:
        yield "thresholds.pdq"
    if not candidate.variants <= baseline.variants:
        yield "signals.pdq.variants"
    if candidate.video != baseline.video:
        yield "video"
    if candidate.limits != baseline.limits:
        yield "limits"
    if candidate.session.carry_seconds != baseline.session.carry_seconds:
        yield "session.carry_seconds"
    if candidate.session.items != baseline.session.items:
        yield "session.items"
    if candidate.session.trusted_roles != baseline.session.trusted_roles:
        yield "session.trusted_roles"
    if candidate.conduct != baseline.conduct:
        yield "conduct"
    if candidate.requests != baseline.requests:
        yield "requests"


def _shifts(features: Features, before: Judgement, after: Judgement) -> Iterator[Shift]:
    for item, done, other in zip(features.items, before.items, after.items, strict=True):
        if done.action is not other.action:
            yield Shift(item.kind.surface.value, done.action, other.action)
