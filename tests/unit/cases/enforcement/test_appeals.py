from concurrent.futures import ThreadPoolExecutor

import pytest

from safehold.cases.enforcement import EnforcementId, EnforcementState, Measure, Order, Reason, Step
from safehold.cases.enforcement.appeals import (
    LONGEST_STATEMENT,
    AppealNotAllowedError,
    AppealNotPossibleError,
    Appeals,
    AppealState,
    AppealTakenError,
    AppealUnknownError,
    AppealUnreadableError,
    AppealUnsealedError,
    Filing,
    OwnWorkError,
)

from .conftest import ACCOUNT, CASE, ELI, FAY, GUS, OTHER, REVIEWER, Office

NONE = EnforcementId("enf_00000000000000000000")


def warned(office: Office) -> EnforcementId:
    return office.in_force("ncii_adult")[Measure.WARN].id


def test_an_appeal_is_sealed_has_a_clock_and_is_recorded_without_its_words(office: Office) -> None:
    appeal = office.appealed(warned(office))
    assert (appeal.due_at - appeal.received_at).days == 14
    assert b"I was not there" in office.appeals.statement(FAY, appeal.id)[::-1]
    assert "not there" not in repr(list(office.ledger.events()))
    assert [entry.event.kind for entry in office.events("appeal.")] == ["appeal.received", "appeal.read"]


def test_nobody_appeals_for_somebody_else_or_finds_out_about_them(office: Office) -> None:
    measure = warned(office)
    answers = []
    for enforcement, subject in ((measure, OTHER), (NONE, ACCOUNT)):
        with pytest.raises(AppealUnknownError) as caught:
            office.appealed(enforcement, subject)
        answers.append((str(caught.value), caught.value.advice))
    assert answers[0] == answers[1]


def test_what_is_only_proposed_can_not_be_found_by_appealing(office: Office) -> None:
    with pytest.raises(AppealUnknownError):
        office.appealed(office.decided("ncii_adult")[Measure.WARN].id)


def test_one_appeal_at_a_time_and_two_in_all(office: Office) -> None:
    measure = warned(office)
    first = office.appealed(measure)
    with pytest.raises(AppealNotPossibleError, match="looked at"):
        office.appealed(measure)
    office.appeals.decide(FAY, first.id, AppealState.UPHELD, Reason.NEW_FACTS)
    second = office.appealed(measure)
    with pytest.raises(OwnWorkError):
        office.appeals.decide(FAY, second.id, AppealState.GRANTED, Reason.NEW_FACTS)
    office.appeals.decide(GUS, second.id, AppealState.UPHELD, Reason.NEW_FACTS)
    with pytest.raises(AppealNotPossibleError, match="as often"):
        office.appealed(measure)


def test_an_appeal_comes_in_time(office: Office) -> None:
    measure = warned(office)
    office.wait(days=185)
    with pytest.raises(AppealNotPossibleError, match="over"):
        office.appealed(measure)


def test_an_appeal_against_what_has_expired_is_heard_and_one_against_what_was_lifted_is_not_needed(
    office: Office,
) -> None:
    measure = office.enforcements.order(ELI, Order(Measure.LIMIT, ACCOUNT, CASE, "ncii_adult", days=1)).id
    office.wait(days=2)
    office.enforcements.expire_due()
    assert office.appealed(measure).is_open
    other = warned(office)
    office.enforcements.lift(ELI, other, Reason.MISTAKE)
    with pytest.raises(AppealNotPossibleError, match="lifted"):
        office.appealed(other)


@pytest.mark.parametrize("statement", ["", "  \n", "x" * (LONGEST_STATEMENT + 1)])
def test_a_statement_says_something_that_can_be_read(office: Office, statement: str) -> None:
    with pytest.raises(AppealUnreadableError):
        office.appeals.receive(Filing(warned(office), ACCOUNT, statement), actor="website")


def test_nothing_is_taken_that_can_not_be_sealed(office: Office) -> None:
    measure = warned(office)
    unsealed = Appeals(office.home.database, office.ledger, office.clock, office.enforcements, seals=None)
    with pytest.raises(AppealUnsealedError, match="sealed"):
        unsealed.receive(Filing(measure, ACCOUNT, "I was not there"), actor="website")
    assert office.appeals.list() == []


