import datetime as dt
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from safehold.cases import CaseState, Form, ItemState, Origin, Person, Priority, Role, Subject, SubjectKind
from safehold.cases.case import CaseId
from safehold.cases.errors import (
    ClaimedError,
    ClaimLostError,
    NotForThemError,
    UnfitWordError,
    UnknownCaseError,
    UnknownQueueError,
)
from safehold.cases.exposure import Allowance, Dose, OptedOutError, OptOut, Rest, RestDueError, RestKind
from safehold.cases.queues import QUEUES, Claim, QueueDefinition, Queues
from safehold.cases.queues.definition import LEASE_SECONDS, first_queue
from safehold.cases.queues.queues import PASSED_SECONDS
from safehold.cases.store import CaseStore
from safehold.vocabulary import Seconds

from .conftest import AMIRA, BORIS, CLARA, DAVID, NOW, Office, account

NOTHING_LEFT = Dose(0, Seconds(0.0))


@dataclass
class Told:
    """Says of everybody what the test says."""

    rest: Rest | None = None
    opt_outs: tuple[OptOut, ...] = ()

    def allowance(self, person: Person, now: dt.datetime | None = None) -> Allowance:
        del person, now
        return Allowance(NOTHING_LEFT, NOTHING_LEFT, NOTHING_LEFT, self.rest, self.opt_outs)


def ruled(office: Office, *queues: QueueDefinition) -> Office:
    """Return an office of the same home where the rules name these queues before the shipped ones."""
    mine, home = (*queues, *QUEUES), office.home
    cases = CaseStore(home.database, office.ledger, office.clock, queues=mine)
    return replace(office, cases=cases, queues=Queues(home.database, office.ledger, office.clock, queues=mine))


def queues_of(office: Office, told: Told) -> Queues:
    return Queues(office.home.database, office.ledger, office.clock, wellbeing=told)


def given(claim: Claim | None) -> CaseId:
    assert claim is not None
    return claim.case


def test_the_most_urgent_case_comes_first_then_the_one_due_then_the_oldest(office: Office) -> None:
    late = office.opened(account("01"))
    office.clock.at += dt.timedelta(minutes=1)
    later = office.opened(account("02"))
    due = office.opened(account("03"), due_at=NOW + dt.timedelta(days=2))
    sooner = office.opened(account("04"), due_at=NOW + dt.timedelta(days=1))
    urgent = office.opened(account("05"), priority=Priority.URGENT)
    low = office.opened(account("06"), priority=Priority.LOW, due_at=NOW)
    people = [Person(f"reviewer-{n}", frozenset({Role.REVIEWER})) for n in range(6)]
    assert [given(office.queues.next(person, "gateway")) for person in people] == [
        *(urgent, sooner, due, late, later, low)
    ]
    assert office.queues.next(AMIRA, "gateway") is None


def test_a_claim_is_an_event_and_can_be_seen(office: Office) -> None:
    case = office.opened()
    claim = office.queues.next(AMIRA, "gateway")
    assert claim == office.queues.held_by(case)
    assert office.queues.claims() == office.queues.claims("amira") == (claim,)
    assert office.queues.claims("boris") == ()
    assert office.events("case.claimed")[0].details == {"case": case, "queue": "gateway", "version": 1}


def test_whoever_holds_a_case_is_given_that_one_again(office: Office) -> None:
    for name in ("01", "02"):
        office.opened(account(name))
    first = office.queues.next(AMIRA, "gateway")
    office.clock.at += dt.timedelta(minutes=1)
    again = office.queues.next(AMIRA, "gateway")
    assert first is not None
    assert again is not None
    assert (again.case, again.lease) == (first.case, first.lease)
    assert again.expires_at == first.expires_at + dt.timedelta(minutes=1)
    assert len(office.events("case.claimed")) == 1
    assert office.queues.claim(first.case, AMIRA).lease == first.lease


def test_nobody_else_can_claim_what_somebody_holds(office: Office) -> None:
    case = office.opened()
    claim = office.queues.claim(case, AMIRA)
    with pytest.raises(ClaimedError) as caught:
        office.queues.claim(case, BORIS)
    assert caught.value.until == claim.expires_at
    assert "amira" not in f"{caught.value}{caught.value.advice}"
    assert office.queues.next(BORIS, "gateway") is None


