# ruff: noqa: RUF001 - look-alike letters are what these tests are about
"""What holds for every conversation: nothing that is added takes a finding away, and no view is missed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.classification.text import PromptRules, stand_in_prompt_lexicons, stand_in_rules
from safehold.classification.text.normalise import Normaliser
from safehold.classification.text.prompt_views import prompt_views

LEXICONS = stand_in_prompt_lexicons()
RULES = PromptRules(LEXICONS, stand_in_rules())

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=10)
PLAIN = ["red cube", "blue ball", "swap", "painted", "geometry", "no", ",", "museum", "x " * 90]
DISGUISED = ["r3d cub3", "b l u e b a l l", "llab eulb", "re-d", "rrred", "\n", "!", "сube", "é", "4k", "\U000e0061"]
pieces = st.sampled_from(PLAIN + DISGUISED)
turns = st.lists(st.lists(pieces | anything, max_size=6).map(" ".join), max_size=4)
carried = st.frozensets(st.sampled_from(["red_cube", "blue_ball:protected", "swap", "paint:negated", "unheard_of"]))


def subjects(texts: list[str], before: frozenset[str] = frozenset(), rules: PromptRules = RULES) -> set[str]:
    return {finding.subject for finding in rules.read(texts, carried=before).findings}


@given(turns, turns, carried)
def test_adding_texts_or_a_longer_session_never_removes_a_finding(
    some: list[str], more: list[str], before: frozenset[str]
) -> None:
    assert subjects(some) <= subjects([*some, *more])
    assert subjects(some) <= subjects(some, before)
    assert RULES.read(some).concepts <= RULES.read([*some, *more], carried=before).concepts


@given(turns)
def test_joined_turns_are_never_read_more_mildly_than_each_alone(texts: list[str]) -> None:
    joined = subjects(texts)
    assert all(subjects([text]) <= joined for text in texts)


@given(turns)
def test_carrying_concepts_finds_what_reading_the_turns_together_finds(texts: list[str]) -> None:
    together = subjects(texts)
    before: frozenset[str] = frozenset()
    found: set[str] = set()
    for text in texts:
        reading = RULES.read([text], carried=before)
        before = reading.concepts
        found |= {finding.subject for finding in reading.findings}
    assert together == found
    assert before == RULES.read(texts).concepts


@given(turns)
def test_more_lexicons_never_remove_a_finding_and_their_order_changes_nothing(texts: list[str]) -> None:
    fewer = PromptRules([entry for entry in LEXICONS if entry.concept in {"red_cube", "blue_ball"}], stand_in_rules())
    unlowered = {subject.partition(":")[0] for subject in subjects(texts)}
    assert {subject.partition(":")[0] for subject in subjects(texts, rules=fewer)} <= unlowered
    assert subjects(texts, rules=PromptRules(LEXICONS[::-1], stand_in_rules())) == subjects(texts)


@given(st.lists(pieces | anything, max_size=6).map(" ".join))
@settings(max_examples=200)
def test_the_quick_views_hold_every_view_of_the_batches(text: str) -> None:
    quick = {(view.strip(), is_skeleton) for view, is_skeleton in prompt_views(text, Normaliser())}
    whole = {(view.text.strip(), view.is_skeleton) for view in Normaliser().views([text])}
    assert whole <= quick
