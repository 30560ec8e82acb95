from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from safehold.cases import Subject, SubjectKind
from safehold.cases.enforcement import (
    Cause,
    EnforcementFilter,
    EnforcementId,
    EnforcementNotAllowedError,
    EnforcementState,
    EnforcementUnknownError,
    Measure,
    Order,
    Reason,
    SecondPersonNeededError,
    Step,
    StepNotPossibleError,
    UnfitMeasureError,
)
from safehold.cases.enforcement.tables import enforcement_steps, enforcements

from .conftest import ACCOUNT, AMIRA, CASE, ELI, FAY, GUS, OTHER, OTHER_CASE, REVIEWER, Office

NONE = EnforcementId("enf_00000000000000000000")


def test_a_decision_proposes_what_the_ladder_says_and_nothing_comes_into_force(office: Office) -> None:
    made = office.decided("csam")
    assert set(made) == {Measure.STRIKE, Measure.BAN, Measure.REMOVE_CONTENT}
    assert {one.state for one in made.values()} == {EnforcementState.PROPOSED}
    assert office.enforcements.standing(ACCOUNT).in_force == ()
    assert office.told() == []


def test_the_same_decision_told_again_changes_nothing(office: Office) -> None:
    made = office.decided()
    events = len(list(office.ledger.events()))
    assert office.decided() == made
    assert len(list(office.ledger.events())) == events


def test_what_a_trusted_hash_decided_is_removed_at_once_and_nobody_is_cut_off(office: Office) -> None:
    made = office.decided("csam", is_by_hash=True)
    assert made[Measure.REMOVE_CONTENT].state is EnforcementState.IN_FORCE
    assert made[Measure.REMOVE_CONTENT].applied_by == "system"
    assert made[Measure.BAN].state is made[Measure.STRIKE].state is EnforcementState.PROPOSED


def test_what_is_applied_holds_until_its_days_are_over(office: Office) -> None:
    suspended = office.enforcements.apply(ELI, office.decided("grooming")[Measure.SUSPEND].id)
    standing = office.enforcements.standing(ACCOUNT)
    assert (standing.gravest, standing.strikes) == (Measure.SUSPEND, 1)
    office.wait(days=30)
    assert office.enforcements.standing(ACCOUNT).gravest is None, "whether or not a worker has noted it"
    assert office.enforcements.show(suspended.id).state is EnforcementState.IN_FORCE
    assert office.enforcements.expire_due() == 1
    assert office.enforcements.expire_due() == 0
    assert office.enforcements.show(suspended.id).state is EnforcementState.EXPIRED


def test_strikes_expire_and_the_ladder_begins_again(office: Office) -> None:
    office.in_force("ncii_adult", cause="dec_1", case=CASE)
    assert Measure.LIMIT in office.decided("ncii_adult", cause="dec_2", case=OTHER_CASE)
    office.wait(days=181)
    with office.home.database.writing() as connection:
        office.enforcements.undo(connection, "dec_2", actor="quinn")
    assert Measure.WARN in office.decided("ncii_adult", cause="dec_3", case=OTHER_CASE)


def test_strikes_that_are_proposed_count_too(office: Office) -> None:
    office.decided("ncii_adult", cause="dec_1", case=CASE)
    assert Measure.LIMIT in office.decided("ncii_adult", cause="dec_2", case=OTHER_CASE)


def test_who_decides_items_one_by_one_gives_one_strike(office: Office) -> None:
    office.in_force("ncii_adult", cause="dec_1")
    assert set(office.decided("ncii_adult", cause="dec_2")) == {Measure.REMOVE_CONTENT}
    assert set(office.decided("csam", cause="dec_3")) == {Measure.BAN, Measure.REMOVE_CONTENT}, "what is graver follows"


def test_nobodys_strikes_are_anybody_elses(office: Office) -> None:
    office.in_force("ncii_adult")
    assert Measure.WARN in office.decided("ncii_adult", cause="dec_2", subject=OTHER, case=OTHER_CASE)
    assert office.enforcements.standing(OTHER).strikes == 0


def test_a_strike_follows_its_measure(office: Office) -> None:
    made = office.decided("ncii_adult")
    office.enforcements.decline(ELI, made[Measure.WARN].id, Reason.MISTAKE)
    assert office.enforcements.show(made[Measure.STRIKE].id).state is EnforcementState.DECLINED
    assert office.enforcements.show(made[Measure.REMOVE_CONTENT].id).state is EnforcementState.PROPOSED