@pytest.mark.parametrize("name", ["amira", "eli", "ben"])
def test_nobody_decides_an_appeal_against_their_own_work(office: Office, name: str) -> None:
    appeal = office.appealed(office.in_force("ncii_adult", people=("ben",))[Measure.WARN].id)
    person = type(FAY)(name, FAY.roles)
    for act in (
        lambda: office.appeals.take(person, appeal.id),
        lambda: office.appeals.decide(person, appeal.id, AppealState.GRANTED, Reason.MISTAKE),
    ):
        with pytest.raises(OwnWorkError):
            act()
    assert office.appeals.next(person) is None


def test_only_who_decides_appeals_reads_or_decides_them(office: Office) -> None:
    appeal = office.appealed(warned(office)).id
    for act in (
        lambda: office.appeals.take(REVIEWER, appeal),
        lambda: office.appeals.next(REVIEWER),
        lambda: office.appeals.statement(REVIEWER, appeal),
        lambda: office.appeals.decide(REVIEWER, appeal, AppealState.GRANTED, Reason.MISTAKE),
    ):
        with pytest.raises(AppealNotAllowedError):
            act()


def test_two_people_never_look_at_the_same_appeal_until_one_has_gone(office: Office) -> None:
    appeal = office.appealed(warned(office)).id
    office.appeals.take(FAY, appeal)
    office.appeals.take(FAY, appeal)
    with pytest.raises(AppealTakenError):
        office.appeals.take(GUS, appeal)
    with pytest.raises(AppealTakenError):
        office.appeals.decide(GUS, appeal, AppealState.UPHELD, Reason.MISTAKE)
    assert office.appeals.next(GUS) is None
    office.wait(minutes=60)
    assert office.appeals.take(GUS, appeal).taken_by == "gus"
    office.appeals.give_back(FAY, appeal)
    assert office.appeals.show(appeal).taken_by == "gus"
    office.appeals.give_back(GUS, appeal)
    assert office.appeals.take(FAY, appeal).taken_by == "fay"


def test_who_asks_for_the_next_gets_what_is_due_first(office: Office) -> None:
    first = office.appealed(warned(office))
    office.wait(hours=1)
    ordered = office.enforcements.order(GUS, Order(Measure.LIMIT, OTHER, CASE, "ncii_adult"))
    second = office.appealed(ordered.id, OTHER)
    assert office.appeals.next(GUS) == office.appeals.show(first.id)
    found = office.appeals.next(FAY)
    assert found is not None
    assert found.id == second.id


def test_what_is_granted_is_lifted_with_all_that_followed_from_the_same_decision(office: Office) -> None:
    made = office.in_force("csam")
    appeal = office.appealed(made[Measure.BAN].id)
    office.appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE)
    assert office.enforcements.standing(ACCOUNT).in_force == ()
    assert {office.enforcements.show(one.id).state for one in made.values()} == {EnforcementState.LIFTED}
    assert not office.appeals.show(appeal.id).is_open


def test_what_is_reduced_is_lifted_alone(office: Office) -> None:
    made = office.in_force("csam")
    appeal = office.appealed(made[Measure.BAN].id)
    office.appeals.decide(FAY, appeal.id, AppealState.REDUCED, Reason.TOO_SEVERE)
    standing = office.enforcements.standing(ACCOUNT)
    assert (standing.gravest, standing.strikes, len(standing.in_force)) == (None, 1, 2)


def test_what_is_upheld_stays_and_the_operator_is_told(office: Office) -> None:
    measure = warned(office)
    appeal = office.appealed(measure)
    before = office.enforcements.show(measure)
    office.appeals.decide(FAY, appeal.id, AppealState.UPHELD, Reason.NEW_FACTS)
    after = office.enforcements.show(measure)
    assert (after.state, after.carried_out_at) == (before.state, before.carried_out_at)
    assert office.enforcements.changes()[-1].happened.step is Step.APPEAL_DECIDED


