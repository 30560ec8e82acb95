"""From a decision to measures, and back from a reversal, through the outbox that decisions use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cases.conftest import Office, account, digest, office_at
from tests.unit.cases.decisions.conftest import AMIRA, BORIS, CLARA, CSAM, LEAD, Bench, Party, rules

from safehold.cases import CaseId, CaseState, Origin, Person, Role, Subject
from safehold.cases.axes import Axes, HarmType, Realism
from safehold.cases.decisions import SYSTEM, BankLists, Decision, DecisionId, Decisions, Desk, Undoing
from safehold.cases.enforcement import Enforcement, Enforcements, EnforcementState, Measure, Order, Reason
from safehold.cases.enforcement.appeals import Appeals, AppealState, Filing, OwnWorkError
from safehold.cases.enforcement.following import EnforcementFollows
from safehold.matching import BankStore

from .conftest import ELI, FAY, Mirror

NCII = Axes(HarmType.NCII_ADULT, Realism.PHOTOGRAPHIC)
GROOMING = Axes(HarmType.GROOMING)


@dataclass
class Following:
    """An office in which measures follow from decisions."""

    office: Office
    bench: Bench
    enforcements: Enforcements
    party: EnforcementFollows

    def confirmed(self, *subjects: Subject, axes: Axes = CSAM) -> tuple[CaseId, DecisionId]:
        """Let one person confirm one item of a case."""
        case = self.office.opened(subjects[0] if subjects else account(), self.office.item(signals=(digest(),)))
        return case, self.said(case, axes=axes)

    def said(
        self, case: CaseId, *, axes: Axes = CSAM, number: int = 1, verdict: Decision = Decision.CONFIRM
    ) -> DecisionId:
        decision = self.bench.say(AMIRA, case, verdict, axes, number=number)
        self.bench.decisions.settle()
        return decision

    def measures(self, case: CaseId) -> Mapping[Measure, Enforcement]:
        return {one.measure: one for one in self.enforcements.of_case(case)}

    def reverse(self, decision: DecisionId) -> None:
        self.bench.decisions.reverse(LEAD, decision, "mistake")
        self.bench.decisions.settle()


Opening = Callable[..., Following]


@pytest.fixture
def opening(chosen_places: Any, tmp_path: Path, empty_home: Path) -> Opening:
    def opened(**changes: Any) -> Following:
        office = office_at(chosen_places, tmp_path, empty_home)
        database, obeyed, banks = office.home.database, rules(**changes), BankStore(office.home, office.ledger)
        enforcements = Enforcements(database, office.ledger, office.clock, obeyed.ladder)
        party = EnforcementFollows(database, enforcements, office.cases)
        desk = Desk(office.ledger, office.cases, office.queues, BankLists(banks), obeyed, (party,))
        decisions = Decisions(database, office.clock, desk)
        return Following(office, Bench(office, banks, Party(), desk, decisions), enforcements, party)

    return opened


@pytest.fixture
def following(opening: Opening) -> Following:
    return opening()


def test_measures_are_proposed_in_the_name_of_who_decided(following: Following) -> None:
    case, _ = following.confirmed()
    found = following.measures(case)
    assert set(found) == {Measure.STRIKE, Measure.BAN, Measure.REMOVE_CONTENT}
    assert {one.proposed_by for one in found.values()} == {"amira"}
    assert {one.state for one in found.values()} == {EnforcementState.PROPOSED}
    assert found[Measure.BAN].references == ("chk_0#0",)


def test_settling_again_proposes_nothing_again(following: Following) -> None:
    case, _ = following.confirmed()
    before = following.measures(case)
    following.bench.decisions.settle()
    assert following.measures(case) == before


def test_nothing_follows_from_what_is_no_violation(following: Following) -> None:
    case = following.office.opened()
    following.said(case, verdict=Decision.NOT_A_VIOLATION)
    assert following.measures(case) == {}


def test_what_a_trusted_hash_decides_is_removed_with_nobody_looking(following: Following) -> None:
    case = following.office.opened(account(), following.office.item(signals=(digest(),)))
    decided = following.bench.decisions.show(following.said(case))
    alone = replace(decided, id=DecisionId("dec_00000000000000000000"), person=SYSTEM, is_automatic=True)
    with following.office.home.database.writing() as connection:
        following.enforcements.undo(connection, f"{decided.id}:csam", actor="lead")
    following.party.follow(alone)
    found = {one.measure: one for one in following.enforcements.of_case(case) if one.cause.startswith(alone.id)}
    assert found[Measure.REMOVE_CONTENT].state is EnforcementState.IN_FORCE
    assert found[Measure.BAN].state is EnforcementState.PROPOSED


def test_what_follows_is_about_whom_each_item_came_from(following: Following) -> None:
    office = following.office
    case = office.opened(account("aa"), office.item(signals=(digest(),)))
    assert office.opened(account("bb"), office.item(signals=(digest(),))) == case, "an equal fingerprint joins them"
    following.said(case)
    assert office.cases.show(case).undecided == 0, "who decides one decides the identical one"
    subjects = {one.subject for one in following.enforcements.of_case(case) if one.measure is Measure.BAN}
    assert subjects == {account("aa"), account("bb")}


def test_records_of_a_dataset_belong_to_nobody(following: Following) -> None:
    office = following.office
    case = office.opened(account(), office.item("run_1#a", origin=Origin.DATASET, signals=(digest(),)))
    following.said(case)
    assert following.measures(case) == {}


def test_only_what_the_operator_knows_is_a_reference(following: Following) -> None:
    office = following.office
    case = office.opened(account(), office.item("hand_1", origin=Origin.HAND, signals=(digest(),)))
    following.said(case)
    assert following.measures(case)[Measure.BAN].references == ()


def test_a_reversal_takes_everything_back_and_says_what_became_of_it(following: Following) -> None:
    case, decision = following.confirmed(axes=NCII)
    for one in following.measures(case).values():
        if following.enforcements.show(one.id).applied_at is None:
            following.enforcements.apply(ELI, one.id)
    following.reverse(decision)
    assert {one.state for one in following.measures(case).values()} == {EnforcementState.LIFTED}
    outcomes = following.bench.decisions.outcomes(decision)
    told = {one.outcome for one in outcomes if one.party == "enforcement"}
    assert told == {Undoing.UNDONE}


def test_what_had_expired_is_told_to_stand(following: Following) -> None:
    case, decision = following.confirmed(axes=NCII)
    following.enforcements.apply(ELI, following.measures(case)[Measure.WARN].id)
    following.office.clock.at = following.office.clock.at.replace(year=2028)
    following.enforcements.expire_due()
    following.reverse(decision)
    told = {one.outcome for one in following.bench.decisions.outcomes(decision) if one.party == "enforcement"}
    assert told == {Undoing.STANDS, Undoing.UNDONE}


def test_a_decision_that_still_stands_proposes_what_the_reversed_one_had(following: Following) -> None:
    office = following.office
    case = office.opened(account(), office.item(signals=(digest("5a"),)), office.item(signals=(digest("5b"),)))
    first = following.said(case, axes=GROOMING)
    following.said(case, axes=GROOMING, number=2)
    assert len(following.enforcements.of_case(case)) == 2
    following.reverse(first)
    alive = [one for one in following.enforcements.of_case(case) if one.state is EnforcementState.PROPOSED]
    assert {one.measure for one in alive} == {Measure.STRIKE, Measure.SUSPEND}


def test_nobody_who_decided_at_any_time_decides_the_appeal(opening: Opening) -> None:
    following = opening(review__second__always=["ncii_adult"])
    case, _ = following.confirmed(axes=NCII)
    assert following.measures(case) == {}, "nothing follows before the second person"
    following.bench.say(CLARA, case, Decision.CONFIRM, NCII)
    following.bench.decisions.settle()
    warned = following.measures(case)[Measure.WARN]
    assert set(warned.people) == {"amira", "clara"}


def test_the_whole_way_from_a_decision_to_a_granted_appeal(following: Following) -> None:
    case, _ = following.confirmed(axes=NCII)
    warned = following.enforcements.apply(ELI, following.measures(case)[Measure.WARN].id)
    office = following.office
    appeals = Appeals(office.home.database, office.ledger, office.clock, following.enforcements, seals=Mirror())
    appeal = appeals.receive(Filing(warned.id, account(), "This was not me"), actor="website")
    appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE)
    assert following.enforcements.standing(account()).in_force == ()
    assert BORIS.name not in following.measures(case)[Measure.WARN].people


def test_the_content_of_every_account_in_a_joined_case_is_removed(following: Following) -> None:
    office = following.office
    case = office.opened(account("aa"), office.item(signals=(digest(),)))
    office.opened(account("bb"), office.item("chk_9#0", signals=(digest(),)))
    following.said(case)
    removed = [one for one in following.enforcements.of_case(case) if one.measure is Measure.REMOVE_CONTENT]
    assert {one.subject: one.references for one in removed} == {
        account("aa"): ("chk_0#0",),
        account("bb"): ("chk_9#0",),
    }
    following.bench.decisions.settle()
    assert len([one for one in following.enforcements.of_case(case) if one.measure is Measure.REMOVE_CONTENT]) == 2


def test_who_decided_the_case_takes_no_appeal_against_a_measure_by_hand_in_it(following: Following) -> None:
    case, decision = following.confirmed(axes=NCII)
    following.reverse(decision)
    ordered = following.enforcements.order(ELI, Order(Measure.LIMIT, account(), case, "ncii_adult"))
    assert ordered.people == ("amira",)
    office = following.office
    appeals = Appeals(office.home.database, office.ledger, office.clock, following.enforcements, seals=Mirror())
    appeal = appeals.receive(Filing(ordered.id, account(), "This was not me"), actor="website")
    with pytest.raises(OwnWorkError):
        appeals.take(Person("amira", frozenset({Role.ENFORCER})), appeal.id)
    assert appeals.take(FAY, appeal.id).taken_by == "fay"


def test_an_appeal_that_is_granted_for_a_mistake_escalates_the_case_whose_decision_stands(following: Following) -> None:
    case, decision = following.confirmed(axes=NCII)
    office = following.office
    appeals = Appeals(
        office.home.database, office.ledger, office.clock, following.enforcements, seals=Mirror(), cases=office.cases
    )
    warned = following.enforcements.apply(ELI, following.measures(case)[Measure.WARN].id)
    appeal = appeals.receive(Filing(warned.id, account(), "This was not me"), actor="website")
    decided = appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE)
    assert office.cases.show(case).state is CaseState.ESCALATED
    (event,) = office.events("appeal.decision_doubted")
    assert event.details == {"appeal": appeal.id, "case": case, "decision": decision}
    assert appeals.doubted(decided) == decision
    following.reverse(decision)
    assert appeals.doubted(decided) == "", "the lead has seen to it"


@pytest.mark.parametrize(
    ("outcome", "reason"), [(AppealState.GRANTED, Reason.NEW_FACTS), (AppealState.REDUCED, Reason.TOO_SEVERE)]
)
def test_an_appeal_that_finds_no_mistake_leaves_the_case_as_it_is(
    following: Following, outcome: AppealState, reason: Reason
) -> None:
    case, _ = following.confirmed(axes=NCII)
    office = following.office
    appeals = Appeals(
        office.home.database, office.ledger, office.clock, following.enforcements, seals=Mirror(), cases=office.cases
    )
    warned = following.enforcements.apply(ELI, following.measures(case)[Measure.WARN].id)
    appeal = appeals.receive(Filing(warned.id, account(), "This was not me"), actor="website")
    assert appeals.doubted(appeals.decide(FAY, appeal.id, outcome, reason)) == ""
    assert office.cases.show(case).state is CaseState.DECIDED
    assert office.events("appeal.decision_doubted") == []
