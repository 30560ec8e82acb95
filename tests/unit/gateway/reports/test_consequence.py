"""What is decided in a case is said of the report that waits in it; what is reversed opens it again."""

import datetime as dt
from dataclasses import replace

from tests.unit.gateway.reports.conftest import NOW, Office
from tests.unit.gateway.reports.test_report_cases import TAKE_DOWN, with_cases

from safehold.cases import CaseId, Form, ItemId, NewItem, Origin, Subject, SubjectKind
from safehold.cases.axes import NO_AXES
from safehold.cases.decisions import Decided, DecidedItem, Decision, DecisionId, Standing, Undoing, Undone
from safehold.cases.decisions.decision import Reversal
from safehold.gateway.reports import Sender, Status
from safehold.gateway.reports.consequence import ReportsFollow
from safehold.vocabulary import Action


def decided(items: dict[ItemId, Decision], standing: Standing = Standing.STANDS) -> Decided:
    said = tuple(DecidedItem(item, verdict, NO_AXES, "", 1, standing) for item, verdict in items.items())
    return Decided(DecisionId("dec_0"), CaseId("case_0"), "amira", NOW, "reports", "rules@1", False, False, said)


def reversed_by(made: Decided, person: str) -> Decided:
    items = tuple(replace(one, standing=Standing.REVERSED) for one in made.items)
    return replace(made, items=items, reversal=Reversal(person, NOW + dt.timedelta(hours=1), "mistake"))


def test_a_decision_is_said_of_the_report_and_taken_back_with_it(office: Office) -> None:
    reports, cases = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    other = cases.open(
        Subject(SubjectKind.ACCOUNT, "ab" * 16),
        [NewItem(Origin.GATEWAY, "c1#0", Form.TEXT, "prompt", Action.DENY, NOW)],
        actor="gateway",
    )
    (found,) = cases.find(ticket)
    (report,), (prompt,) = cases.items(found.case), cases.items(other)
    party = ReportsFollow(reports, cases)
    party.follow(decided({report.id: Decision.CONFIRM}, Standing.PASSED_ON))
    party.follow(decided({report.id: Decision.CANNOT_TELL}))
    assert reports.show(ticket).status is Status.RECEIVED
    made = decided({report.id: Decision.NOT_A_VIOLATION, prompt.id: Decision.CONFIRM})
    for _ in range(2):  # a worker may do it twice
        party.follow(made)
        assert (reports.show(ticket).status, reports.show(ticket).holding) == (Status.NO_ACTION, "released")
    for _ in range(2):
        assert party.undo(reversed_by(made, "lead")) == [Undone(ticket, Undoing.UNDONE)]
        assert (reports.show(ticket).status, reports.show(ticket).holding) == (Status.IN_REVIEW, "held")
    assert [entry.event.actor for entry in office.events("report.decided")] == ["amira"]
    assert [entry.event.actor for entry in office.events("report.reopened")] == ["lead"]


def test_what_was_confirmed_is_acted_on(office: Office) -> None:
    reports, cases = with_cases(office)
    ticket = reports.submit(TAKE_DOWN, Sender()).ticket
    (item,) = cases.items(cases.find(ticket)[0].case)
    ReportsFollow(reports, cases).follow(decided({item.id: Decision.CONFIRM}))
    assert (reports.show(ticket).status, reports.show(ticket).holding) == (Status.ACTED, "held")
