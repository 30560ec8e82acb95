"""Danger to life on pages: raised by anybody who works on cases, at once, with what to do and whom to call."""

from collections.abc import Iterator

import pytest

from safehold.cases import CaseState, Priority, Role

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


def test_who_does_not_work_on_cases_raises_none(desk: Desk) -> None:
    case = desk.case(desk.item(5), subject="a5")
    assert desk.as_(Role.CUSTODIAN).send_form(f"/cases/{case}/danger", {"kind": "child"}).status_code == 403
