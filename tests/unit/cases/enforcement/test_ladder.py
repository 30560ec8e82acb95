import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.cases import SubjectKind
from safehold.cases.axes import HarmType
from safehold.cases.enforcement import LadderFile, Measure, Taken
from safehold.cases.rules import CaseRulesError, default_source, parse_rules

from .conftest import LADDER

ACCOUNT = SubjectKind.ACCOUNT
harms = st.sampled_from([harm.value for harm in HarmType])
kinds = st.sampled_from(list(SubjectKind))


def rung(ground: str, strikes: int) -> Measure | None:
    found = [one.measure for one in LADDER.measures(ground, ACCOUNT, strikes=strikes) if one.measure.is_rung]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("strikes", "measure"),
    [(0, Measure.WARN), (1, Measure.LIMIT), (2, Measure.SUSPEND), (3, Measure.BAN), (9, Measure.BAN)],
)
def test_the_ladder_goes_up_with_every_strike(strikes: int, measure: Measure) -> None:
    assert rung("ncii_adult", strikes) is measure


def test_the_gravest_grounds_do_not_wait_for_a_ladder() -> None:
    assert rung("csam", 0) is Measure.BAN
    assert rung("grooming", 0) is Measure.SUSPEND
    assert rung("grooming", 3) is Measure.BAN


@settings(max_examples=40)
@given(harms, st.integers(0, 20))
def test_more_strikes_never_lead_to_less(ground: str, strikes: int) -> None:
    now, then = rung(ground, strikes), rung(ground, strikes + 1)
    assert then is now or (then is not None and now is not None and then.gravity > now.gravity)


@settings(max_examples=40)
@given(harms, kinds, st.integers(0, 20))
def test_whatever_follows_fits_what_it_is_about(ground: str, kind: SubjectKind, strikes: int) -> None:
    assert all(one.measure.fits(kind) for one in LADDER.measures(ground, kind, strikes=strikes))


def test_nothing_follows_from_what_is_no_violation_or_has_no_rule() -> None:
    assert LADDER.measures("benign", ACCOUNT, strikes=9) == ()
    assert LADDER.measures("unheard_of", ACCOUNT, strikes=9) == ()


def test_a_test_signature_touches_no_account() -> None:
    assert LADDER.measures("test", ACCOUNT, strikes=9) == (Taken(Measure.REMOVE_CONTENT, None),)


def test_models_and_links_are_held_and_datasets_are_not() -> None:
    found = {kind: {one.measure for one in LADDER.measures("csam", kind, strikes=0)} for kind in SubjectKind}
    assert Measure.HOLD_MODEL in found[SubjectKind.MODEL]
    assert Measure.HOLD_LINK in found[SubjectKind.LINK]
    assert found[SubjectKind.SOURCE] == found[SubjectKind.NOBODY] == {Measure.REMOVE_CONTENT}


def test_every_kind_of_harm_has_a_rule() -> None:
    assert set(LADDER.grounds) == {harm.value for harm in HarmType}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("apply: [suspend, ban]", "apply: [suspend]", "must name ban"),
        ("automatic: [remove_content]", "automatic: [ban]", "can't both"),
        ("benign: {}", "benign: { strike: true }", "nothing follows"),
        ("{ strikes: 2, measure: limit, days: 7 }", "{ strikes: 2, measure: ban }", "none milder"),
        ("{ strikes: 2, measure: limit, days: 7 }", "{ strikes: 1, measure: limit, days: 7 }", "more strikes"),
        ("measure: warn, days: 180", "measure: remove_content, days: 180", "is no rung"),
        ("break_minutes: 15", "break_minutes: 700", "as long as"),
        ("stretch: { items: 20, minutes: 10 }", "stretch: { items: 121, minutes: 10 }", "whole day"),
        ("assumed_seconds: 60", "assumed_seconds: 3600", "longer than"),
        ("support: []", "support: [{ name: Someone }]", "no way to reach"),
        ("smallest_group: 5", "smallest_group: 1", "exposure.smallest_group"),
    ],
)
def test_rules_that_can_not_be_meant_are_refused_with_their_line(old: str, new: str, said: str) -> None:
    text = default_source()
    assert old in text
    with pytest.raises(CaseRulesError, match=said) as caught:
        parse_rules(text.replace(old, new), called="house.yaml")
    assert "line" in str(caught.value)


def test_the_section_has_a_schema_with_every_measure() -> None:
    told = str(LadderFile.model_json_schema())
    assert all(measure.value in told for measure in Measure)
