"""A dataset's own columns as concept claims."""

from dataclasses import replace

import pytest

from safehold.screening import ColumnMapping, Policy, default_policy, has_words, read_columns
from safehold.vocabulary import FindingKind, Gap, GapReason

POLICY = default_policy()


def mapped(**parts: object) -> Policy:
    defaults = {"column": "age", "concept": "red_cube", "at_least": None, "at_most": None, "required": False}
    return replace(POLICY, columns=(ColumnMapping(**{**defaults, **parts}),))


@pytest.mark.parametrize(("value", "claims"), [(0.449, False), (0.45, True), (1.0, True), (0.0, False)])
def test_punsafe_claims_from_the_published_threshold_on(value: float, claims: bool) -> None:
    reading = read_columns({"punsafe": value}, POLICY)
    assert bool(reading.findings) is claims
    assert reading.gaps == ()


def test_a_claim_names_its_column_and_policy() -> None:
    (finding,) = read_columns({"PUnsafe": 0.9}, POLICY).findings
    assert (finding.kind, finding.detector, finding.subject) == (FindingKind.CLAIM, "column", "adult_sexual")
    assert finding.reference == "default-dataset@1#punsafe"
    assert finding.value == 0.9


@pytest.mark.parametrize(("value", "claims"), [(17, True), (18, False), (0, True), (-1, False)])
def test_a_span_claims_between_both_ends_included(value: float, claims: bool) -> None:
    assert bool(read_columns({"age": value}, mapped(at_least=0, at_most=17)).findings) is claims


def test_a_value_beyond_a_share_is_not_reported_as_a_score() -> None:
    assert read_columns({"age": 12.0}, mapped(at_most=17)).findings[0].value is None


def test_a_value_that_is_no_number_is_a_gap() -> None:
    reading = read_columns({"punsafe": float("nan")}, POLICY)
    assert reading.gaps == (Gap("column", GapReason.UNREADABLE, place="punsafe"),)
    assert reading.findings == ()


def test_an_infinite_value_is_compared_like_any_other() -> None:
    assert read_columns({"punsafe": float("inf")}, POLICY).findings[0].value is None


def test_an_absent_column_is_a_gap_only_if_required() -> None:
    assert read_columns({}, mapped(at_most=17)).gaps == ()
    assert read_columns({}, mapped(at_most=17, required=True)).gaps == (Gap("column", GapReason.MISSING, place="age"),)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        *(("a red cube", True), ("Red_Cube, toy", True), ("toy;red-cube", True), ("RED  CUBE", True)),
        *(("a red cubes", False), ("hatred cube", False), ("red toy cube", False), ("", False)),
    ],
)
def test_a_column_of_words_claims_where_a_whole_phrase_is_in_it(text: str, holds: bool) -> None:
    (mapping,) = mapped(contains_any=("red cube", "crimson cube")).columns
    assert has_words(text, mapping) is holds


def test_columns_of_words_are_no_columns_of_numbers() -> None:
    assert read_columns({"age": 1.0}, mapped(contains_any=("red cube",), required=True)).gaps == ()
