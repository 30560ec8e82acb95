import datetime as dt

import pytest
import sqlalchemy as sa

from safehold.cases import CaseState, Form, ItemState, Priority
from safehold.cases.case import CaseId
from safehold.cases.errors import (
    CaseOvertakenError,
    UnfitTransitionError,
    UnfitWordError,
    UnknownCaseError,
    UnknownItemError,
    UnknownQueueError,
)
from safehold.cases.item import ItemId
from safehold.cases.tables import cases

from .conftest import Office, account


def moved(office: Office, case_id: CaseId, to: CaseState, *, seen: int | None = None) -> int:
    with office.home.database.writing() as connection:
        return office.cases.change_state(connection, case_id, to, seen=seen, actor="amira")


def test_a_case_is_decided_once_every_item_is(either_office: Office) -> None:
    office = either_office
    case = office.opened(None, office.item(), office.item())
    first, second = office.cases.items(case)
    assert office.mark(case, {first.id: ItemState.DECIDED}) == 2
    assert (office.cases.show(case).state, office.cases.show(case).undecided) == (CaseState.OPEN, 1)
    assert office.mark(case, {second.id: ItemState.SECOND_REVIEW}) == 3
    found = office.cases.show(case)
    assert (found.state, found.undecided, found.queue) == (CaseState.SECOND_REVIEW, 1, "second-review")
    assert office.mark(case, {second.id: ItemState.DECIDED}, actor="boris") == 4
    found = office.cases.show(case)
    assert (found.state, found.undecided, found.queue, found.version) == (CaseState.DECIDED, 0, "gateway", 4)
    assert [
        (event.actor, event.details["before"], event.details["after"]) for event in office.events("case.moved")
    ] == [
        ("amira", "open", "second_review"),
        ("boris", "second_review", "decided"),
    ]


def test_a_reversal_opens_a_case_again_even_a_closed_one(office: Office) -> None:
    case = office.opened()
    office.decide(case)
    assert moved(office, case, CaseState.CLOSED) == 3
    office.decide(case, ItemState.UNDECIDED)
    found = office.cases.show(case)
    assert (found.state, found.undecided) == (CaseState.OPEN, 1)
    assert office.opened() == case
    assert office.counted() == office.really_there()


def test_a_closed_case_that_opens_again_leaves_new_items_to_the_one_that_was_opened_meanwhile(office: Office) -> None:
    case = office.opened()
    office.decide(case)
    moved(office, case, CaseState.CLOSED)
    newer = office.opened()
    office.cases.escalate(case, "appeal", actor="clara")
    assert office.opened() == newer
    assert office.cases.show(case).state is CaseState.ESCALATED
    office.decide(newer)
    moved(office, newer, CaseState.CLOSED)
    assert office.opened() not in {case, newer}


@pytest.mark.parametrize("form", list(Form))
def test_whatever_a_case_holds_it_escalates(office: Office, form: Form) -> None:
    case = office.opened(None, office.item(form=form))
    assert office.cases.escalate(case, "unsure", actor="amira") == 2
    found = office.cases.show(case)
    assert (found.state, found.priority, found.queue) == (CaseState.ESCALATED, Priority.URGENT, "escalated")
    assert [event.kind for event in office.events()] == ["case.opened", "case.moved", "case.escalated"]


def test_escalating_again_is_recorded_and_can_make_it_more_urgent_but_not_less(office: Office) -> None:
    case = office.opened()
    office.cases.escalate(case, "danger_to_life", actor="amira", priority=Priority.DANGER)
    assert office.cases.escalate(case, "unsure", actor="boris", priority=Priority.LOW) == 3
    assert office.cases.show(case).priority is Priority.DANGER
    assert [event.details["reason"] for event in office.events("case.escalated")] == ["danger_to_life", "unsure"]


def test_an_escalated_case_stays_so_while_items_come_and_go(office: Office) -> None:
    case = office.opened()
    office.cases.escalate(case, "unsure", actor="amira")
    office.opened()
    first, second = office.cases.items(case)
    office.mark(case, {first.id: ItemState.DECIDED})
    assert office.cases.show(case).state is CaseState.ESCALATED
    office.mark(case, {second.id: ItemState.DECIDED})
    assert office.cases.show(case).state is CaseState.DECIDED