def test_lifting_takes_the_strike_back_unless_it_was_only_too_severe(office: Office) -> None:
    first = office.in_force("ncii_adult")
    office.enforcements.lift(ELI, first[Measure.WARN].id, Reason.TOO_SEVERE)
    assert office.enforcements.standing(ACCOUNT).strikes == 1
    second = office.in_force("ncii_adult", cause="dec_2", case=OTHER_CASE)
    office.enforcements.lift(ELI, second[Measure.LIMIT].id, Reason.MISTAKE)
    assert office.enforcements.standing(ACCOUNT).strikes == 1


def test_only_who_enforces_acts(office: Office) -> None:
    made = office.decided()[Measure.REMOVE_CONTENT].id
    for act in (
        lambda: office.enforcements.apply(REVIEWER, made),
        lambda: office.enforcements.decline(REVIEWER, made, Reason.MISTAKE),
        lambda: office.enforcements.lift(REVIEWER, made, Reason.MISTAKE),
        lambda: office.enforcements.order(REVIEWER, Order(Measure.WARN, ACCOUNT, CASE, "ncii_adult")),
    ):
        with pytest.raises(EnforcementNotAllowedError):
            act()


def test_nobody_bans_alone(office: Office) -> None:
    banned = office.enforcements.order(ELI, Order(Measure.BAN, ACCOUNT, CASE, "csam"))
    assert banned.state is EnforcementState.PROPOSED
    with pytest.raises(SecondPersonNeededError):
        office.enforcements.apply(ELI, banned.id)
    assert office.enforcements.apply(FAY, banned.id).state is EnforcementState.IN_FORCE


def test_nobody_lifts_a_ban_alone(office: Office) -> None:
    banned = office.in_force("csam")[Measure.BAN]
    asked = office.enforcements.lift(FAY, banned.id, Reason.NEW_FACTS)
    assert (asked.state, asked.lift_asked_by) == (EnforcementState.IN_FORCE, "fay")
    with pytest.raises(SecondPersonNeededError):
        office.enforcements.lift(FAY, banned.id, Reason.NEW_FACTS)
    lifted = office.enforcements.lift(GUS, banned.id, Reason.NEW_FACTS)
    assert (lifted.state, lifted.lift_asked_by) == (EnforcementState.LIFTED, "")


def test_what_was_asked_to_be_lifted_can_be_refused(office: Office) -> None:
    banned = office.in_force("csam")[Measure.BAN]
    with pytest.raises(StepNotPossibleError):
        office.enforcements.refuse_lift(GUS, banned.id)
    office.enforcements.lift(FAY, banned.id, Reason.MISTAKE)
    assert office.enforcements.refuse_lift(GUS, banned.id).lift_asked_by == ""
    assert office.enforcements.lift(GUS, banned.id, Reason.MISTAKE).lift_asked_by == "gus"


def test_one_person_alone_may_where_the_rules_say_so_and_every_event_says_it(lone_office: Office) -> None:
    banned = lone_office.enforcements.order(ELI, Order(Measure.BAN, ACCOUNT, CASE, "csam"))
    lone_office.enforcements.lift(ELI, banned.id, Reason.MISTAKE)
    for kind in ("enforcement.applied", "enforcement.lifted"):
        (found,) = lone_office.events(kind)
        assert found.event.details["single_operator"] is True


def test_a_second_click_changes_nothing(office: Office) -> None:
    removed = office.decided()[Measure.REMOVE_CONTENT].id
    office.enforcements.apply(ELI, removed)
    with pytest.raises(StepNotPossibleError):
        office.enforcements.apply(ELI, removed)
    office.enforcements.lift(ELI, removed, Reason.MISTAKE)
    with pytest.raises(StepNotPossibleError):
        office.enforcements.lift(ELI, removed, Reason.MISTAKE)
    assert len(office.events("enforcement.applied")) == len(office.events("enforcement.lifted")) == 1


def test_who_saw_an_older_version_changes_nothing(office: Office) -> None:
    made = office.decided()[Measure.REMOVE_CONTENT]
    with pytest.raises(StepNotPossibleError):
        office.enforcements.apply(ELI, made.id, seen=made.version + 1)
    office.enforcements.apply(ELI, made.id, seen=made.version)
    with pytest.raises(StepNotPossibleError):
        office.enforcements.lift(ELI, made.id, Reason.MISTAKE, seen=made.version)


@pytest.mark.parametrize(
    ("measure", "kind"),
    [
        (Measure.BAN, SubjectKind.MODEL),
        (Measure.HOLD_MODEL, SubjectKind.ACCOUNT),
        (Measure.STRIKE, SubjectKind.SESSION),
    ],
)
def test_a_measure_fits_what_it_is_taken_on(office: Office, measure: Measure, kind: SubjectKind) -> None:
    with pytest.raises(UnfitMeasureError):
        office.enforcements.order(ELI, Order(measure, Subject(kind, "0" * 32), CASE, "csam"))


