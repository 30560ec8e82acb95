"""What lexicon files must say about themselves."""

from importlib import resources
from pathlib import Path

import pytest

from safehold.classification.text import builtin_lexicons, load_lexicon, stand_in_lexicons
from safehold.reviewed import ReviewedDataError

FOLDER = resources.files("safehold.classification.text").joinpath("lexicons")
TEXT = FOLDER.joinpath("stand-in", "en-red-cube.yaml").read_text(encoding="utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "lexicon.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_lexicons_are_english_drafts_for_the_two_concepts() -> None:
    shipped = {lexicon.id: lexicon for lexicon in builtin_lexicons()}
    assert {lexicon.concept for lexicon in shipped.values()} == {"minor", "adult_sexual"}
    assert all(lexicon.status == "draft" and lexicon.language == "en" for lexicon in shipped.values())
    assert all(lexicon.licence == "CC0-1.0" and lexicon.source for lexicon in shipped.values())


def test_no_term_of_one_concept_is_a_term_of_the_other() -> None:
    first, second = builtin_lexicons()
    assert not set(first.terms) & set(second.terms)


def test_shipped_terms_are_plain_lower_case_words_in_order() -> None:
    for lexicon in (*builtin_lexicons(), *stand_in_lexicons()[:0]):
        assert list(lexicon.terms) == sorted(lexicon.terms)
        assert all(term.replace(" ", "").isalpha() and term.islower() for term in lexicon.terms)


def test_stand_ins_are_not_among_the_real_ones() -> None:
    assert {lexicon.concept for lexicon in stand_in_lexicons()} == {"red_cube", "blue_ball"}


def test_a_file_loads_like_the_shipped_one(tmp_path: Path) -> None:
    assert load_lexicon(written(tmp_path, TEXT)) in stand_in_lexicons()


def test_a_change_of_content_changes_the_digest_even_under_the_same_version(tmp_path: Path) -> None:
    other = load_lexicon(written(tmp_path, TEXT.replace("redcube", "reddish thing")))
    assert other.version == stand_in_lexicons()[1].version
    assert other.digest not in {lexicon.digest for lexicon in stand_in_lexicons()}


def test_a_named_reviewer_makes_it_reviewed(tmp_path: Path) -> None:
    text = TEXT.replace("reviewed_by: []", "reviewed_by: [A. Reviewer]").replace("status: draft", "status: reviewed")
    assert load_lexicon(written(tmp_path, text)).status == "reviewed"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("size: 3", "size: 4", "size says 4, but there are 3 terms"),
        ("status: draft", "status: reviewed", "if and only if reviewed_by"),
        ("reviewed_by: []", "reviewed_by: [A. Reviewer]", "if and only if reviewed_by"),
        ("  - redcube", "  - red cube", "a term stands twice"),
        ("language: en", "language: E", "language"),
        ("concept: red_cube", "concept: Red Cube", "concept"),
        ("source: own compilation by the Safehold authors; it means nothing\n", "", "source: is missing"),
        ("licence: CC0-1.0", "license: CC0-1.0", "license: unknown key"),
        ("  - redcube", '  - " red"', "terms.1"),
        ("neutral_contexts:", 'ages: {youngest: 0, oldest: 18, phrases: ["{age}"]}\nneutral_contexts:', "ages.oldest"),
        ("neutral_contexts:", "ages: {youngest: 0, oldest: 9, phrases: [old]}\nneutral_contexts:", "ages.phrases.0"),
    ],
)
def test_a_file_that_says_wrong_things_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(ReviewedDataError) as caught:
        load_lexicon(written(tmp_path, TEXT.replace(old, new)))
    assert why in str(caught.value)
