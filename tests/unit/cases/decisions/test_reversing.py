"""What a reversal undoes, what it can't, and that it never happens unseen, twice, or by halves."""

import pytest
from tests.unit.cases.conftest import digest
from tests.unit.cases.decisions.conftest import AMIRA, CLARA, CSAM, DAVID, LEAD, Bench, confirmed_by

from safehold.cases import CaseState, ItemState, Person, Role
from safehold.cases.decisions import Decision, ListingState, Standing, Undoing
from safehold.cases.decisions.errors import (
    NotAllowedError,
    NothingToReverseError,
    OwnWorkError,
    UnfitDecisionError,
    UnknownDecisionError,
)

EVERYTHING = frozenset(ListingState)


def listed(bench: Bench, *, name: str = "aa") -> tuple[str, str]:
    """Return a case whose item was confirmed and listed, and the decision."""
    case = bench.case(bench.item(), name=name)
    decision = bench.say(AMIRA, case, Decision.CONFIRM, CSAM)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    return case, decision


def test_a_reversal_reopens_the_items_takes_the_entries_back_and_has_others_undo_theirs(either_bench: Bench) -> None:
    bench = either_bench
    case, decision = listed(bench)
    assert bench.decisions.reverse(LEAD, decision, "mistaken") == 1
    assert bench.office.cases.show(case).state is CaseState.OPEN
    assert [one.state for one in bench.items(case)] == [ItemState.UNDECIDED]
    assert bench.listed("own-confirmed") == []
    shown = bench.decisions.show(decision)
    assert (shown.reversal.by, shown.reversal.reason, shown.standing) == ("lead", "mistaken", ())
    outcomes = {(one.party, one.outcome, one.why) for one in bench.decisions.outcomes(decision)}
    assert outcomes == {
        ("own_bank", Undoing.UNDONE, ""),
        ("enforcement", Undoing.UNDONE, ""),
        ("enforcement", Undoing.STANDS, "filed"),
    }
    assert [one.details["reason"] for one in bench.office.events("decision.reversed")] == ["mistaken"]
    assert len(bench.kinds("decision.undone")) == 1


def test_after_a_reversal_anybody_may_decide_anew_also_who_did_before(bench: Bench) -> None:
    case, decision = listed(bench)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    again = bench.say(AMIRA, case, Decision.NOT_A_VIOLATION)
    assert bench.decisions.show(again).items[0].round == 1
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_what_was_taken_back_can_be_listed_again_by_another_decision(bench: Bench) -> None:
    case, decision = listed(bench)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    bench.say(AMIRA, case, Decision.CONFIRM, CSAM)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    assert len(bench.listed("own-confirmed")) == 1


def test_another_decision_on_the_same_bytes_keeps_its_own_entries(bench: Bench) -> None:
    case, decision = listed(bench)
    bench.case(bench.item(role="output_image"))
    bench.say(AMIRA, case, Decision.CONFIRM, CSAM, number=2)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert len(bench.listed("own-confirmed")) == 1


def test_what_nobody_approved_yet_is_withdrawn(bench: Bench) -> None:
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert [one.state for one in bench.decisions.proposals(states=EVERYTHING)] == [ListingState.WITHDRAWN]
    assert bench.listed("own-confirmed") == []


@pytest.mark.parametrize(
    ("person", "reason", "error"),
    [
        (AMIRA, "mistaken", NotAllowedError),
        (Person("amira", frozenset({Role.REVIEWER, Role.QUALITY_LEAD})), "mistaken", OwnWorkError),
        (LEAD, "", UnfitDecisionError),
        (LEAD, "two words", UnfitDecisionError),
    ],
)
def test_only_another_person_reverses_and_says_why(
    bench: Bench, person: Person, reason: str, error: type[Exception]
) -> None:
    case, decision = listed(bench)
    with pytest.raises(error):
        bench.decisions.reverse(person, decision, reason)
    assert bench.office.cases.show(case).state is CaseState.DECIDED
    assert len(bench.listed("own-confirmed")) == 1


def test_a_second_click_reverses_nothing_more(bench: Bench) -> None:
    _, decision = listed(bench)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    with pytest.raises(NothingToReverseError):
        bench.decisions.reverse(LEAD, decision, "mistaken")
    assert len(bench.party.undone) == 1


def test_a_decision_that_is_not_there_is_not_reversed(bench: Bench) -> None:
    with pytest.raises(UnknownDecisionError):
        bench.decisions.reverse(LEAD, "dec_none", "mistaken")


