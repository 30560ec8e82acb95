"""Judgement: features and a policy enter, an action for each item leaves. Pure, so that it can be repeated.

1. Each item is screened by the terms of its kind. 2. What breaks a rule only together with other turns takes at most
the action for that. 3. Concepts that meet across items, and what is asked of a picture to be edited, are added.
4. A limit in force denies. 5. An item takes the most severe of all that; a gap is at least HOLD. 6. Where the surface
fails open, what was not examined and has nothing against it passes as ALLOW_UNEXAMINED. 7. On a surface in shadow mode
everything passes but matches that no policy may allow.

    judgement = judge(features, policy)
    judgement.action, judgement.refusal
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from safehold.gateway.answer import Refusal
from safehold.gateway.features import Features, ItemFeatures
from safehold.gateway.item import ItemKind
from safehold.gateway.policy import GatewayPolicy, Mode, SurfaceRules
from safehold.screening import NEVER_ALLOWED, action_of_findings, claims, screen, uncleared
from safehold.vocabulary import Action, Finding, FindingKind, Gap

CONVERSATION = "conversation"
"""The text rules' place for a rule that several texts break together, or a text with what a session carried."""

LIMITED = "limited"
GAP = "gap"
_Outcome = tuple[Action, str]


@dataclass(frozen=True, slots=True)
class ItemJudgement:
    """What is to be done with one item.

    Attributes:
        action: what to do.
        decided: what the policy says, were its surface not in shadow mode; else the same.
        rules: what applied, most severe first.
        gaps: the given ones, and those that the policy's requirements found.
        found: what was found leads to, whatever was not examined and whatever limit is in force.
        subjects: what was found that held or denied it: concepts, rules, classes; for conduct.
    """

    action: Action
    decided: Action
    found: Action
    rules: tuple[str, ...]
    gaps: tuple[Gap, ...]
    subjects: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        """Return whether people are to look at it: it is held or denied, and not for a limit alone."""
        return self.action >= Action.HOLD and (self.found >= Action.HOLD or bool(self.gaps))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be done with a request.

    Attributes:
        items: in the request's order.
        action: the most severe of theirs.
        would: where a surface is in shadow mode, what would have been done; else None.
        refusal: why, as the caller is told; None where nothing is refused.
        message_key: what to show.
    """

    items: tuple[ItemJudgement, ...]
    action: Action
    would: Action | None = None
    refusal: Refusal | None = None
    message_key: str = ""

    @property
    def incident(self) -> tuple[Action, tuple[str, ...]] | None:
        """Return the action and subjects that conduct counts; None where nothing was found that was acted on."""
        acted = [item for item in self.items if min(item.found, item.action) >= Action.HOLD]
        if not acted:
            return None
        subjects = sorted({subject for item in acted for subject in item.subjects})
        return max(item.found for item in acted), tuple(subjects)

    @property
    def has_failed_open(self) -> bool:
        """Return whether something passes only since its surface fails open."""
        return any(item.decided is Action.ALLOW_UNEXAMINED for item in self.items)


def judge(features: Features, policy: GatewayPolicy) -> Judgement:
    """Return what a policy makes of a request's features; at least one item."""
    met = _met(features, policy)
    items = tuple(
        _item(item, policy, met.get(number, ()), is_limited=features.is_limited)
        for number, item in enumerate(features.items)
    )
    action = max(item.action for item in items)
    refusal = _refusal(action, items)
    severest = max(range(len(items)), key=lambda number: items[number].action)
    surface = policy.surface_of(features.items[severest].kind)
    is_shadowed = any(policy.surface_of(item.kind).mode is Mode.SHADOW for item in features.items)
    return Judgement(
        items=items,
        action=action,
        would=max(item.decided for item in items) if is_shadowed else None,
        refusal=refusal,
        message_key="" if refusal is None else surface.messages[refusal],
    )


def _item(item: ItemFeatures, policy: GatewayPolicy, met: Sequence[_Outcome], *, is_limited: bool) -> ItemJudgement:
    terms, surface = policy.terms[item.kind], policy.surface_of(item.kind)
    findings = item.subject.findings
    alone = tuple(finding for finding in findings if not _is_joined(finding))
    verdict = screen(item.subject if len(alone) == len(findings) else replace(item.subject, findings=alone), terms)
    added = [*met, *_joined(item.subject.findings, item.kind, policy)]
    found = max(action_of_findings(alone, terms), *(action for action, _ in added), Action.ALLOW)
    unlimited = max(found, _unexamined(surface)) if verdict.gaps else found
    decided = Action.DENY if is_limited else unlimited
    severest_first = sorted(set(added), key=lambda outcome: (-outcome[0].rank, outcome[1]))
    rules = [*([LIMITED] if is_limited else []), *(rule for _, rule in severest_first), *verdict.rules]
    return ItemJudgement(
        action=decided if surface.mode is Mode.ACTIVE else _shadowed(alone, verdict.gaps, policy, item.kind),
        decided=decided,
        found=found,
        rules=tuple(dict.fromkeys(rules)),
        gaps=verdict.gaps,
        subjects=tuple(sorted(set(_subjects(alone, added, policy, item.kind)))) if found >= Action.HOLD else (),
    )