def test_a_claim_ends_by_itself_to_the_microsecond(either_office: Office) -> None:
    case = either_office.opened()
    lost = either_office.queues.claim(case, AMIRA)
    either_office.clock.at = lost.expires_at - dt.timedelta(microseconds=1)
    with pytest.raises(ClaimedError):
        either_office.queues.claim(case, BORIS)
    either_office.clock.at = lost.expires_at
    assert either_office.queues.claims() == ()
    assert either_office.queues.held_by(case) is None
    assert given(either_office.queues.next(BORIS, "gateway")) == case
    with pytest.raises(ClaimLostError):
        either_office.queues.renew(lost)
    with pytest.raises(ClaimLostError):
        either_office.queues.give_back(lost, "unsure")
    with pytest.raises(ClaimLostError), either_office.home.database.writing() as connection:
        either_office.queues.finish(connection, lost)


def test_renewing_keeps_a_claim(office: Office) -> None:
    claim = office.queues.claim(office.opened(), AMIRA)
    for _ in range(3):
        office.clock.at += dt.timedelta(seconds=LEASE_SECONDS - 1)
        claim = office.queues.renew(claim)
    with pytest.raises(ClaimedError):
        office.queues.claim(claim.case, BORIS)


def test_a_late_sign_of_life_is_welcome_while_nobody_else_has_the_case(office: Office) -> None:
    claim = office.queues.claim(office.opened(), AMIRA)
    office.clock.at = claim.expires_at + dt.timedelta(hours=1)
    with pytest.raises(ClaimLostError), office.home.database.writing() as connection:
        office.queues.require(connection, claim)
    assert office.queues.renew(claim).expires_at > office.clock.at


def test_what_was_given_back_goes_to_others_and_not_to_the_same_person_that_day(either_office: Office) -> None:
    case = either_office.opened()
    claim = either_office.queues.claim(case, AMIRA)
    either_office.queues.give_back(claim, "unsure")
    assert either_office.events("case.given_back")[0].details == {"case": case, "reason": "unsure"}
    assert either_office.queues.next(AMIRA, "gateway") is None
    assert given(either_office.queues.next(BORIS, "gateway")) == case
    either_office.clock.at += dt.timedelta(seconds=PASSED_SECONDS)
    assert given(either_office.queues.next(AMIRA, "gateway")) == case


def test_somebody_can_still_choose_what_they_gave_back(office: Office) -> None:
    case = office.opened()
    office.queues.give_back(office.queues.claim(case, AMIRA), "unsure")
    again = office.queues.claim(case, AMIRA)
    office.queues.give_back(again, "unsure")
    assert office.queues.held_by(case) is None


def test_a_sentence_is_no_reason(office: Office) -> None:
    claim = office.queues.claim(office.opened(), AMIRA)
    with pytest.raises(UnfitWordError):
        office.queues.give_back(claim, "it was too much for me")
    assert office.queues.held_by(claim.case) == claim


def test_who_decided_first_never_looks_a_second_time(office: Office) -> None:
    case = office.opened()
    both = replace(CLARA, roles=frozenset({Role.REVIEWER, Role.SPECIALIST}))
    claim = office.queues.claim(case, both)
    with office.home.database.writing() as connection:
        states = {item.id: ItemState.SECOND_REVIEW for item in office.cases.items(case)}
        office.cases.mark_items(connection, case, states, seen=1, actor=both.name)
        office.queues.keep_from(connection, case, [both.name])
        office.queues.keep_from(connection, case, [both.name])
        office.queues.finish(connection, claim)
    assert office.cases.show(case).queue == "second-review"
    assert office.queues.next(both, "second-review") is None
    with pytest.raises(NotForThemError, match="first"):
        office.queues.claim(case, both)
    assert given(office.queues.next(DAVID, "second-review")) == case