def test_a_ground_is_one_word(office: Office) -> None:
    with pytest.raises(UnfitMeasureError):
        office.enforcements.order(ELI, Order(Measure.WARN, ACCOUNT, CASE, "what he wrote to me"))


def test_a_reversed_decision_takes_back_all_that_followed_and_can_be_decided_anew(office: Office) -> None:
    office.in_force("csam")
    office.decided("ncii_adult", cause="dec_9", case=OTHER_CASE)
    with office.home.database.writing() as connection:
        undone = office.enforcements.undo(connection, "dec_1", actor="quinn")
        assert office.enforcements.undo(connection, "dec_1", actor="quinn") == ()
    assert len(undone) == 3
    assert office.enforcements.standing(ACCOUNT).in_force == ()
    assert len(office.enforcements.list(EnforcementFilter(state=EnforcementState.PROPOSED)).enforcements) == 3
    assert Measure.BAN in office.decided("csam", cause="dec_2")


def test_a_decision_that_stands_gets_back_the_strike_that_another_one_had_counted(office: Office) -> None:
    office.in_force("ncii_adult", cause="dec_1")
    office.in_force("ncii_adult", cause="dec_2")
    with office.home.database.writing() as connection:
        office.enforcements.undo(connection, "dec_1", actor="quinn")
    assert set(office.decided("ncii_adult", cause="dec_2")) == {Measure.STRIKE, Measure.WARN, Measure.REMOVE_CONTENT}


def test_no_event_says_whom_it_is_about(office: Office) -> None:
    office.in_force("csam", people=("ben",))
    office.enforcements.lift(FAY, office.decided()[Measure.BAN].id, Reason.MISTAKE)
    told = repr(office.events("enforcement."))
    assert ACCOUNT.mark not in told
    assert "chk_1" not in told


def test_steps_are_numbered_without_gaps_and_told_once_each(office: Office) -> None:
    office.in_force("csam")
    with office.home.database.reading() as connection:
        numbers = connection.execute(sa.select(enforcement_steps.c.number).order_by("number")).scalars().all()
    assert numbers == list(range(1, 7))
    assert sorted(office.told()) == ["4", "5", "6"]
    assert office.told() == []


def test_a_system_that_polls_misses_nothing_and_sees_no_proposal(office: Office) -> None:
    office.decided("csam")
    assert office.enforcements.changes() == ()
    office.in_force("csam")
    first = office.enforcements.changes(limit=2)
    rest = office.enforcements.changes(first[-1].happened.number)
    assert [one.happened.step for one in (*first, *rest)] == [Step.APPLIED] * 3
    office.enforcements.lift(ELI, office.decided()[Measure.REMOVE_CONTENT].id, Reason.MISTAKE)
    (last,) = office.enforcements.changes(rest[-1].happened.number)
    assert (last.happened.step, last.enforcement.state) == (Step.LIFTED, EnforcementState.LIFTED)
    assert office.enforcements.change(last.happened.number) == last
    assert office.enforcements.change(99) is None


def test_a_system_says_that_it_obeyed_and_an_overtaken_word_changes_nothing(office: Office) -> None:
    removed = office.enforcements.apply(ELI, office.decided()[Measure.REMOVE_CONTENT].id)
    applied = office.enforcements.changes()[-1].happened.number
    assert office.enforcements.confirm(removed.id, actor="backend", step=applied + 1).carried_out_at is None
    assert office.enforcements.confirm(removed.id, actor="backend", step=applied).carried_out_at is not None
    office.enforcements.confirm(removed.id, actor="backend", step=applied)
    assert len(office.events("enforcement.carried_out")) == 1
    office.enforcements.lift(ELI, removed.id, Reason.MISTAKE)
    assert office.enforcements.confirm(removed.id, actor="backend", step=applied).carried_out_at is None


def test_a_list_is_read_page_by_page(either_office: Office) -> None:
    office = either_office
    for number in range(3):
        office.decided("csam", cause=f"dec_{number}", subject=Subject(SubjectKind.ACCOUNT, f"{number:032x}"))
        office.wait(seconds=number % 2)
    found, after = list[str](), None
    while True:
        page = office.enforcements.list(after=after, limit=4)
        found += [one.id for one in page.enforcements]
        after = page.next
        if after is None:
            break
    assert len(found) == len(set(found)) == 9
    bans = office.enforcements.list(EnforcementFilter(measure=Measure.BAN, case=CASE)).enforcements
    assert bans[0].subject.mark[-1] == "2"
    assert len(bans) == 3
    assert len(office.enforcements.of_case(CASE)) == 9