def test_an_appeal_is_decided_once(office: Office) -> None:
    appeal = office.appealed(warned(office)).id
    office.appeals.decide(FAY, appeal, AppealState.UPHELD, Reason.NEW_FACTS)
    with pytest.raises(AppealNotPossibleError):
        office.appeals.decide(GUS, appeal, AppealState.GRANTED, Reason.MISTAKE)
    assert len(office.events("appeal.decided")) == 1


def test_who_saw_an_older_version_decides_nothing(office: Office) -> None:
    appeal = office.appealed(warned(office))
    with pytest.raises(AppealNotPossibleError):
        office.appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE, seen=appeal.version + 1)
    with pytest.raises(AppealNotPossibleError):
        office.appeals.decide(FAY, appeal.id, AppealState.RECEIVED, Reason.MISTAKE)


def test_a_late_decision_says_so(office: Office) -> None:
    appeal = office.appealed(warned(office)).id
    office.wait(days=15)
    assert office.appeals.show(appeal).is_overdue(office.clock.at)
    office.appeals.decide(FAY, appeal, AppealState.UPHELD, Reason.NEW_FACTS)
    assert office.events("appeal.decided")[0].event.details["late"] is True


def test_what_was_written_is_forgotten_a_while_after_the_decision(office: Office) -> None:
    appeal = office.appealed(warned(office)).id
    office.wait(days=400)
    assert office.appeals.forget() == 0, "nobody has decided"
    office.appeals.decide(FAY, appeal, AppealState.UPHELD, Reason.NEW_FACTS)
    office.wait(days=181)
    assert office.appeals.forget() == 1
    assert office.appeals.forget() == 0
    assert office.appeals.statement(FAY, appeal) == b""
    assert not office.appeals.show(appeal).has_statement


def test_one_person_alone_may_where_the_rules_say_so_and_the_event_says_it(lone_office: Office) -> None:
    appeal = lone_office.appealed(warned(lone_office)).id
    lone_office.appeals.decide(ELI, appeal, AppealState.GRANTED, Reason.MISTAKE)
    assert lone_office.events("appeal.decided")[0].event.details["single_operator"] is True


def test_an_appeal_goes_its_whole_way(either_office: Office) -> None:
    office = either_office
    measure = warned(office)
    appeal = office.appealed(measure)
    assert [one.id for one in office.appeals.list()] == [appeal.id]
    office.appeals.take(FAY, appeal.id)
    office.appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE)
    assert office.appeals.list() == []
    assert [one.state for one in office.appeals.list(with_decided=True)] == [AppealState.GRANTED]
    assert [one.id for one in office.appeals.against(measure)] == [appeal.id]
    office.wait(days=200)
    assert office.appeals.forget() == 1


def test_of_several_at_once_one_decides(either_office: Office) -> None:
    appeal = either_office.appealed(warned(either_office)).id

    def decide(_: int) -> bool:
        try:
            either_office.appeals.decide(FAY, appeal, AppealState.GRANTED, Reason.MISTAKE)
        except AppealNotPossibleError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(decide, range(4))) == 1


def test_what_is_granted_to_one_account_lifts_nothing_of_another_one(office: Office) -> None:
    mine = office.in_force("csam")
    office.in_force("csam", subject=OTHER)
    both = office.enforcements.standing(OTHER).in_force
    appeal = office.appealed(mine[Measure.BAN].id)
    office.appeals.decide(FAY, appeal.id, AppealState.GRANTED, Reason.MISTAKE)
    assert office.enforcements.standing(ACCOUNT).in_force == ()
    assert office.enforcements.standing(OTHER).in_force == both
    assert {one.measure for one in both} == {Measure.STRIKE, Measure.BAN, Measure.REMOVE_CONTENT}


def test_who_agreed_to_what_a_fingerprint_decided_takes_no_appeal_against_it(office: Office) -> None:
    banned = office.decided("csam", actor="system", is_by_hash=True)[Measure.BAN]
    office.enforcements.apply(ELI, banned.id)
    office.enforcements.apply(FAY, banned.id)
    appeal = office.appealed(banned.id)
    for person in (ELI, FAY):
        with pytest.raises(OwnWorkError):
            office.appeals.take(person, appeal.id)
    assert office.appeals.take(GUS, appeal.id).taken_by == "gus"