def test_reversing_a_second_decision_reopens_the_item_from_its_start(bench: Bench) -> None:
    case = bench.case(bench.item())
    first = bench.say(AMIRA, case, Decision.CANNOT_TELL)
    second = bench.say(CLARA, case, Decision.CONFIRM)
    with pytest.raises(NothingToReverseError):
        bench.decisions.reverse(LEAD, first, "mistaken")
    bench.decisions.reverse(LEAD, second, "mistaken")
    assert [one.state for one in bench.items(case)] == [ItemState.UNDECIDED]
    standings = {one.standing for decided in bench.decisions.of_case(case) for one in decided.items}
    assert standings == {Standing.REVERSED}


def test_what_waits_for_a_second_person_can_be_reversed_too_and_nothing_followed(bench: Bench) -> None:
    case = bench.case(bench.item())
    first = bench.say(AMIRA, case, Decision.CANNOT_TELL)
    bench.decisions.reverse(LEAD, first, "mistaken")
    assert bench.office.cases.show(case).state is CaseState.OPEN
    assert (bench.party.followed, bench.party.undone) == ([], [])


def test_a_closed_case_opens_again(bench: Bench) -> None:
    case, decision = listed(bench)
    with bench.office.home.database.writing() as connection:
        bench.office.cases.change_state(connection, case, CaseState.CLOSED, seen=None, actor="lead")
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert bench.office.cases.show(case).state is CaseState.OPEN


def test_what_rests_on_the_own_bank_waits_for_people_again_and_is_not_decided_by_hash_again(bench: Bench) -> None:
    _, decision = listed(bench)
    bench.office.decide(bench.office.cases.show(bench.items(bench.case(bench.item(), name="aa"))[0].case).id)
    found = confirmed_by("csam", "own-confirmed@1#0")
    later = bench.case(bench.item(findings=(found,), signals=(digest("5a"),), role="output_image"), name="cc")
    (resting,) = bench.decisions.decide_automatically(later)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    while bench.decisions.settle():
        pass
    assert bench.decisions.show(resting).reversal.reason == "rests_on_reversed"
    assert bench.items(later)[-1].state is ItemState.UNDECIDED
    assert bench.decisions.decide_automatically(later) == ()


def test_nothing_is_decided_by_an_entry_that_is_being_taken_back(bench: Bench) -> None:
    _, decision = listed(bench)
    (entry,) = bench.banks.entries("own-confirmed")
    found = confirmed_by("csam", f"own-confirmed@1#{entry.number}")
    later = bench.case(bench.item(findings=(found,), role="output_image"), name="cc")
    bench.killed.reverse(LEAD, decision, "mistaken")
    assert len(bench.listed("own-confirmed")) == 1
    assert bench.decisions.decide_automatically(later) == ()


def test_undoing_that_fails_is_tried_again_and_seen_as_pending_meanwhile(bench: Bench) -> None:
    _, decision = listed(bench)
    bench.party.fails = 1
    bench.decisions.reverse(LEAD, decision, "mistaken")
    pending = [one.party for one in bench.decisions.outcomes(decision) if one.outcome is Undoing.PENDING]
    assert pending == ["enforcement"]
    bench.office.clock.at = bench.office.clock.at.replace(hour=23)
    bench.decisions.settle()
    assert Undoing.PENDING not in {one.outcome for one in bench.decisions.outcomes(decision)}
    assert len(bench.party.undone) == 1


def test_undoing_waits_for_what_has_not_followed_yet_which_then_never_does(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.party.fails = 1
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert bench.party.undone == []
    bench.office.clock.at = bench.office.clock.at.replace(hour=23)
    while bench.decisions.settle():
        pass
    bench.office.clock.at = bench.office.clock.at.replace(hour=23, minute=50)
    bench.decisions.settle()
    assert (len(bench.party.followed), len(bench.party.undone)) == (0, 1)


def test_a_listing_that_still_runs_can_t_come_after_its_reversal(bench: Bench) -> None:
    """The worker that lists was slow: it has read the listing, and writes after the entries were taken back."""
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    (proposed,) = bench.decisions.proposals()
    bench.killed.approve_signals(DAVID, [proposed.id])
    bench.killed.reverse(LEAD, decision, "mistaken")
    bench.under().decisions.settle()
    bench.desk.lists.list(proposed)
    assert bench.listed("own-confirmed") == []


def test_a_party_that_had_nothing_to_undo_says_so(bench: Bench) -> None:
    _, decision = listed(bench)
    bench.party.outcomes = ()
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert ("enforcement", Undoing.NOTHING) in {(one.party, one.outcome) for one in bench.decisions.outcomes(decision)}
