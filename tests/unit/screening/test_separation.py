"""Concepts kept apart across a mix, on neutral stand-ins."""

from dataclasses import replace

import pytest

from safehold.screening import (
    PairAcrossMix,
    Policy,
    Removal,
    Separation,
    SeparationRules,
    claims,
    default_policy,
    separate,
    unclaimed_concepts,
)
from safehold.vocabulary import Finding, FindingKind

POLICY = default_policy()
PAIR = ("red_cube", "blue_ball")


def policy_that(*choices: Removal, between: tuple[str, str] = PAIR) -> Policy:
    pairs = tuple(PairAcrossMix(between, choice, "a reason long enough") for choice in choices)
    return replace(POLICY, separation=SeparationRules((), pairs))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Removal.FIRST, Separation(removed=frozenset({"red_cube"}))),
        (Removal.SECOND, Separation(removed=frozenset({"blue_ball"}))),
        (Removal.TWO_OUTPUTS, Separation(outputs=(PAIR,))),
        (Removal.NOTHING, Separation(tolerated=(PAIR,))),
    ],
)
def test_when_both_concepts_remain_the_policy_says_what_goes(choice: Removal, expected: Separation) -> None:
    assert separate({"red_cube": 1, "blue_ball": 9}, policy_that(choice)) == expected


@pytest.mark.parametrize("remaining", [{}, {"red_cube": 5}, {"red_cube": 5, "blue_ball": 0}, {"blue_ball": 1}])
@pytest.mark.parametrize("choice", list(Removal))
def test_when_one_concept_remains_at_most_nothing_happens(remaining: dict[str, int], choice: Removal) -> None:
    assert separate(remaining, policy_that(choice)) == Separation()


def test_what_an_earlier_pair_removed_a_later_pair_no_longer_finds() -> None:
    policy = policy_that(Removal.FIRST, Removal.SECOND)
    assert separate({"red_cube": 1, "blue_ball": 1}, policy).removed == {"red_cube"}


def test_the_default_removes_adult_sexual_content() -> None:
    assert separate({"minor": 1, "adult_sexual": 1}, POLICY).removed == {"adult_sexual"}


def test_a_purely_textual_dataset_keeps_both_and_says_so() -> None:
    assert separate({"minor": 1, "adult_sexual": 1}, POLICY.as_text_only()) == Separation(
        tolerated=(("minor", "adult_sexual"),)
    )
    assert POLICY.as_text_only().label == POLICY.label


def test_matches_and_sources_claim_no_concept() -> None:
    findings = (
        Finding(FindingKind.MATCH, "md5", "csam", "bank@1#2"),
        Finding(FindingKind.SOURCE, "source-register", "entry", "register@1#entry"),
    )
    assert claims(findings, POLICY) == frozenset()


def test_a_score_without_a_threshold_claims_its_concept() -> None:
    assert claims((Finding(FindingKind.SCORE, "stand-in", "red_cube", "stand-in@1", value=0.0),), POLICY) == {
        "red_cube"
    }


def test_a_concept_is_unclaimed_if_neither_a_lexicon_nor_a_mapped_column_claims_it() -> None:
    policy = policy_that(Removal.FIRST, between=("red_cube", "adult_sexual"))
    assert unclaimed_concepts(policy, {"minor"}) == ("red_cube",)  # the shipped policy maps columns to the other one
    assert unclaimed_concepts(replace(policy, columns=()), {"minor"}) == ("adult_sexual", "red_cube")
    assert unclaimed_concepts(policy, {"minor", "red_cube"}) == ()
