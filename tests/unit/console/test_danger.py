"""Danger to life on pages: raised by anybody who works on cases, at once, with what to do and whom to call."""

from collections.abc import Iterator

import pytest

from safehold.cases import CaseState, ItemState, Priority, Role

from .desk import Desk, opened_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_desk(tmp_path_factory.mktemp("desk")) as found:
        yield found


def test_a_danger_is_raised_called_about_and_closed_and_every_step_is_on_record(desk: Desk) -> None:
    case = desk.case(desk.item(1), subject="a1")
    client = desk.as_(Role.REVIEWER)
    raised = client.send_form(f"/cases/{case}/danger", {"kind": "child", "country": "gb"})
    place = raised.headers["location"]
    assert place.startswith("/dangers/dgr_")
    shown = desk.casework.cases.show(case)
    assert (shown.state, shown.priority) == (CaseState.ESCALATED, Priority.DANGER)
    page = client.get(place).text
    assert "Do this now" in page
    assert "in GB" in page
    contact = desk.casework.dangers.route("GB").contacts[0]
    assert contact.name in page.replace("&#39;", "'")
    client.send_form(f"{place}/acts", {"act": "called", "contact": contact.id})
    assert "Spoke to" in client.get(place).text
    assert "What to do, whom to call" in client.get(f"/cases/{case}").text
    assert client.send_form(f"{place}/close", {"outcome": "handed_over", "version": "1"}).status_code == 303
    assert client.send_form(f"{place}/close", {"outcome": "no_danger", "version": "1"}).status_code == 409
    assert "An authority has it" in client.get("/dangers").text
    assert [one.kind for one in desk.events("danger.")] == ["danger.raised", "danger.acted", "danger.closed"]


def test_raising_it_twice_leads_to_the_same_one(desk: Desk) -> None:
    case = desk.case(desk.item(2), subject="a2")
    client = desk.as_(Role.REVIEWER)
    places = {client.send_form(f"/cases/{case}/danger", {"kind": "self"}).headers["location"] for _ in range(2)}
    assert len(places) == 1


def test_what_nobody_could_mean_is_recorded_as_nothing(desk: Desk) -> None:
    case = desk.case(desk.item(3), subject="a3")
    client = desk.as_(Role.REVIEWER)
    place = client.send_form(f"/cases/{case}/danger", {"kind": "<b>", "country": "<script>"}).headers["location"]
    assert client.send_form(f"{place}/acts", {"act": "nonsense"}).status_code == 400
    assert client.send_form(f"{place}/close", {"outcome": "nonsense", "version": "1"}).status_code == 400
    assert client.get(f"{place}?country=%3Cscript%3E").status_code == 200
    assert "<script>" not in client.get(place).text.replace('<script src="/static', "")
    assert client.get("/dangers/dgr_none").status_code == 404


def test_a_country_without_a_number_is_said_to_have_none(desk: Desk) -> None:
    case = desk.case(desk.item(4), subject="a4")
    client = desk.as_(Role.REVIEWER)
    place = client.send_form(f"/cases/{case}/danger", {"kind": "others"}).headers["location"]
    assert "No emergency number is known" in client.get(place).text


def test_danger_that_a_lead_chooses_as_a_priority_is_raised_and_anybodys(desk: Desk) -> None:
    case = desk.case(desk.item(6), subject="a6")
    told = {"name": "boris", "priority": "danger", "version": "1"}
    answer = desk.as_(Role.QUALITY_LEAD).send_form(f"/cases/{case}/assign", told)
    (danger,) = desk.casework.dangers.of_case(case)
    assert answer.headers["location"] == f"/dangers/{danger.id}"
    shown = desk.casework.cases.show(case)
    assert (shown.queue, shown.assignee, danger.is_open) == ("danger", "", True)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ENFORCER])
def test_whoever_reads_a_case_finds_where_to_raise_one_also_in_a_closed_one(desk: Desk, role: Role) -> None:
    case = desk.case(desk.item(7), subject="a7")
    assert f"/cases/{case}/danger" in desk.as_(role).get(f"/cases/{case}").text
    with desk.casework.workshop.home.database.writing() as connection:
        cases = desk.casework.cases
        states = {one.id: ItemState.DECIDED for one in cases.items(case, connection=connection)}
        if states and cases.show(case, connection).undecided:
            cases.mark_items(connection, case, states, seen=None, actor="amira")
            cases.change_state(connection, case, CaseState.CLOSED, seen=None, actor="amira")
    assert f"/cases/{case}/danger" in desk.as_(role).get(f"/cases/{case}").text


def test_an_escalated_case_is_attended_to_by_who_holds_it_and_not_while_a_danger_is_open(desk: Desk) -> None:
    case = desk.case(desk.item(8), subject="a8")
    desk.casework.cases.escalate(case, "technical", actor="boris")
    clara = desk.as_(Role.SPECIALIST, name="clara")
    assert clara.send_form(f"/cases/{case}/attended").status_code == 409, "she does not hold it"
    clara.send_form(f"/cases/{case}/take")
    assert f"/cases/{case}/attended" in clara.get(f"/cases/{case}").text
    danger = clara.send_form(f"/cases/{case}/danger", {"kind": "self"}).headers["location"]
    clara.send_form(f"/cases/{case}/take")
    assert clara.send_form(f"/cases/{case}/attended").status_code == 409, "a danger is open"
    clara.send_form(f"{danger}/close", {"outcome": "no_danger", "version": "1"})
    assert clara.send_form(f"/cases/{case}/attended").status_code == 303
    assert desk.casework.cases.show(case).state is CaseState.OPEN
    assert desk.casework.queues.held_by(case) is None


def test_who_does_not_work_on_cases_raises_none(desk: Desk) -> None:
    case = desk.case(desk.item(5), subject="a5")
    assert desk.as_(Role.CUSTODIAN).send_form(f"/cases/{case}/danger", {"kind": "child"}).status_code == 403
