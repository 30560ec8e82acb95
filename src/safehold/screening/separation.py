"""Keep concepts apart (Safety by Design, D1.3): which are claimed, and which must leave the mix.

A claim is a judgement that a concept is present: a caption rule, a mapped column, or a score at or over its threshold.
Claims by themselves change nothing; `screen` holds a record that holds both concepts of a pair, and `separate` says
what leaves a mix in which both remain.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from safehold.screening.policy import PairAcrossMix, Policy, Removal, SeparationRules
from safehold.screening.terms import Terms
from safehold.vocabulary import Finding, FindingKind

_CLAIMING = frozenset({FindingKind.CLAIM, FindingKind.RULE, FindingKind.SCORE})


@dataclass(frozen=True, slots=True)
class Separation:
    """What must happen so that concepts don't both remain in a mix.

    Attributes:
        removed: concepts whose records leave the mix.
        outputs: pairs of concepts that go into two disjoint outputs.
        tolerated: pairs that both remain because the policy says so; a card must state them.
    """

    removed: frozenset[str] = frozenset()
    outputs: tuple[tuple[str, str], ...] = ()
    tolerated: tuple[tuple[str, str], ...] = ()


def claims(findings: Iterable[Finding], policy: Terms) -> frozenset[str]:
    """Return the concepts that findings claim; a score without a threshold claims too."""
    return frozenset(
        finding.subject
        for finding in findings
        if finding.kind in _CLAIMING and policy.thresholds.is_reached(finding) is not False
    )


def unclaimed_concepts(policy: Policy, claimable: Collection[str]) -> tuple[str, ...]:
    """Return the concepts that a policy keeps apart though nothing could ever claim them, in alphabetical order.

    Args:
        policy: its pairs for mixes of media and of text both count, and so do the columns that it maps.
        claimable: the concepts of the lexicons and classifiers that are loaded.
    """
    kept_apart = _concepts_of(policy.separation) | _concepts_of(policy.text_separation)
    return tuple(sorted(kept_apart.difference(claimable, (mapping.concept for mapping in policy.columns))))


def _concepts_of(rules: SeparationRules) -> frozenset[str]:
    pairs = [pair.between for pair in rules.within_record] + [pair.between for pair in rules.across_mix]
    return frozenset().union(*pairs)


def separate(remaining: Mapping[str, int], policy: Policy) -> Separation:
    """Say what must leave a mix.

    Args:
        remaining: concept to the number of records that claim it **and** would stay (allowed, or released by a person).
        policy: whose pairs apply, in the order of the file: what an earlier pair removes, a later one no longer finds.

    Returns:
        nothing to do, if of each pair at most one concept remains.
    """
    removed: set[str] = set()
    outputs: list[tuple[str, str]] = []
    tolerated: list[tuple[str, str]] = []
    for pair in policy.separation.across_mix:
        if not _both_remain(pair, remaining, removed):
            continue
        if pair.removed is not None:
            removed.add(pair.removed)
        elif pair.remove is Removal.TWO_OUTPUTS:
            outputs.append(pair.between)
        else:
            tolerated.append(pair.between)
    return Separation(frozenset(removed), tuple(outputs), tuple(tolerated))


def _both_remain(pair: PairAcrossMix, remaining: Mapping[str, int], removed: set[str]) -> bool:
    return all(remaining.get(concept, 0) > 0 and concept not in removed for concept in pair.between)