def test_roles_decide_who_is_given_what(office: Office) -> None:
    case = office.opened()
    office.cases.escalate(case, "unsure", actor="amira")
    auditor = Person("erik", frozenset({Role.AUDITOR, Role.ENFORCER}))
    with pytest.raises(NotForThemError, match="roles"):
        office.queues.next(AMIRA, "escalated")
    with pytest.raises(NotForThemError, match="roles"):
        office.queues.claim(case, AMIRA)
    with pytest.raises(NotForThemError, match="roles"):
        office.queues.next(auditor, "gateway")
    assert given(office.queues.next(CLARA, "escalated")) == case
    assert [queue.name for queue in office.queues.definitions(AMIRA)] == ["reports", "gateway", "datasets", "others"]
    assert office.queues.definitions(auditor) == ()
    assert office.queues.definitions() == QUEUES


@pytest.mark.parametrize("chosen", [True, False])
def test_a_specialist_need_not_wait_for_who_held_a_case_before_it_was_escalated(office: Office, chosen: bool) -> None:
    case = office.opened()
    before = office.queues.claim(case, AMIRA)
    office.cases.escalate(case, "danger_to_life", actor="amira", priority=Priority.DANGER)
    assert office.queues.renew(before).person == "amira"
    taken = office.queues.claim(case, CLARA) if chosen else office.queues.next(CLARA, "danger")
    assert given(taken) == case
    with pytest.raises(ClaimLostError):
        office.queues.renew(before)
    with pytest.raises(ClaimedError):
        office.queues.claim(case, DAVID)


def test_who_held_a_case_before_it_was_escalated_takes_it_anew_like_everybody(office: Office) -> None:
    both = replace(CLARA, roles=frozenset({Role.REVIEWER, Role.SPECIALIST}))
    case = office.opened()
    before = office.queues.claim(case, both)
    office.cases.escalate(case, "unsure", actor=both.name)
    again = office.queues.next(both, "escalated")
    assert again is not None
    assert (again.case, again.queue) == (case, "escalated")
    assert again.lease != before.lease
    with pytest.raises(ClaimedError):
        office.queues.claim(case, DAVID)


def test_an_assigned_case_is_for_one_person(office: Office) -> None:
    case = office.opened()
    office.cases.assign(case, "boris", actor="lead")
    assert office.queues.next(AMIRA, "gateway") is None
    with pytest.raises(ClaimedError, match="given to somebody else"):
        office.queues.claim(case, AMIRA)
    assert given(office.queues.next(BORIS, "gateway")) == case


def test_an_assigned_case_that_goes_on_to_others_is_theirs(office: Office) -> None:
    for name, further in (("01", CaseState.ESCALATED), ("02", CaseState.SECOND_REVIEW)):
        case = office.opened(account(name))
        office.cases.assign(case, "boris", actor="lead")
        if further is CaseState.ESCALATED:
            office.cases.escalate(case, "unsure", actor="boris")
        else:
            office.decide(case, ItemState.SECOND_REVIEW, actor="boris")
        assert office.cases.show(case).assignee == ""
        assert office.queues.claim(case, CLARA).case == case


def test_a_case_keeps_who_it_was_given_to_while_it_waits_where_they_work(office: Office) -> None:
    case = office.opened()
    office.cases.assign(case, "boris", actor="lead")
    office.opened()
    office.cases.move(case, "others", actor="lead")
    assert office.cases.show(case).assignee == "boris"
    office.cases.prioritise(case, Priority.DANGER, actor="lead")
    assert (office.cases.show(case).assignee, office.cases.show(case).queue) == ("", "danger")


def test_what_waits_for_nobody_can_not_be_claimed(office: Office) -> None:
    case = office.opened()
    office.decide(case)
    assert office.queues.next(BORIS, "gateway") is None
    with pytest.raises(NotForThemError, match="waits"):
        office.queues.claim(case, BORIS)


def test_what_is_not_there_is_said_so(office: Office) -> None:
    with pytest.raises(UnknownCaseError):
        office.queues.claim(CaseId("case_0"), AMIRA)
    with pytest.raises(UnknownQueueError, match="no queue"):
        office.queues.next(AMIRA, "nowhere")