def test_what_was_seen_must_still_be_so(office: Office) -> None:
    case = office.opened()
    (item,) = office.cases.items(case)
    office.cases.assign(case, "boris", actor="lead", seen=1)
    before = office.cases.show(case), office.events()
    with pytest.raises(CaseOvertakenError), office.home.database.writing() as connection:
        office.cases.mark_items(connection, case, {item.id: ItemState.DECIDED}, seen=1, actor="amira")
    with pytest.raises(CaseOvertakenError):
        moved(office, case, CaseState.ESCALATED, seen=1)
    for change in (
        lambda: office.cases.assign(case, "amira", actor="lead", seen=1),
        lambda: office.cases.escalate(case, "unsure", actor="amira", seen=1),
        lambda: office.cases.prioritise(case, Priority.LOW, actor="lead", seen=1),
        lambda: office.cases.move(case, "others", actor="lead", seen=1),
    ):
        with pytest.raises(CaseOvertakenError):
            change()
    assert (office.cases.show(case), office.events()) == before


def test_what_an_item_is_already_it_can_not_become(office: Office) -> None:
    case = office.opened(None, office.item(), office.item())
    first, second = office.cases.items(case)
    office.mark(case, {first.id: ItemState.DECIDED})
    with pytest.raises(UnfitTransitionError):
        office.mark(case, {second.id: ItemState.DECIDED, first.id: ItemState.DECIDED})
    assert office.cases.item(second.id).state is ItemState.UNDECIDED
    with pytest.raises(UnfitTransitionError):
        office.mark(case, {})


def test_items_of_other_cases_are_not_decided_by_the_way(office: Office) -> None:
    ours, theirs = office.opened(account("aa")), office.opened(account("bb"))
    (item,) = office.cases.items(theirs)
    for wrong in (item.id, ItemId("item_0")):
        with pytest.raises(UnknownItemError):
            office.mark(ours, {wrong: ItemState.DECIDED})
    assert office.cases.item(item.id).state is ItemState.UNDECIDED


@pytest.mark.parametrize("to", [CaseState.OPEN, CaseState.DECIDED, CaseState.CLOSED, CaseState.SECOND_REVIEW])
def test_a_case_with_undecided_items_is_not_said_to_be_done(office: Office, to: CaseState) -> None:
    case = office.opened()
    with pytest.raises(UnfitTransitionError) as caught:
        moved(office, case, to)
    assert caught.value.advice
    assert office.cases.show(case).state is CaseState.OPEN


@pytest.mark.parametrize("missing", [CaseId("case_0"), CaseId("\0"), CaseId("\ud800")])
def test_a_case_that_is_not_there_is_said_so(office: Office, missing: CaseId) -> None:
    for change in (
        lambda: office.cases.show(missing),
        lambda: office.cases.assign(missing, "amira", actor="lead"),
        lambda: office.cases.escalate(missing, "unsure", actor="lead"),
        lambda: moved(office, missing, CaseState.CLOSED),
        lambda: office.mark(missing, {ItemId("item_0"): ItemState.DECIDED}),
    ):
        with pytest.raises(UnknownCaseError):
            change()
    assert office.cases.items(missing) == ()


def test_assigning_is_recorded_once_and_can_be_taken_back(office: Office) -> None:
    case = office.opened()
    assert office.cases.assign(case, "boris", actor="lead") == 2
    assert office.cases.assign(case, "boris", actor="lead") == 2
    assert office.cases.assign(case, "", actor="lead") == 3
    assert [event.details["to"] for event in office.events("case.assigned")] == ["boris", "nobody"]
    assert office.cases.show(case).assignee == ""


def test_sentences_do_not_reach_the_ledger(office: Office) -> None:
    case = office.opened()
    with pytest.raises(UnfitWordError):
        office.cases.assign(case, "somebody@example.org", actor="lead")
    with pytest.raises(UnfitWordError):
        office.cases.escalate(case, "", actor="lead")
    assert len(office.events()) == 1


def test_priority_and_queue_are_set_by_people(office: Office) -> None:
    case = office.opened()
    office.cases.prioritise(case, Priority.LOW, actor="lead")
    office.cases.move(case, "others", actor="lead")
    found = office.cases.show(case)
    assert (found.priority, found.queue) == (Priority.LOW, "others")
    office.cases.escalate(case, "unsure", actor="amira")
    assert office.cases.show(case).queue == "escalated"
    office.decide(case)
    assert office.cases.show(case).queue == "others"
    with pytest.raises(UnknownQueueError):
        office.cases.move(case, "nowhere", actor="lead")
    assert office.counted() == office.really_there()


