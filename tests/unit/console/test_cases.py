"""Work, queues, cases and decisions on pages: who sees and does what, and what no page ever shows."""

import datetime as dt
import re

import pytest

from safehold.cases import CaseState, ItemState, Person, Place, Priority, Role, Subject, SubjectKind
from safehold.cases.enforcement.danger import Outcome
from safehold.cases.exposure import OptOut
from safehold.cases.item import Form
from safehold.vocabulary import Action

from .desk import Desk, many
from .standing import NOW

LEAD = Person("lena", frozenset({Role.REVIEWER}))
DECIDES = {"verdict": "not_a_violation"}
CONFIRMS = {
    "verdict": "confirm",
    "harm": "csam",
    "realism": "photographic",
    "depicted": "unclear",
    "band": "unclear",
    "confidence": "low",
}


def marked(desk: Desk, case: str, *numbers: int, **more: str) -> dict[str, object]:
    """Return the fields of a form that decides items."""
    shown = desk.casework.cases.show(case)
    chosen = [one.id for one in desk.items(shown.id) if not numbers or one.number in numbers]
    return {"item": chosen, "version": str(shown.version), **more}


def test_my_work_leads_to_the_most_urgent_queue_that_is_open_to_somebody(desk: Desk) -> None:
    made = many(desk)
    shown = desk.as_(Role.REVIEWER).get("/").text
    assert 'action="/queues/reports/next"' in shown
    assert "Danger to life" not in shown
    assert 'action="/queues/danger/next"' in desk.as_(Role.SPECIALIST).get("/").text
    taken = desk.as_(Role.SPECIALIST).send_form("/queues/danger/next")
    assert taken.headers["location"] == f"/cases/{made['danger']}"


def test_an_empty_queue_says_so(desk: Desk) -> None:
    client = desk.as_(Role.REVIEWER)
    assert client.send_form("/queues/gateway/next").headers["location"] == "/"
    assert "Nothing waits for you" in client.get("/").text


def test_a_lead_is_shown_how_queues_are_defined_in_their_order(shared: Desk) -> None:
    shown = shared.as_(Role.QUALITY_LEAD).get("/queues/definitions").text
    places = [shown.index(f"<code>{queue.name}</code>") for queue in shared.casework.queues.definitions()]
    assert places == sorted(places)
    assert "15 minutes" in shown
    assert 'href="/queues/definitions"' in shared.as_(Role.QUALITY_LEAD).get("/queues").text
    assert shared.as_(Role.REVIEWER).get("/queues/definitions").status_code == 403
    assert 'href="/queues/definitions"' not in shared.as_(Role.REVIEWER).get("/queues").text