def test_who_is_to_rest_is_told_kindly_and_until_when(office: Office) -> None:
    case, until = office.opened(), NOW + dt.timedelta(minutes=20)
    resting = queues_of(office, Told(Rest(RestKind.BREAK, until)))
    for ask in (lambda: resting.next(AMIRA, "gateway"), lambda: resting.claim(case, AMIRA)):
        with pytest.raises(RestDueError) as caught:
            ask()
        assert caught.value.until == until
        assert "Thank you" in caught.value.advice


def test_no_rest_stands_in_the_way_of_danger_to_life(office: Office) -> None:
    case = office.opened()
    office.cases.escalate(case, "danger_to_life", actor="amira", priority=Priority.DANGER)
    resting = queues_of(office, Told(Rest(RestKind.DAY, NOW + dt.timedelta(hours=12))))
    assert given(resting.next(CLARA, "danger")) == case


def test_what_somebody_opted_out_of_is_not_given_to_them(office: Office) -> None:
    office.opened(account("01"), office.item(form=Form.IMAGE), office.item(form=Form.TEXT))
    text = office.opened(account("02"), office.item(form=Form.TEXT))
    choosing = queues_of(office, Told(opt_outs=(OptOut(Form.IMAGE),)))
    assert given(choosing.next(AMIRA, "gateway")) == text
    assert choosing.next(BORIS, "gateway") is None


def test_a_whole_queue_can_be_opted_out_of(office: Office) -> None:
    case = office.opened()
    choosing = queues_of(office, Told(opt_outs=(OptOut(queue="gateway"),)))
    with pytest.raises(OptedOutError):
        choosing.next(AMIRA, "gateway")
    with pytest.raises(OptedOutError):
        choosing.claim(case, AMIRA)
    assert [queue.name for queue in choosing.definitions(AMIRA)] == ["reports", "datasets", "others"]


def test_two_reviewers_never_hold_the_same_case_however_many_ask_at_once(either_office: Office) -> None:
    office, number = either_office, 12
    for n in range(number):
        office.opened(account(f"{n:02x}"))
    people = [Person(f"reviewer-{n}", frozenset({Role.REVIEWER})) for n in range(5)]
    begin = threading.Barrier(len(people))

    def work(person: Person) -> list[CaseId]:
        begin.wait()
        taken = []
        while (claim := office.queues.next(person, "gateway")) is not None:
            taken.append(claim.case)
            with office.home.database.writing() as connection:
                states = {item.id: ItemState.DECIDED for item in office.cases.items(claim.case)}
                office.cases.mark_items(connection, claim.case, states, seen=None, actor=person.name)
                office.queues.finish(connection, claim)
        return taken

    with ThreadPoolExecutor(len(people)) as threads:
        taken = Counter(case for cases in threads.map(work, people) for case in cases)
    assert len(taken) == number
    assert set(taken.values()) == {1}
    assert office.counted() == office.really_there() == {("gateway", "decided", "gateway"): number}


def test_of_many_who_claim_one_case_at_once_one_gets_it(either_office: Office) -> None:
    case = either_office.opened()
    people = [Person(f"reviewer-{n}", frozenset({Role.REVIEWER})) for n in range(5)]
    begin = threading.Barrier(len(people))

    def ask(person: Person) -> str:
        begin.wait()
        try:
            return either_office.queues.claim(case, person).person
        except ClaimedError:
            return ""

    with ThreadPoolExecutor(len(people)) as threads:
        got = sorted(threads.map(ask, people))
    assert got[:-1] == [""] * 4
    holder = either_office.queues.held_by(case)
    assert holder is not None
    assert holder.person == got[-1]


