"""What holds for every decision: agreement is a measure, courses never skip a person, axes survive being stored."""

from hypothesis import given
from hypothesis import strategies as st

from safehold.cases.axes import (
    LABELS,
    Age,
    AgeBand,
    Axes,
    Confidence,
    Depicted,
    FoundBy,
    HarmType,
    PlayedRole,
    Realism,
    Scheme,
    Severity,
    severity_of,
)
from safehold.cases.decisions import DecidedItem, Decision, Standing
from safehold.cases.decisions.making.review import Course, course
from safehold.cases.decisions.quality.agreement import agreement
from safehold.cases.decisions.stored import axes_from_json, axes_to_json
from safehold.cases.item import ItemId
from safehold.cases.rules import default_rules

RULES = default_rules().review
answers = st.sampled_from(["confirm:csam", "confirm:csem", "not_a_violation"])
severities = st.sampled_from([Severity(scheme, label) for scheme, labels in LABELS.items() for label in labels])
axes = st.builds(
    Axes,
    harm=st.none() | st.sampled_from(HarmType),
    realism=st.none() | st.sampled_from(Realism),
    depicted=st.none() | st.sampled_from(Depicted),
    age=st.none() | st.builds(Age, st.sampled_from(AgeBand), st.sampled_from(Confidence)),
    role=st.none() | st.sampled_from(PlayedRole),
    found_by=st.none() | st.sampled_from(FoundBy),
    severities=st.lists(severities, max_size=2, unique_by=lambda one: one.scheme).map(tuple),
)
opinions = st.tuples(st.sampled_from(Decision), st.sampled_from([HarmType.CSAM, HarmType.CSEM]))
SURE = {Decision.CONFIRM, Decision.NOT_A_VIOLATION}


@given(st.lists(st.tuples(answers, answers), min_size=1, max_size=30))
def test_agreement_lies_within_its_bounds_and_is_the_same_whoever_was_first(pairs: list[tuple[str, str]]) -> None:
    told = agreement(pairs)
    turned = agreement([(second, first) for first, second in pairs])
    assert told is not None
    assert 0 <= told.low <= told.raw + 1e-9
    assert told.raw <= told.high + 1e-9 <= 1 + 1e-9
    assert told.kappa is None or -1 - 1e-9 <= told.kappa <= told.raw + 1e-9
    assert turned == told


@given(axes)
def test_axes_are_read_as_they_were_written(said: Axes) -> None:
    assert axes_from_json(axes_to_json(said)) == said


@given(st.text(max_size=12))
def test_a_severity_is_one_of_its_scheme_s_labels_or_none(word: str) -> None:
    found = severity_of(word)
    assert found is None or (found.word == word.strip() and found.label in LABELS[Scheme(found.scheme)])


@given(opinions, st.lists(opinions, max_size=2), st.booleans())
def test_nothing_stands_that_a_further_person_was_asked_for(
    said: tuple[Decision, HarmType], before: list[tuple[Decision, HarmType]], is_sampled: bool
) -> None:
    earlier = [
        DecidedItem(ItemId("item"), verdict, Axes(harm), "", number, Standing.PASSED_ON)
        for number, (verdict, harm) in enumerate(before, start=1)
    ]
    opinion = said[0], said[1] if said[0] is Decision.CONFIRM else None
    taken = course(opinion, earlier, is_sampled=is_sampled, rules=RULES)
    if said[0] is Decision.SECOND_OPINION:
        assert taken is not Course.STANDS
    if not earlier and (is_sampled or said[0] not in SURE):
        assert taken is Course.SECOND
    if taken is Course.STANDS and len(earlier) == 1 and earlier[0].verdict in SURE:
        assert opinion == earlier[0].opinion
    assert (taken is Course.SECOND) <= (not earlier)
