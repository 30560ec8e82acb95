"""Reports wait in cases, with their clocks; what is decided there or here is decided in both places."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.unit.gateway.reports.conftest import NOW, Office

from safehold.cases import CaseState, Form, ItemState, NewItem, Origin, Place, Priority, Subject, SubjectKind
from safehold.cases.store import CaseStore
from safehold.gateway.marks import Marks
from safehold.gateway.reports import (
    Category,
    Fingerprint,
    Kind,
    ReportCases,
    ReportClosedError,
    ReportOvertakenError,
    Reports,
    Sender,
    Status,
    Submission,
    Target,
)
from safehold.gateway.tables import decisions
from safehold.ledger import is_fit
from safehold.vault import CustodianKey
from safehold.vault.review import open_box
from safehold.vocabulary import Action, Algorithm, Signal

MARKS = Marks(b"k" * 32)
CANARY = "zanzibar-xylophone-4711"
NOTE = Submission(Category.IMAGE_OF_CHILD, Target.ACCOUNT, CANARY, note=f"please look {CANARY}")
TAKE_DOWN = Submission(
    Category.IMAGE_OF_ME,
    Target.ADDRESS,
    f"https://example.org/{CANARY}",
    kind=Kind.TAKE_DOWN,
    contact=f"{CANARY}@example.org",
    signature=CANARY,
    is_good_faith=True,
    fingerprints=(Fingerprint(Algorithm.SHA256, "5a" * 32),),
)


def with_cases(office: Office) -> tuple[Reports, CaseStore]:
    cases = CaseStore(office.home.database, office.ledger, office.clock)
    desk = replace(office.desk(), cases=ReportCases(cases, MARKS))
    return Reports(office.home.database, office.ledger, office.clock, desk), cases


def test_a_report_waits_in_the_case_of_its_account_beside_what_the_gateway_found_of_it(either_office: Office) -> None:
    reports, cases = with_cases(either_office)
    subject = Subject(SubjectKind.ACCOUNT, MARKS.of("account", CANARY) or "")
    found = NewItem(Origin.GATEWAY, "c1#0", Form.TEXT, "prompt", Action.DENY, NOW)
    case_id = cases.open(subject, [found], actor="gateway")
    ticket = reports.submit(NOTE, Sender(source="192.0.2.7")).ticket
    (case,) = cases.list().cases
    assert (case.id, case.items, case.priority) == (case_id, 2, Priority.URGENT)
    told = cases.items(case_id)[1].told
    assert (told.origin, told.reference, told.form, told.role) == (Origin.REPORT, ticket, Form.TEXT, "report")
    assert {one.case for one in cases.find(ticket)} == {case_id}


def test_the_clock_of_a_request_to_take_down_is_that_of_its_case(office: Office) -> None:
    reports, cases = with_cases(office)
    receipt = reports.submit(TAKE_DOWN, Sender())
    (case,) = cases.list().cases
    assert (case.due_at, case.subject.kind, case.queue) == (NOW + dt.timedelta(hours=48), SubjectKind.LINK, "reports")
    assert case.due_at == receipt.due_at
    (item,) = cases.items(case.id)
    assert item.told.signals == (Signal(Algorithm.SHA256, b"\x5a" * 32),)


@pytest.mark.parametrize(
    ("submission", "kind"),
    [
        (Submission(Category.HARMFUL_MODEL, Target.MODEL, "painter@7"), SubjectKind.MODEL),
        (Submission(Category.HARMFUL_MODEL, Target.MODEL, "a model of many words", note="x"), SubjectKind.MODEL),
        (Submission(Category.OTHER, Target.GENERATION, "gen-17"), SubjectKind.NOBODY),
        (
            Submission(Category.OTHER, Target.ACCOUNT, "", fingerprints=TAKE_DOWN.fingerprints),
            SubjectKind.NOBODY,
        ),
    ],
)
def test_a_report_is_about_what_it_names(office: Office, submission: Submission, kind: SubjectKind) -> None:
    reports, cases = with_cases(office)
    reports.submit(submission, Sender())
    (case,) = cases.list().cases
    assert case.subject.kind is kind
    assert case.subject.mark
    assert " " not in case.subject.mark


def test_a_report_of_something_that_was_checked_is_about_the_account_of_that_check(office: Office) -> None:
    reports, cases = with_cases(office)
    row = {
        "id": "c1",
        "at": "2026",
        "caller": "c",
        "policy": "p",
        "action": "deny",
        "features": {},
        "account": "ab" * 16,
    }
    with office.home.database.writing() as connection:
        connection.execute(sa.insert(decisions), row)
    reports.submit(Submission(Category.OTHER, Target.GENERATION, "c1"), Sender())
    assert cases.list().cases[0].subject == Subject(SubjectKind.ACCOUNT, "ab" * 16)


def test_what_somebody_is_told_to_call_a_case_leads_to_the_account_of_it(office: Office) -> None:
    reports, cases = with_cases(office)
    subject = Subject(SubjectKind.ACCOUNT, "ab" * 16)
    case_id = cases.open(
        subject, [NewItem(Origin.GATEWAY, "c1#0", Form.TEXT, "prompt", Action.DENY, NOW)], actor="gateway"
    )
    cases.refer("case_0123456789abcdef0123", case_id)
    reports.submit(Submission(Category.OTHER, Target.PROMPT, "case_0123456789abcdef0123"), Sender())
    assert [case.items for case in cases.list().cases] == [2]


def test_words_of_a_report_open_with_the_review_key_alone_and_are_forgotten_with_it(office: Office) -> None:
    reports, cases = with_cases(office)
    ticket = reports.submit(NOTE, Sender()).ticket
    (item,) = cases.items(cases.list().cases[0].id)
    key = CustodianKey("review", bytes(office.review_key))
    assert CANARY in open_box(cases.context(item.id), key).decode()
    assert item.told.content.place is Place.NOWHERE
    for path in office.home.path.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    assert not any(CANARY in str(entry.event) for entry in office.ledger.events())
    reports.decide(ticket, Status.NO_ACTION, actor="amira")
    office.clock.at += dt.timedelta(days=91)
    assert reports.forget() == 1
    assert cases.context(item.id) == b""


def test_a_report_that_is_closed_has_nothing_left_to_decide_in_its_case(office: Office) -> None:
    reports, cases = with_cases(office)
    ticket = reports.submit(NOTE, Sender()).ticket
    case_id = cases.list().cases[0].id
    reports.decide(ticket, Status.IN_REVIEW, actor="amira")
    assert cases.items(case_id)[0].state is ItemState.UNDECIDED
    reports.decide(ticket, Status.ACTED, actor="amira")
    assert cases.items(case_id)[0].state is ItemState.DECIDED
    assert cases.show(case_id).state is CaseState.DECIDED


def test_a_report_does_not_overrule_what_waits_for_a_second_person(office: Office) -> None:
    reports, cases = with_cases(office)
    ticket = reports.submit(NOTE, Sender()).ticket
    case = cases.list().cases[0]
    (item,) = cases.items(case.id)
    with office.home.database.writing() as connection:
        cases.mark_items(connection, case.id, {item.id: ItemState.SECOND_REVIEW}, seen=None, actor="amira")
    reports.decide(ticket, Status.ACTED, actor="amira")
    assert cases.items(case.id)[0].state is ItemState.SECOND_REVIEW


def test_a_report_whose_decision_is_reversed_is_open_again_and_holds_again_what_it_held(office: Office) -> None:
    reports, _ = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    for turn in range(3):
        assert reports.decide(ticket, Status.NO_ACTION, actor="amira").holding == "released"
        assert office.banks.show("take-down-requests").entries == {}
        again = reports.reopen(ticket, actor="bo")
        assert (again.status, again.holding) == (Status.IN_REVIEW, "held"), turn
        assert reports.reopen(ticket, actor="bo") == again
        assert sum(office.banks.show("take-down-requests").entries.values()) == 1
    assert len(office.events("report.reopened")) == 3


@pytest.mark.parametrize("other", [Status.NO_ACTION, Status.IN_REVIEW, Status.RECEIVED])
def test_nobody_overrules_a_report_that_was_acted_on_and_what_it_holds_stays_held(
    office: Office, other: Status
) -> None:
    reports, _ = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    acted = reports.decide(ticket, Status.ACTED, actor="amira")
    for name in ("bo", "amira"):
        with pytest.raises(ReportClosedError) as caught:
            reports.decide(ticket, other, actor=name)
        assert "reverse the decision" in caught.value.advice
    assert reports.show(ticket) == acted
    assert acted.holding == "held"
    assert sum(office.banks.show("take-down-requests").entries.values()) == 1
    assert reports.decide(ticket, Status.ACTED, actor="bo") == acted, "saying the same again is no harm"
    assert len(office.events("report.decided")) == 1


def test_a_report_that_nothing_was_done_about_can_be_looked_at_again_and_holds_again(office: Office) -> None:
    reports, _ = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    assert reports.decide(ticket, Status.NO_ACTION, actor="amira").holding == "released"
    with pytest.raises(ReportClosedError):
        reports.decide(ticket, Status.ACTED, actor="bo")
    again = reports.decide(ticket, Status.IN_REVIEW, actor="bo")
    assert (again.status, again.holding) == (Status.IN_REVIEW, "held")
    assert reports.decide(ticket, Status.ACTED, actor="bo").holding == "held"


def test_what_was_decided_in_the_case_of_a_closed_report_is_said_of_it(office: Office) -> None:
    reports, _ = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    reports.decide(ticket, Status.ACTED, actor="amira")
    decided = reports.decide(ticket, Status.NO_ACTION, actor="bo", follows_case=True)
    assert (decided.status, decided.holding) == (Status.NO_ACTION, "released")


def test_of_two_people_who_close_a_report_at_once_one_is_told_so(office: Office) -> None:
    reports, _ = with_cases(office)
    ticket = reports.submit(NOTE, Sender()).ticket
    looked = reports.show(ticket)
    reports.decide(ticket, Status.ACTED, actor="amira")
    late = _Late(office.home.database, office.ledger, office.clock, office.desk())
    late.looked = looked
    with pytest.raises(ReportOvertakenError):
        late.decide(ticket, Status.NO_ACTION, actor="bo")
    assert reports.show(ticket).status is Status.ACTED


class _Late(Reports):
    """Reports of somebody who looked before somebody else decided."""

    looked = None

    def show(self, ticket: str) -> object:  # type: ignore[override]
        return self.looked or super().show(ticket)


def test_what_categories_warn_of_is_a_word() -> None:
    assert all(is_fit(one.value) for one in Category)