def test_what_joins_a_case_overtakes_nobody_who_looked_at_the_rest(either_office: Office) -> None:
    office = either_office
    case = office.opened()
    (looked_at,) = office.cases.items(case)
    seen = office.cases.show(case).version
    for _ in range(3):
        office.opened()
    with office.home.database.writing() as connection:
        office.cases.mark_items(connection, case, {looked_at.id: ItemState.DECIDED}, seen=seen, actor="amira")
    found = office.cases.show(case)
    assert (found.state, found.items, found.undecided) == (CaseState.OPEN, 4, 3)
    with pytest.raises(CaseOvertakenError), office.home.database.writing() as connection:
        office.cases.mark_items(connection, case, {looked_at.id: ItemState.UNDECIDED}, seen=seen, actor="boris")


def test_every_change_raises_the_version_and_says_when(office: Office) -> None:
    case = office.opened()
    for version, change in enumerate(
        (
            lambda: office.cases.assign(case, "boris", actor="lead"),
            lambda: office.cases.escalate(case, "unsure", actor="boris"),
            lambda: office.decide(case),
            lambda: moved(office, case, CaseState.CLOSED),
        ),
        start=2,
    ):
        office.clock.at += dt.timedelta(minutes=1)
        change()
        found = office.cases.show(case)
        assert (found.version, found.changed_at) == (version, office.clock.at)


def test_what_was_decided_a_while_ago_is_closed_by_itself_and_nothing_else(office: Office) -> None:
    old, waiting = office.opened(account("01")), office.opened(account("02"))
    office.decide(old)
    office.clock.at += dt.timedelta(days=13)
    young = office.opened(account("03"))
    office.decide(young)
    office.clock.at += dt.timedelta(days=1, seconds=1)
    assert [office.cases.close_settled(actor="system") for _ in range(2)] == [1, 0]
    states = [office.cases.show(one).state for one in (old, waiting, young)]
    assert states == [CaseState.CLOSED, CaseState.OPEN, CaseState.DECIDED]
    assert office.events("case.moved")[-1].actor == "system"
    assert office.counted() == office.really_there()
    assert office.opened(account("01")) != old


def test_what_was_escalated_with_nothing_left_is_closed_in_time_once_it_is_attended_to(office: Office) -> None:
    attended, forgotten, waiting = (office.opened(account(name)) for name in ("01", "02", "03"))
    for case in (attended, forgotten):
        office.decide(case)
    for case in (attended, forgotten, waiting):
        office.cases.escalate(case, "appeal", actor="amira")
    assert office.cases.attended(attended, actor="clara")
    assert not office.cases.attended(attended, actor="clara")
    assert not office.cases.attended(waiting, actor="clara", keeps_undecided=True)
    assert office.cases.show(attended).state is CaseState.DECIDED
    office.clock.at += dt.timedelta(days=15)
    assert office.cases.close_settled(actor="system") == 1
    assert [office.cases.show(one).state for one in (forgotten, waiting)] == [CaseState.ESCALATED] * 2
    assert office.cases.attended(waiting, actor="clara")
    assert office.cases.show(waiting).state is CaseState.OPEN
    assert office.counted() == office.really_there()


def test_what_was_given_to_somebody_who_is_gone_is_anybodys(office: Office) -> None:
    mine, others = office.opened(account("01")), office.opened(account("02"))
    office.cases.assign(mine, "amira", actor="lead")
    office.cases.assign(others, "boris", actor="lead")
    assert [office.cases.free("amira", actor="admin") for _ in range(2)] == [1, 0]
    assert [office.cases.show(one).assignee for one in (mine, others)] == ["", "boris"]
    assert office.cases.free("", actor="admin") == 0


def test_two_open_cases_of_one_subject_are_refused_by_the_database_itself(either_office: Office) -> None:
    row = {"id": "case_2", "open_subject": f"account:{account().mark}"}
    either_office.opened()
    with either_office.home.database.reading() as connection:
        found = connection.execute(sa.select(cases)).mappings().one()
    with pytest.raises(sa.exc.IntegrityError), either_office.home.database.writing() as connection:
        connection.execute(sa.insert(cases), {**found, **row})
