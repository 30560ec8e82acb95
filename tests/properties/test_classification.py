# ruff: noqa: RUF001 - look-alike letters are what these tests are about
"""What holds for every text: batches answer like single texts, and no character breaks the search."""

from hypothesis import given
from hypothesis import strategies as st

from safehold.classification.text import CaptionRules, stand_in_lexicons
from safehold.classification.text.normalise import Normaliser

RULES = CaptionRules(stand_in_lexicons())

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
pieces = st.sampled_from(["red cube", "blue ball", "r3d", "c u b e", "cuuube", "museum", "\n", "!", " ", "сube", "é"])
texts = st.lists(st.lists(pieces | anything, max_size=5).map(" ".join), max_size=8)


@given(texts)
def test_a_batch_is_answered_like_its_texts_one_by_one(several: list[str]) -> None:
    assert RULES.find(several) == [RULES.find([text])[0] for text in several]


@given(texts)
def test_every_view_keeps_one_place_for_each_of_its_texts(several: list[str]) -> None:
    for view in Normaliser().views(several):
        assert view.text.count("\n") == len(view.members) - 1
        assert "  " not in view.text


@given(anything, anything)
def test_a_term_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    (hits,) = RULES.find([f"{before} blue ball {after}"])
    is_museum = "museum" in after.casefold()
    assert is_museum or "blue_ball" in {hit.concept for hit in hits}


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    folded = Normaliser().fold(text)
    assert Normaliser().fold(folded) == folded