def _unexamined(surface: SurfaceRules) -> Action:
    return Action.ALLOW_UNEXAMINED if surface.fail_open else Action.HOLD


def _shadowed(findings: tuple[Finding, ...], gaps: tuple[Gap, ...], policy: GatewayPolicy, kind: ItemKind) -> Action:
    counted = uncleared(findings)
    matched = tuple(one for one in counted if one.kind is FindingKind.MATCH and one.subject in NEVER_ALLOWED)
    return max(action_of_findings(matched, policy.terms[kind]), Action.ALLOW_UNEXAMINED if gaps else Action.ALLOW)


def _is_joined(finding: Finding) -> bool:
    return finding.kind is FindingKind.RULE and finding.place == CONVERSATION


def _joined(findings: Sequence[Finding], kind: ItemKind, policy: GatewayPolicy) -> Iterator[_Outcome]:
    """Yield what a text leads to that breaks a rule only together with others."""
    for finding in filter(_is_joined, findings):
        action = min(action_of_findings((finding,), policy.terms[kind]), policy.session.action)
        yield action, f"{CONVERSATION}:{finding.subject}"


def _subjects(
    findings: Sequence[Finding], added: Sequence[_Outcome], policy: GatewayPolicy, kind: ItemKind
) -> Iterator[str]:
    yield from {rule for action, rule in added if action >= Action.HOLD}
    for finding in uncleared(tuple(findings)):
        if action_of_findings((finding,), policy.terms[kind]) >= Action.HOLD:
            yield finding.subject


def _met(features: Features, policy: GatewayPolicy) -> Mapping[int, list[_Outcome]]:
    """Return what the items lead to together, by their place."""
    met: dict[int, list[_Outcome]] = defaultdict(list)
    if not any(item.subject.findings for item in features.items) and not features.carried:
        return met
    claimed = [claims(item.subject.findings, policy.terms[item.kind]) for item in features.items]
    for pair in policy.pairs:
        first, second = (
            {n for n, item in enumerate(features.items) if item.kind in pair.items and concept in claimed[n]}
            for concept in pair.between
        )
        is_across = any(one != other for one in first for other in second)
        is_carried = (pair.between[0] in features.carried and second) or (pair.between[1] in features.carried and first)
        for number in first | second if is_across or is_carried else ():
            met[number].append((pair.action, "across-items:" + "+".join(pair.between)))
    for number, action in _asked_of_pictures(features, policy):
        met[number].append((action, "edit-instruction"))
    return met


def _asked_of_pictures(features: Features, policy: GatewayPolicy) -> Iterator[tuple[int, Action]]:
    """Yield the pictures to be edited and the texts that ask what may not be asked of them, with what follows.

    What only earlier turns of the session asked takes at most the action for that.
    """
    pictures = [number for number, item in enumerate(features.items) if item.kind is ItemKind.SOURCE_IMAGE]
    if not pictures:
        return
    asking = [number for number, item in enumerate(features.items) if _asks(item, policy)]
    if asking:
        yield from ((number, policy.edit.action) for number in {*pictures, *asking})
    elif policy.edit.concepts & features.carried:
        yield from ((number, min(policy.edit.action, policy.session.action)) for number in pictures)


def _asks(item: ItemFeatures, policy: GatewayPolicy) -> bool:
    """Return whether an item's words claim what may not be asked; a negative prompt says what must not appear."""
    said = {finding.subject for finding in item.subject.findings if finding.kind is FindingKind.RULE}
    return item.kind is not ItemKind.NEGATIVE_PROMPT and not said.isdisjoint(policy.edit.concepts)


def _refusal(action: Action, items: Sequence[ItemJudgement]) -> Refusal | None:
    if action < Action.HOLD:
        return None
    severest = [item for item in items if item.action is action]
    if any(item.found is action for item in severest):
        return Refusal.POLICY if action is Action.DENY else Refusal.REVIEW
    return Refusal.LIMITED if action is Action.DENY else Refusal.UNEXAMINED