def test_a_definition_takes_what_it_names() -> None:
    links = QueueDefinition("links", "Links", subjects=frozenset({SubjectKind.LINK}))
    urgent = QueueDefinition("urgent", "Urgent", priorities=frozenset({Priority.URGENT}))
    mine = (*QUEUES[:3], links, urgent, *QUEUES[3:])
    kinds = [
        (Origin.HAND, SubjectKind.LINK, Priority.URGENT, "links"),
        (Origin.GATEWAY, SubjectKind.ACCOUNT, Priority.URGENT, "urgent"),
        (Origin.GATEWAY, SubjectKind.ACCOUNT, Priority.LOW, "gateway"),
        (Origin.EXCHANGE, SubjectKind.NOBODY, Priority.NORMAL, "others"),
    ]
    for origin, subject, priority, name in kinds:
        assert first_queue(mine, origin, subject, priority=priority).name == name
    with pytest.raises(UnknownQueueError, match="no queue takes"):
        first_queue(mine[:4], Origin.HAND, SubjectKind.NOBODY, priority=Priority.LOW)


def test_a_case_of_danger_waits_with_its_kind(office: Office) -> None:
    case = office.cases.open(Subject(SubjectKind.NOBODY, ""), [office.item()], actor="system", priority=Priority.DANGER)
    assert office.cases.show(case).queue == "danger"
    assert given(office.queues.next(CLARA, "danger")) == case
    office.cases.escalate(case, "danger_to_life", actor="amira")
    found = office.cases.show(case)
    assert (found.queue, found.state) == ("danger", CaseState.ESCALATED)


def test_danger_to_life_waits_in_its_queue_in_every_state_and_out_of_the_way_once_decided(office: Office) -> None:
    case = office.opened()
    office.opened(None, office.item(), priority=Priority.DANGER)
    assert office.cases.show(case).queue == "danger"
    office.decide(case, ItemState.SECOND_REVIEW)
    assert (office.cases.show(case).state, office.cases.show(case).queue) == (CaseState.SECOND_REVIEW, "danger")
    office.decide(case)
    assert office.cases.show(case).queue == "gateway"
    assert office.counted() == office.really_there()


def test_a_queue_of_the_rules_takes_its_cases_for_its_roles_and_for_its_time(office: Office) -> None:
    for_specialists = QueueDefinition(
        "threats",
        "Threats",
        labels=frozenset({"sextortion"}),
        roles=frozenset({Role.SPECIALIST}),
        lease_seconds=Seconds(60.0),
    )
    own = ruled(office, for_specialists)
    own.opened(account("01"))
    case = own.opened(account("02"), label="sextortion")
    assert own.cases.show(case).queue == "threats"
    assert [one.name for one in own.queues.definitions(AMIRA)] == ["reports", "gateway", "datasets", "others"]
    with pytest.raises(NotForThemError):
        own.queues.next(AMIRA, "threats")
    with pytest.raises(NotForThemError):
        own.queues.claim(case, AMIRA)
    claim = own.queues.next(CLARA, "threats")
    assert claim is not None
    assert (claim.case, claim.expires_at - claim.claimed_at) == (case, dt.timedelta(seconds=60))
    office.clock.at += dt.timedelta(seconds=30)
    assert own.queues.renew(claim).expires_at == office.clock.at + dt.timedelta(seconds=60)


def test_no_case_is_lost_in_a_queue_that_the_rules_name_no_more(either_office: Office) -> None:
    before = ruled(either_office, QueueDefinition("threats", "Threats", labels=frozenset({"sextortion"})))
    case = before.opened(account("02"), label="sextortion")
    kept = before.opened(account("03"))
    assert before.cases.refile(actor="system") == 0
    assert [either_office.cases.refile(actor="system") for _ in range(2)] == [1, 0]
    assert [either_office.cases.show(one).queue for one in (case, kept)] == ["gateway", "gateway"]
    assert either_office.counted() == either_office.really_there()
    assert given(either_office.queues.next(AMIRA, "gateway")) in {case, kept}


def test_what_was_escalated_after_all_of_it_was_decided_is_offered_until_somebody_attends_to_it(office: Office) -> None:
    case = office.opened()
    office.decide(case)
    assert office.queues.next(CLARA, "escalated") is None
    office.cases.escalate(case, "appeal_granted", actor="amira")
    office.clock.at += dt.timedelta(days=60)
    assert office.cases.close_settled(actor="system") == 0
    assert given(office.queues.next(CLARA, "escalated")) == case
    assert office.cases.attended(case, actor="clara")
    assert office.queues.next(DAVID, "escalated") is None
