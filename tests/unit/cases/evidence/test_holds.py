"""Holds: what each basis asks for, what prolongs it, and what may end it."""

import datetime as dt

import pytest
from tests.unit.cases.evidence.stand import ASKER, AT, REPORTER, Room

from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import Basis, Holds
from safehold.cases.evidence.basis import RULES, basis_of, ends_at
from safehold.cases.evidence.errors import HoldUnfitError
from safehold.vault import ErasureRefusedError, HoldRefusedError, Reference, ReferenceKind, UnknownEvidenceError

YEAR = dt.timedelta(days=365)


@pytest.fixture
def holds(room: Room) -> Holds:
    return Holds(room.home.database, room.ledger, room.clock, room.vault)


def test_every_basis_has_a_rule_with_its_source() -> None:
    assert set(RULES) == set(Basis)
    assert all(rule.source for rule in RULES.values())
    assert [basis for basis, rule in RULES.items() if rule.erases_after or rule.ends_on_request] == [Basis.US_REPORT]


def test_a_report_is_held_for_one_year_from_its_submission(room: Room, holds: Holds) -> None:
    submitted = AT - dt.timedelta(days=3)
    hold = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1", begins_at=submitted)
    assert hold.expires_at == submitted + YEAR
    assert (hold.grounds.rule, hold.grounds.reference) == ("us_report", "report-1")
    (started,) = room.events("hold.started")
    assert (started["rule"], started["reference"]) == ("us_report", "report-1")


def test_a_year_ends_on_the_same_day_also_around_a_leap_day() -> None:
    rule = RULES[Basis.US_REPORT]
    for begins, ends in (("2027-03-01", "2028-03-01"), ("2028-02-29", "2029-03-01"), ("2028-03-01", "2029-03-01")):
        begins_at, at = (dt.datetime.fromisoformat(f"{day}T08:00:00+00:00") for day in (begins, ends))
        assert ends_at(rule, begins_at, None) == at
        assert ends_at(rule, begins_at, at - YEAR) == at  # never less than the law asks for
        assert ends_at(rule, begins_at, at + YEAR) == at + YEAR


def test_a_hold_the_law_asks_for_is_not_released_before_its_time(room: Room, holds: Holds) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    with pytest.raises(HoldUnfitError, match="law asks"):
        holds.release(REPORTER, hold.id, reference="mistake")
    with pytest.raises(ErasureRefusedError):
        room.vault.erase(room.evidence, Reference(ReferenceKind.COUNSEL, "letter-1"))
    room.pass_time(days=366)
    assert holds.release(REPORTER, hold.id, reference="over").released_at == room.clock.at


def test_a_hold_of_counsel_is_released_once_with_its_reference(room: Room, holds: Holds) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-1")
    assert hold.expires_at is None
    first = holds.release(REPORTER, hold.id, reference="letter-2")
    room.pass_time(hours=1)
    assert holds.release(REPORTER, hold.id, reference="letter-3") == first
    assert [found["reference"] for found in room.events("hold.released")] == ["letter-2"]
    assert room.vault.list()[0].state.value == "sealed"


def test_an_extension_is_a_further_hold_that_ends_later(room: Room, holds: Holds) -> None:
    first = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    later = AT + 3 * YEAR
    second = holds.extend(REPORTER, first.id, later, reference="analysis-1")
    assert (second.expires_at, second.grounds.extends, second.grounds.rule) == (later, first.id, "us_report")
    assert holds.show(first.id) == first
    with pytest.raises(HoldUnfitError, match="after"):
        holds.extend(REPORTER, second.id, later, reference="analysis-2")


def test_a_preservation_request_is_prolonged_by_90_days_at_most_and_only_while_it_lasts(
    room: Room, holds: Holds
) -> None:
    hold = holds.place(REPORTER, room.evidence, Basis.US_PRESERVATION, reference="agency-1")
    end = AT + dt.timedelta(days=90)
    assert hold.expires_at == end
    with pytest.raises(HoldUnfitError, match="90 days"):
        holds.extend(REPORTER, hold.id, end + dt.timedelta(days=91), reference="agency-2")
    assert holds.extend(REPORTER, hold.id, end + dt.timedelta(days=90), reference="agency-2").expires_at is not None
    room.clock.at = end
    with pytest.raises(HoldUnfitError, match="over"):
        holds.extend(REPORTER, hold.id, end + dt.timedelta(days=30), reference="agency-3")


def test_holds_are_listed_by_what_they_hold_and_by_when_they_end(room: Room, holds: Holds) -> None:
    counsel = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-1")
    report = holds.place(REPORTER, room.evidence, Basis.US_REPORT, reference="report-1")
    assert {hold.id for hold in holds.list(evidence=room.evidence)} == {counsel.id, report.id}
    assert [hold.id for hold in holds.ending(dt.timedelta(days=365))] == [report.id]
    assert holds.ending(dt.timedelta(days=364)) == []
    holds.release(REPORTER, counsel.id, reference="letter-2")
    assert [hold.id for hold in holds.list()] == [report.id]
    assert len(holds.list(with_ended=True)) == 2


def test_who_may_not_and_what_can_not_be_is_refused(room: Room, holds: Holds) -> None:
    with pytest.raises(NotForThemError):
        holds.place(ASKER, room.evidence, Basis.COUNSEL, reference="letter-1")
    for change in ({"reference": "a sentence"}, {"reference": ""}, {"begins_at": AT + YEAR}):
        with pytest.raises(HoldUnfitError):
            holds.place(REPORTER, room.evidence, Basis.COUNSEL, **({"reference": "letter-1"} | change))  # type: ignore[arg-type]
    with pytest.raises(UnknownEvidenceError):
        holds.place(REPORTER, "0" * 64, Basis.COUNSEL, reference="letter-1")  # type: ignore[arg-type]
    with pytest.raises(HoldRefusedError):
        holds.show("0" * 16)
    hold = holds.place(REPORTER, room.evidence, Basis.COUNSEL, reference="letter-1")
    for person, error in ((ASKER, NotForThemError), (REPORTER, HoldUnfitError)):
        with pytest.raises(error):
            holds.extend(person, hold.id, AT + YEAR, reference="letter-2")
    with pytest.raises(NotForThemError):
        holds.release(ASKER, hold.id, reference="letter-2")


def test_a_rule_that_this_version_does_not_know_is_no_rule() -> None:
    assert basis_of("") is basis_of("something_new") is Basis.OTHER
    assert basis_of("us_report") is Basis.US_REPORT
