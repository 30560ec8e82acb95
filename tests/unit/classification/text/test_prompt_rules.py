# ruff: noqa: RUF001 - look-alike letters are what these tests are about
"""Prompt rules: the mechanics on stand-ins; the real lexicons with single terms and neutral pairs only."""

from dataclasses import replace

import pytest

from safehold.classification.errors import EmptyTermError
from safehold.classification.text import (
    PROMPT_DETECTOR,
    PromptRules,
    stand_in_lexicons,
    stand_in_prompt_lexicons,
    stand_in_rules,
)
from safehold.vocabulary import FindingKind

RULES = PromptRules(stand_in_prompt_lexicons(), stand_in_rules())
BOTH = "red_cube+blue_ball"


def subjects(*texts: str, carried: frozenset[str] = frozenset(), rules: PromptRules = RULES) -> set[str]:
    return {finding.subject for finding in rules.read(texts, carried=carried).findings}


def test_two_concepts_that_stand_together_are_a_finding_beside_one_for_each() -> None:
    reading = RULES.read(["a red cube on a blue ball"])
    assert [finding.subject for finding in reading.findings] == [BOTH, "blue_ball", "red_cube"]
    assert {finding.detector for finding in reading.findings} == {PROMPT_DETECTOR}
    assert {finding.kind for finding in reading.findings} == {FindingKind.RULE}
    assert reading.findings[0].reference == f"stand-in@1#{BOTH}"
    assert reading.findings[2].reference == "en-red-cube@1#red-cube"
    assert reading.concepts == {"red_cube", "blue_ball"}


@pytest.mark.parametrize(
    "text",
    [
        "RED CUBE and BLUE BALL",
        "r3d cub3 and b1ue ball",
        "r e d c u b e and b.l.u.e.b.a.l.l",
        "red cuuuube and blue baaaall",
        "rеd сubе and blue bаll",
        "r\u200bed cube and bl\u00adue ball",
        "ｒｅｄ ｃｕｂｅ and 𝐛𝐥𝐮𝐞 ball",
        "re.d cu-be and blue ba_ll",
        "ebuc der dna llab eulb",
        "llab eulb red cube",
        "a red cube" + "".join(chr(0xE0000 + ord(letter)) for letter in " and a blue ball"),
        "r3d cub3 and b l u e b a l l",
        "r.3.d c.u.b.3 and blue ball",
        "%72ed%20cube and &#98;lue&nbsp;b&#x61;ll",
        "RedishCube and BlueishBall",
        "redish_cube#blueish-ball",
        "r e d i s h c u b e and blue ball",
        "ebuc hsider dna llabhsieulb",
    ],
)
def test_both_are_found_in_every_disguise_that_a_view_undoes(text: str) -> None:
    assert BOTH in subjects(text)


def test_many_words_between_them_give_the_finding_a_subject_of_its_own() -> None:
    assert BOTH in subjects("red cube " + "x " * 70 + "blue ball")
    assert subjects("red cube " + "x " * 90 + "blue ball") == {f"{BOTH}:apart", "red_cube", "blue_ball"}


def test_three_concepts_join_in_any_order() -> None:
    assert "cube_trade" in subjects("swap a blue ball for a red cube")
    assert "cube_trade" not in subjects("a blue ball for a red cube")


def test_a_concept_too_common_to_mean_anything_is_no_finding_alone() -> None:
    reading = RULES.read(["swap"])
    assert reading.findings == ()
    assert reading.concepts == {"swap"}


@pytest.mark.parametrize(
    "text", ["no red cube beside a blue ball", "without red cube, blue ball", "not a red cube, blue ball"]
)
def test_what_is_negated_gives_subjects_of_its_own(text: str) -> None:
    assert subjects(text) == {f"{BOTH}:negated", "red_cube:negated", "blue_ball"}


@pytest.mark.parametrize(
    "text",
    [
        "no, red cube beside a blue ball",
        "no! red cube, blue ball",
        "no green red cube, blue ball",
        "no r3d cub3, blue ball",
        "no red cube, a red cube and a blue ball",
        "no red cube; no, red cube and blue ball",
    ],
)
def test_negation_counts_only_for_a_plain_word_right_behind_it(text: str) -> None:
    assert BOTH in subjects(text)


def test_a_word_negates_only_words_of_its_own_language() -> None:
    cube = stand_in_lexicons()[1]
    other = replace(cube, id="xx-red-cube", language="xx")
    words = [entry for entry in stand_in_prompt_lexicons() if entry.concept == "negation"]
    assert subjects("no red cube", rules=PromptRules([*words, cube], stand_in_rules())) == {"red_cube:negated"}
    assert subjects("no red cube", rules=PromptRules([*words, other], stand_in_rules())) == {"red_cube"}
    assert subjects("no red cube", rules=PromptRules([*words, cube, other], stand_in_rules())) == {"red_cube:negated"}