def test_two_people_never_hold_the_same_case(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    assert desk.as_(Role.REVIEWER, name="amira").send_form(f"/cases/{case}/take").status_code == 303
    assert desk.as_(Role.REVIEWER, name="boris").send_form(f"/cases/{case}/take").status_code == 409
    refused = desk.as_(Role.REVIEWER, name="boris").send_form(f"/cases/{case}/decide", marked(desk, case, **DECIDES))
    assert refused.status_code == 409
    assert "Somebody works on it now" in desk.as_(Role.REVIEWER, name="boris").get(f"/cases/{case}").text
    assert desk.casework.cases.show(case).undecided == 1


def test_a_case_that_is_given_back_is_free_and_costs_nothing(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    amira, boris = (desk.as_(Role.REVIEWER, name=name) for name in ("amira", "boris"))
    amira.send_form(f"/cases/{case}/take")
    assert amira.send_form(f"/cases/{case}/give-back", {"reason": "a whole sentence"}).status_code == 303
    assert boris.send_form(f"/cases/{case}/take").status_code == 303
    assert desk.events("case.given_back")[0].details["reason"] == "unsure"


def test_an_open_page_holds_a_case_for_longer_and_nobody_else_can(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    desk.take(case)
    desk.clock.at += dt.timedelta(minutes=10)
    assert desk.as_(Role.REVIEWER, name="boris").send_form(f"/cases/{case}/keep").status_code == 409
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/keep").status_code == 200
    desk.clock.at += dt.timedelta(minutes=10)
    assert desk.casework.queues.held_by(case) is not None


def test_a_decision_marks_the_items_and_says_so(desk: Desk) -> None:
    case = desk.case(desk.item(1), desk.item(2))
    desk.take(case)
    client = desk.as_(Role.REVIEWER)
    answer = client.send_form(f"/cases/{case}/decide", marked(desk, case, 1, verdict="cannot_tell"))
    assert answer.status_code == 303
    states = {one.number: one.state for one in desk.items(case)}
    assert states == {1: ItemState.SECOND_REVIEW, 2: ItemState.UNDECIDED}


def test_what_is_confirmed_carries_the_axes_of_the_form(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    desk.take(case)
    client = desk.as_(Role.REVIEWER)
    assert client.send_form(f"/cases/{case}/decide", marked(desk, case, **CONFIRMS)).status_code == 303
    (decided,) = desk.casework.decisions.of_case(case)
    axes = decided.items[0].axes
    assert (axes.harm.value, axes.depicted.value, axes.age.band.value) == ("csam", "unclear", "unclear")


def test_a_severity_is_taken_from_nobody_who_is_not_trained(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    told = {**CONFIRMS, "severity-industry": "A1"}
    desk.take(case)
    assert "severity" not in desk.as_(Role.REVIEWER).get(f"/cases/{case}").text.lower()
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/decide", marked(desk, case, **told)).status_code == 409
    assert desk.casework.cases.show(case).undecided == 1
    trained = desk.as_(Role.SPECIALIST)
    assert trained.send_form(f"/cases/{case}/decide", marked(desk, case, **told)).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "confirm"},
        {"verdict": "guilty"},
        {"verdict": "confirm", "harm": "nonsense"},
        {"verdict": "not_a_violation", "note": "two words"},
        {"verdict": "not_a_violation", "version": "999"},
        {"verdict": "not_a_violation", "item": ()},
        {"verdict": "not_a_violation", "item": "item_00000000000000000000"},
    ],
)
def test_what_can_not_be_meant_decides_nothing(shared: Desk, fields: dict[str, object]) -> None:
    case = shared.case(shared.item(1))  # the same one each time
    shared.take(case)
    answer = shared.as_(Role.REVIEWER).send_form(f"/cases/{case}/decide", {**marked(shared, case), **fields})
    assert answer.status_code in {404, 409}
    assert shared.casework.cases.show(case).undecided == 1


def test_an_item_of_another_case_is_not_there(desk: Desk) -> None:
    mine, other = desk.case(desk.item(1)), desk.case(desk.item(2), subject="bb")
    desk.take(mine)
    client = desk.as_(Role.REVIEWER)
    foreign = desk.items(other)[0].id
    assert client.get(f"/cases/{mine}?item={foreign}").status_code == 404
    told = {**marked(desk, mine), "item": foreign, **DECIDES}
    assert client.send_form(f"/cases/{mine}/decide", told).status_code in {404, 409}
    assert desk.casework.cases.show(other).undecided == 1


def test_many_items_at_once_ask_for_the_second_factor_first(desk: Desk) -> None:
    case = desk.case(*(desk.item(number) for number in range(1, 30)))
    desk.take(case)
    told = marked(desk, case, **DECIDES)
    asked = desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/decide", told)
    assert asked.headers["location"] == f"/step-up?to=/cases/{case}"
    assert desk.casework.cases.show(case).undecided == 29
    desk.as_(Role.REVIEWER, stepped_up=True).send_form(f"/cases/{case}/decide", told)
    assert desk.casework.cases.show(case).version > int(str(told["version"]))


def test_the_same_form_sent_twice_decides_once(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    desk.take(case)
    told = marked(desk, case, **DECIDES)
    client = desk.as_(Role.REVIEWER)
    assert [client.send_form(f"/cases/{case}/decide", told).status_code for _ in range(2)] == [303, 409]
    assert len(desk.casework.decisions.of_case(case)) == 1


def test_a_decision_is_taken_back_by_somebody_else_with_a_reason(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    desk.take(case)
    desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/decide", marked(desk, case, **DECIDES))
    (decided,) = desk.casework.decisions.of_case(case)
    path = f"/cases/{case}/decisions/{decided.id}/reverse"
    assert desk.as_(Role.REVIEWER).send_form(path, {"reason": "mistaken"}).status_code == 403
    assert desk.as_(Role.QUALITY_LEAD).send_form(path, {"reason": "mistaken"}).status_code == 409  # amira decided it
    lead = desk.as_(Role.QUALITY_LEAD, name="lena")
    assert lead.send_form(path, {"reason": ""}).status_code == 409
    if decided.standing:
        assert lead.send_form(path, {"reason": "mistaken"}).status_code == 303
        assert "Reversed" in lead.get(f"/cases/{case}").text


def test_anybody_who_sees_cases_can_raise_danger_to_life_whatever_the_case_is_about(desk: Desk) -> None:
    case = desk.case(desk.item(1, form=Form.TEXT, role="prompt", findings=()))
    assert desk.as_(Role.CUSTODIAN).send_form(f"/cases/{case}/danger", {"kind": "child"}).status_code == 403
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/danger", {"kind": "child"}).status_code == 303
    shown = desk.casework.cases.show(case)
    assert (shown.state, shown.priority, shown.queue) == (CaseState.ESCALATED, Priority.DANGER, "danger")


def test_a_specialist_is_asked_whatever_the_case_is_about(desk: Desk) -> None:
    case = desk.case(desk.item(1, form=Form.TEXT, role="prompt", findings=()))
    told = {"reason": "a sentence that is none of the list", "version": str(desk.casework.cases.show(case).version)}
    assert desk.as_(Role.AUDITOR).send_form(f"/cases/{case}/escalate", told).status_code == 403
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/escalate", told).status_code == 303
    assert desk.casework.cases.show(case).state is CaseState.ESCALATED
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/escalate", told).status_code == 409, "it was seen before"


def test_a_lead_gives_a_case_to_somebody_and_says_how_urgent_it_is(desk: Desk) -> None:
    case = desk.case(desk.item(1))
    told = {"name": "boris", "queue": "others", "priority": "urgent", "version": "1"}
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/assign", told).status_code == 403
    told["version"] = str(desk.casework.cases.show(case).version)
    assert desk.as_(Role.QUALITY_LEAD).send_form(f"/cases/{case}/assign", told).status_code == 303
    shown = desk.casework.cases.show(case)
    assert (shown.assignee, shown.queue, shown.priority) == ("boris", "others", Priority.URGENT)
    assert desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/take").status_code == 409
    stale = desk.as_(Role.QUALITY_LEAD).send_form(f"/cases/{case}/assign", {**told, "name": "amira"})
    assert stale.status_code == 409


def test_a_case_is_shown_to_auditors_without_anything_that_opens_it(desk: Desk) -> None:
    case = desk.case(desk.item(1, content=desk.picture()))
    shown = desk.as_(Role.AUDITOR).get(f"/cases/{case}")
    assert shown.status_code == 200
    assert "never its content" in shown.text
    assert "data-viewer" not in shown.text
    assert "/cover" not in shown.text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTODIAN, Role.POLICY_EDITOR, Role.POLICY_APPROVER])
def test_roles_without_cases_see_none(shared: Desk, role: Role) -> None:
    case = shared.case(shared.item(1))
    client = shared.as_(role)
    assert [client.get(path).status_code for path in ("/cases", "/queues", f"/cases/{case}")] == [403] * 3
    assert client.get("/").status_code == 200


def test_lists_filter_and_turn_pages(desk: Desk) -> None:
    with desk.casework.workshop.home.database.writing() as connection:
        for number in range(60):
            about = Subject(SubjectKind.ACCOUNT, f"{number:02x}" * 16)
            desk.casework.cases.open(about, [desk.item(number)], connection, actor="system")
    client = desk.as_(Role.AUDITOR)
    first = client.get("/cases?queue=gateway").text
    follows = re.search(r'rel="next" href="([^"]+)"', first)
    assert follows is not None
    second = client.get(follows[1].replace("&amp;", "&")).text
    ids = [set(re.findall(r"/cases/(case_[0-9a-f]{20})", text)) for text in (first, second)]
    assert (len(ids[0]), len(ids[1]), ids[0] & ids[1]) == (50, 10, set())
    assert "No case is like this" in client.get("/cases?state=closed").text
    assert client.get("/cases?state=%3Cscript%3E&queue=%3Cscript%3E&after=%00").status_code == 200


def test_own_exposure_is_ones_own_and_choices_are_private(desk: Desk) -> None:
    client = desk.as_(Role.REVIEWER)
    assert client.send_form("/me/exposure", {"what": "out", "form": "video", "queue": ""}).status_code == 303
    amira, boris = (desk.casework.exposures.own(desk.standing.console.sessions.find(f"{one}.reviewer").person)
                    for one in ("amira", "boris"))  # fmt: skip
    assert amira.opt_outs == (OptOut(Form.VIDEO),)
    assert boris.opt_outs == ()
    assert "Video" in client.get("/me/exposure").text
    assert desk.events("exposure") == []
    client.send_form("/me/exposure", {"what": "in", "form": "video", "queue": ""})
    assert desk.casework.exposures.own(desk.standing.console.sessions.find("amira.reviewer").person).opt_outs == ()
    assert client.send_form("/me/exposure", {"what": "out", "form": "", "queue": ""}).status_code == 400
    assert client.send_form("/me/exposure", {"what": "out", "form": "", "queue": "nonsense"}).status_code == 400


HOSTILE = "<img src=x onerror=alert(1)>"


def test_whatever_a_case_holds_is_shown_as_words(desk: Desk) -> None:
    case = desk.case(desk.item(1, role=HOSTILE, policy=HOSTILE, findings=()), label="csam")
    for path in ("/", "/cases", f"/cases/{case}"):
        assert HOSTILE not in desk.as_(Role.REVIEWER).get(path).text


def test_pages_of_the_sample_take_less_than_100_milliseconds(desk: Desk) -> None:
    made = many(desk)
    client = desk.as_(Role.REVIEWER)
    paths = ("/", "/queues", "/cases", f"/cases/{made['pictures']}", f"/cases/{made['data']}", "/me/exposure")
    assert {client.get(path).status_code for path in paths} == {200}  # compiles templates, once in a process
    best = {}
    for path in paths * 3:  # the best of three: other work of this machine is no fault of a page
        desk.standing.log.truncate(0)
        client.get(path)
        spent = float(re.findall(r'"ms":([0-9.]+)', desk.standing.log.getvalue())[-1])
        best[path] = min(spent, best.get(path, spent))
    assert max(best.values()) < 100


def test_the_stand_in_holds_only_what_is_harmless(desk: Desk) -> None:
    made = many(desk)
    kept = [one.told.content.place for case in made.values() for one in desk.items(case)]
    assert set(kept) <= {Place.HELD, Place.NOWHERE}
    assert {one.told.action for case in made.values() for one in desk.items(case)} == {Action.HOLD}
    assert NOW.year == 2026


def test_marked_items_are_there_again_after_the_second_factor_was_shown_and_in_no_address(desk: Desk) -> None:
    case = desk.case(*(desk.item(number) for number in range(1, 60)))
    desk.take(case)
    client = desk.as_(Role.REVIEWER)
    fields = marked(desk, case, *range(3, 28), **DECIDES, note="same-day")
    sent = client.send_form(f"/cases/{case}/decide", fields)
    assert sent.headers["location"] == f"/step-up?to=/cases/{case}"
    assert "item_" not in f"{sent.headers}"
    page = client.get(f"/cases/{case}").text
    assert len(re.findall(r'name="item" value="item_[0-9a-f]{20}" form="decide" checked', page)) == 25
    assert re.search(r'value="not_a_violation" required data-key="2" checked', page)
    assert 'value="same-day"' in page
    stepped = desk.as_(Role.REVIEWER, stepped_up=True)
    assert stepped.send_form(f"/cases/{case}/decide", fields).status_code == 303
    assert 'value="same-day"' not in client.get(f"/cases/{case}").text


def test_marks_are_ones_own_and_forgotten_after_some_minutes(desk: Desk) -> None:
    case = desk.case(*(desk.item(number) for number in range(1, 30)))
    desk.take(case)
    desk.as_(Role.REVIEWER).send_form(f"/cases/{case}/decide", marked(desk, case, **DECIDES, note="mine"))
    assert 'value="mine"' in desk.as_(Role.REVIEWER).get(f"/cases/{case}").text
    assert 'value="mine"' not in desk.as_(Role.REVIEWER, name="boris").get(f"/cases/{case}").text
    desk.clock.at += dt.timedelta(minutes=11)
    assert 'value="mine"' not in desk.as_(Role.REVIEWER).get(f"/cases/{case}").text


def test_danger_is_not_lowered_while_it_is_open(desk: Desk) -> None:
    made = many(desk)["danger"]
    lead, version = desk.as_(Role.QUALITY_LEAD, name="lena"), desk.casework.cases.show(made).version
    fields = {"version": str(version), "name": "", "priority": "normal"}
    refused = lead.send_form(f"/cases/{made}/assign", fields)
    assert (refused.status_code, "A danger to life is open" in refused.text) == (409, True)
    assert desk.casework.cases.show(made).priority is Priority.DANGER
    (danger,) = desk.casework.dangers.of_case(made)
    desk.casework.dangers.close(LEAD, danger.id, Outcome.NO_DANGER)
    fields["version"] = str(desk.casework.cases.show(made).version)
    assert lead.send_form(f"/cases/{made}/assign", fields).status_code == 303
    assert desk.casework.cases.show(made).priority is Priority.NORMAL
