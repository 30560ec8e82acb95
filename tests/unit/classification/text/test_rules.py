# ruff: noqa: RUF001 - look-alike letters are what these tests are about
"""Caption rules: the mechanics on stand-ins; the real lexicons with single terms and neutral phrases only."""

from dataclasses import replace

import pytest

from safehold.classification.errors import EmptyTermError
from safehold.classification.text import (
    AgeRule,
    CaptionRules,
    RuleHit,
    builtin_lexicons,
    stand_in_lexicons,
    to_findings,
)
from safehold.vocabulary import FindingKind

RULES = CaptionRules(stand_in_lexicons())
REAL = CaptionRules(builtin_lexicons())
BALL, CUBE = stand_in_lexicons()


def concepts(text: str, rules: CaptionRules = RULES) -> set[str]:
    return {hit.concept for hit in rules.find([text])[0]}


@pytest.mark.parametrize(
    "text",
    [
        "a red cube on a table",
        "RED CUBE",
        "red-cube",
        "red   cube",
        "redcube",
        "r3d cub3",
        "redcube7",
        "red cuuuube",
        "r.e.d.c.u.b.e",
        "rеd сube",
        "red c\u200bube",
        "red\ncube",
        "r.3.d.c.u.b.3",
        "r3333d cube",
        "red cube museum and a red cube",
    ],
)
def test_a_term_is_found_in_every_disguise_that_a_view_undoes(text: str) -> None:
    assert concepts(text) == {"red_cube"}


@pytest.mark.parametrize(
    "text",
    ["", " ", "red", "cube", "red cubes", "scared cube", "redcubes", "red and cube", "cube red", "the red cube museum"],
)
def test_what_is_no_whole_term_is_not_found(text: str) -> None:
    assert concepts(text) == set()


def test_a_neutral_context_shields_its_own_lexicon_only() -> None:
    museum = replace(BALL, neutral_contexts=(), terms=("red cube museum",))
    assert concepts("the red cube museum", CaptionRules([museum, CUBE])) == {"blue_ball"}


def test_a_neutral_context_shields_only_where_it_stands() -> None:
    assert concepts("red cube museum x red cube") == {"red_cube"}
    assert concepts("redcube red cube museum") == {"red_cube"}


def test_many_neutral_contexts_take_time_in_proportion() -> None:
    assert concepts("red cube museum " * 50_000) == set()


def test_both_concepts_in_one_text_are_two_hits_in_a_fixed_order() -> None:
    (hits,) = RULES.find(["a red cube beside a blue ball and one more red cube"])
    assert hits == (
        RuleHit("blue_ball", "blue-ball", "en-blue-ball", "1"),
        RuleHit("red_cube", "red-cube", "en-red-cube", "1"),
    )


def test_a_long_list_is_answered_text_by_text() -> None:
    texts = [
        f"item {n} blue ball" if n % 1000 == 7 else ("rеd сube" if n % 1000 == 8 else "plain") for n in range(9000)
    ]
    found = RULES.find(texts)
    assert len(found) == len(texts)
    assert [n for n, hits in enumerate(found) if hits] == [n for n in range(9000) if n % 1000 in {7, 8}]
    assert {hit.concept for hit in found[7]} == {"blue_ball"}
    assert {hit.concept for hit in found[8]} == {"red_cube"}


def test_nothing_to_search_or_to_search_for_finds_nothing() -> None:
    assert RULES.find([]) == []
    assert CaptionRules([]).find(["red cube"]) == [()]


def test_the_concepts_of_all_lexicons_are_known() -> None:
    assert RULES.concepts == ("blue_ball", "red_cube")


def test_two_lexicons_may_hold_the_same_term() -> None:
    other = replace(CUBE, id="en-other", concept="angular")
    assert concepts("red cube", CaptionRules([CUBE, other])) == {"red_cube", "angular"}


def test_terms_without_word_edges_are_found_within_words() -> None:
    cube = replace(CUBE, terms=("立方体",), word_edges=False)
    assert concepts("赤い立方体です", CaptionRules([cube])) == {"red_cube"}
    assert concepts("赤い立方体です", CaptionRules([replace(cube, word_edges=True)])) == set()


def test_terms_in_other_scripts_are_folded_like_texts() -> None:
    rules = CaptionRules([replace(CUBE, terms=("красный куб", "WÜRFEL"))])
    assert concepts("Красный Куб!", rules) == {"red_cube"}
    assert concepts("würfel", rules) == {"red_cube"}


def test_a_term_without_letters_or_digits_is_refused() -> None:
    with pytest.raises(EmptyTermError, match="en-red-cube"):
        CaptionRules([replace(CUBE, terms=("!!",))])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a 3 day old cube", True),
        ("a 9-day-old cube", True),
        ("10 day old", False),
        ("13 day old", False),
        ("two day old", True),
    ],
)
def test_ages_count_within_their_span_only(text: str, found: bool) -> None:
    ages = AgeRule(0, 9, ("zero", "one", "two"), ("{age} day old",))
    assert bool(concepts(text, CaptionRules([replace(CUBE, ages=ages)]))) is found


def test_hits_become_findings_with_their_lexicon_and_version() -> None:
    (finding,) = to_findings(RULES.find(["red cube"])[0], place="caption")
    assert finding.kind is FindingKind.RULE
    assert (finding.detector, finding.subject, finding.place) == ("caption-rules", "red_cube", "caption")
    assert finding.reference == "en-red-cube@1#red-cube"


@pytest.mark.parametrize("term", [term for lexicon in builtin_lexicons() for term in lexicon.terms])
def test_every_single_real_term_claims_its_own_concept(term: str) -> None:
    (concept,) = {lexicon.concept for lexicon in builtin_lexicons() if term in lexicon.terms}
    assert concepts(term, REAL) == {concept}
    assert concepts(term.upper(), REAL) == {concept}


@pytest.mark.parametrize("age", range(18))
def test_every_age_under_eighteen_claims_minor(age: int) -> None:
    assert concepts(f"a {age}-year-old", REAL) == {"minor"}


@pytest.mark.parametrize(
    "text",
    [
        "18 year old", "a 21 years old tree", "117 year old oak", "a red cube", "minor league baseball", "Ursa Minor",
        "visible to the naked eye", "canteen", "boycott", "kidney", "Essex", "asexual", "nineteen", "unisex",
        "a sonata in a minor key", "building, 1917", "thirteen years of service", "boyle's law", "manchild", "",
    ],
)  # fmt: skip
def test_ordinary_phrases_claim_nothing(text: str) -> None:
    assert concepts(text, REAL) == set()