def test_protected_contexts_lower_a_finding_and_never_drop_it() -> None:
    assert subjects("geometry of the red cube and the blue ball") == {f"{BOTH}:protected", "red_cube", "blue_ball"}


def test_a_context_protects_only_what_is_near_and_every_concept_must_be() -> None:
    assert BOTH in subjects("geometry " + "x " * 14 + "red cube blue ball")
    assert BOTH in subjects("geometry red cube " + "x " * 14 + "blue ball")


def test_a_disguised_word_is_not_protected() -> None:
    assert BOTH in subjects("geometry of r3d cub3 and blue ball")
    assert BOTH not in subjects("geometry of red cube and blue ball in 4k")


def test_some_rules_are_not_lowered() -> None:
    assert "paint_cube" in subjects("geometry: painted red cube")


def test_concepts_over_several_texts_join_whatever_lies_between() -> None:
    assert BOTH in subjects("a red cube", "x " * 500, "a blue ball")
    found = RULES.read(["a red cube", "a blue ball"]).findings[0]
    assert (found.subject, found.place) == (BOTH, "conversation")


def test_what_a_session_carries_joins_but_is_no_finding_alone() -> None:
    first = RULES.read(["a red cube"])
    assert BOTH in subjects("a blue ball", carried=first.concepts)
    assert subjects("a green cone", carried=frozenset({"red_cube", "blue_ball"})) == set()
    assert RULES.read(["x"], carried=frozenset({"swap"})).concepts == {"swap"}
    assert RULES.read(["red cube"], carried=frozenset({"swap"})).concepts == {"swap", "red_cube"}


def test_a_session_carries_that_a_concept_was_protected_or_negated() -> None:
    protected = RULES.read(["geometry of the red cube"]).concepts
    assert protected == {"red_cube:protected"}
    assert f"{BOTH}:protected" in subjects("geometry of the blue ball", carried=protected)
    assert BOTH in subjects("blue ball", carried=protected)
    negated = RULES.read(["no red cube"]).concepts
    assert f"{BOTH}:negated" in subjects("blue ball", carried=negated)
    assert BOTH in subjects("blue ball", carried=frozenset({"red_cube:unheard-of"}))


def test_a_neutral_context_is_no_claim() -> None:
    assert subjects("the red cube museum has a blue ball") == {"blue_ball"}


def test_a_neutral_context_holds_for_the_same_term_of_other_languages_and_for_no_other_term() -> None:
    cube = stand_in_lexicons()[1]
    other = replace(cube, id="xx-red-cube", language="xx", neutral_contexts=())
    longer = replace(other, id="xx-museum", terms=("red cube museum",))
    assert subjects("the red cube museum", rules=PromptRules([cube, other], stand_in_rules())) == set()
    assert subjects("the red cube museum", rules=PromptRules([cube, other, longer], stand_in_rules())) == {"red_cube"}


def test_a_neutral_context_shields_only_the_one_term_in_it() -> None:
    assert subjects("the red cube museum: r3d cub3") == {"red_cube"}
    assert subjects("red cube museum r e d c u b e") == {"red_cube"}
    assert subjects("red cube museum, 4k, it's here") == set()
    assert subjects("r3d cub3 museum") == set()


def test_an_operators_concept_without_a_rule_is_a_finding_alone() -> None:
    own = replace(stand_in_lexicons()[0], id="own", concept="own_list", terms=("green cone",))
    assert subjects("a gr33n cone", rules=PromptRules([own], stand_in_rules())) == {"own_list"}


def test_nothing_to_search_or_to_search_for_finds_nothing() -> None:
    assert RULES.read([]).findings == RULES.read([""]).findings == ()
    assert PromptRules([], stand_in_rules()).read(["red cube"]).findings == ()


def test_a_term_without_letters_or_digits_is_refused() -> None:
    with pytest.raises(EmptyTermError):
        PromptRules([replace(stand_in_lexicons()[0], terms=("!!",))], stand_in_rules())


def test_the_version_changes_with_every_lexicon() -> None:
    fewer = PromptRules(stand_in_lexicons(), stand_in_rules())
    assert fewer.version != RULES.version
    assert fewer.version == PromptRules(stand_in_lexicons(), stand_in_rules()).version
    assert RULES.version.startswith("1-")


def test_many_terms_take_time_in_proportion() -> None:
    assert f"{BOTH}:negated" in subjects("red cube blue ball swap no " * 3000)