def test_a_measure_goes_its_whole_way(either_office: Office) -> None:
    office = either_office
    warned = office.in_force("ncii_adult")[Measure.WARN]
    assert office.enforcements.show(warned.id).references == ("chk_1#0",)
    office.enforcements.lift(ELI, warned.id, Reason.MISTAKE)
    steps = [(one.step, one.actor, one.reason) for one in office.enforcements.history(warned.id)]
    assert steps == [(Step.PROPOSED, AMIRA, ""), (Step.APPLIED, "eli", ""), (Step.LIFTED, "eli", "mistake")]
    office.wait(days=400)
    assert office.enforcements.expire_due() == 0


def test_of_several_at_once_one_lets_it_come_into_force(either_office: Office) -> None:
    made = either_office.decided()[Measure.REMOVE_CONTENT]

    def apply(_: int) -> bool:
        try:
            either_office.enforcements.apply(ELI, made.id)
        except StepNotPossibleError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(apply, range(4))) == 1


def test_what_is_not_there_is_said_to_be_unknown(office: Office) -> None:
    with pytest.raises(EnforcementUnknownError):
        office.enforcements.show(NONE)
    with pytest.raises(EnforcementUnknownError):
        office.enforcements.apply(ELI, NONE)
    assert office.enforcements.history(NONE) == []


def test_a_transaction_that_fails_leaves_nothing(office: Office) -> None:
    def propose_and_fail() -> None:
        told = Cause("dec_1", CASE, ACCOUNT, "csam", is_by_hash=True)
        with office.home.database.writing() as connection:
            office.enforcements.propose(connection, told, actor=AMIRA)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        propose_and_fail()
    assert office.enforcements.list().enforcements == ()
    assert office.told() == []
    assert office.events("enforcement.") == []


def test_where_a_fingerprint_decided_one_person_agrees_and_another_one_bans(office: Office) -> None:
    banned = office.decided("csam", actor="system", is_by_hash=True)[Measure.BAN]
    assert office.enforcements.waits_for_first(banned)
    agreed = office.enforcements.apply(ELI, banned.id)
    assert (agreed.state, agreed.applied_by) == (EnforcementState.PROPOSED, "")
    assert office.enforcements.standing(ACCOUNT).strikes == 0
    assert not office.enforcements.waits_for_first(agreed)
    with pytest.raises(SecondPersonNeededError):
        office.enforcements.apply(ELI, banned.id)
    with pytest.raises(StepNotPossibleError):
        office.enforcements.apply(FAY, banned.id, seen=banned.version)
    assert office.enforcements.apply(FAY, banned.id).state is EnforcementState.IN_FORCE
    steps = [(one.step, one.actor) for one in office.enforcements.history(banned.id)]
    assert steps == [(Step.PROPOSED, "system"), (Step.APPLY_ASKED, "eli"), (Step.APPLIED, "fay")]
    assert office.enforcements.standing(ACCOUNT).strikes == 1


def test_one_person_alone_bans_where_a_fingerprint_decided_only_where_the_rules_say_so(lone_office: Office) -> None:
    banned = lone_office.decided("csam", actor="system", is_by_hash=True)[Measure.BAN]
    assert lone_office.enforcements.apply(ELI, banned.id).state is EnforcementState.IN_FORCE
    (found,) = [one for one in lone_office.events("enforcement.applied") if one.event.details["measure"] == "ban"]
    assert found.event.details["single_operator"] is True


def test_nothing_is_removed_by_hand_that_nothing_names(office: Office) -> None:
    with pytest.raises(UnfitMeasureError, match="nothing to remove"):
        office.enforcements.order(ELI, Order(Measure.REMOVE_CONTENT, ACCOUNT, CASE, "csam"))
    named = Order(Measure.REMOVE_CONTENT, ACCOUNT, CASE, "csam", references=("chk_1#0",))
    assert office.enforcements.order(ELI, named).references == ("chk_1#0",)


def test_all_that_followed_in_a_case_is_named_however_much_that_is(office: Office) -> None:
    before = office.decided()
    with office.home.database.writing() as connection:
        known = connection.execute(sa.select(enforcements).limit(1)).mappings().one()
        more = [{**known, "id": f"enf_{number:020x}", "cause": f"dec_more-{number}"} for number in range(405)]
        connection.execute(sa.insert(enforcements), more)
    found = office.enforcements.of_case(CASE)
    assert len(found) == len({one.id for one in found}) == len(before) + 405
