"""Enforcement, appeals, holds and openings, as people meet them: by two where it takes two, and never twice."""

import datetime as dt
import re
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.console.pages.room import Room
from tests.unit.console.standing import NOW

from safehold.cases import CaseId, Form, NewItem, Origin, Person, Role, Subject, SubjectKind
from safehold.cases.decisions.tables import case_decisions
from safehold.cases.enforcement import Cause, Enforcement, EnforcementId, Measure, Order
from safehold.cases.enforcement.appeals import Appeal, Filing
from safehold.cases.enforcement.danger import DangerKind, Outcome
from safehold.cases.evidence import Basis
from safehold.cases.rules import default_source
from safehold.gateway.reports import Category, Kind, Sender, Status, Submission, Target
from safehold.gateway.reports.tables import reports
from safehold.ledger.entry import timestamp
from safehold.settings import Settings
from safehold.vault import EvidenceId, Label, read_custodian_key
from safehold.vault.granting import Request, grant
from safehold.vocabulary import Action
from safehold.wiring.casework import open_casework
from safehold.wiring.jobs import outbox_of

ENFORCER, REPORTER, CUSTODIAN = Role.ENFORCER, Role.REPORTER, Role.CUSTODIAN
CANARY = "zanzibar-xylophone-4711"
BEN = Person("ben", frozenset({ENFORCER}))


def _case(room: Room) -> CaseId:
    return room.case(f"chk_{secrets.token_hex(4)}#0", f"account-{secrets.token_hex(4)}")


def _measure(room: Room, measure: Measure = Measure.SUSPEND, days: int | None = 30) -> Enforcement:
    case = room.casework.cases.show(_case(room))
    return room.casework.enforcement.order(BEN, Order(measure, case.subject, case.id, "grooming", days))


def _now(room: Room, made: Enforcement) -> Enforcement:
    return room.casework.enforcement.show(EnforcementId(made.id))


def test_a_measure_that_takes_two_is_not_applied_by_who_proposed_it(room: Room) -> None:
    made = _measure(room)
    own, other = room.as_(ENFORCER, name="ben"), room.as_(ENFORCER, name="cleo")
    path, seen = f"/enforcement/{made.id}", {"seen": str(made.version)}
    assert "it takes a second person" in own.get(path).text
    assert own.send_form(f"{path}/apply", seen).status_code == 409
    assert other.send_form(f"{path}/apply", seen).status_code == 303
    assert _now(room, made).state.value == "in_force"


def test_a_second_click_does_not_do_it_twice(room: Room) -> None:
    made = _measure(room)
    other = room.as_(ENFORCER, name="cleo")
    path, seen = f"/enforcement/{made.id}/apply", {"seen": str(made.version)}
    assert [other.send_form(path, seen).status_code for _ in range(2)] == [303, 409]
    steps = [one.step.value for one in room.casework.enforcement.history(made.id)]
    assert steps == ["proposed", "applied"]


def test_a_proposal_that_looks_otherwise_by_now_is_not_acted_on(room: Room) -> None:
    made = _measure(room)
    for step, reason in (("apply", {}), ("decline", {"reason": "mistake"})):
        fields = {"seen": str(made.version + 1), **reason}
        assert room.as_(ENFORCER, name="cleo").send_form(f"/enforcement/{made.id}/{step}", fields).status_code == 409
    assert _now(room, made).state.value == "proposed"


def test_what_was_seen_before_somebody_else_changed_it_is_not_acted_on(room: Room) -> None:
    made = _measure(room, Measure.LIMIT, 7)
    before = {"seen": str(made.version - 1), "reason": "mistake"}
    assert room.as_(ENFORCER).send_form(f"/enforcement/{made.id}/lift", before).status_code == 409
    assert _now(room, made).state.value == "in_force"


def test_lifting_needs_a_reason_that_people_have(room: Room) -> None:
    made = _measure(room, Measure.LIMIT, 7)
    for reason in ("", "appeal_granted", "because"):
        fields = {"seen": str(made.version), "reason": reason}
        assert room.as_(ENFORCER).send_form(f"/enforcement/{made.id}/lift", fields).status_code == 422
    fields = {"seen": str(made.version), "reason": "mistake"}
    assert room.as_(ENFORCER).send_form(f"/enforcement/{made.id}/lift", fields).status_code == 303
    assert _now(room, made).state.value == "lifted"


def test_a_measure_by_hand_names_a_ground_of_the_rules(room: Room) -> None:
    case, browser = _case(room), room.as_(ENFORCER, name="ben")
    assert case in browser.get(f"/enforcement/order?case={case}").text
    fields = {"case": case, "measure": "limit", "ground": "grooming", "days": "7"}
    for wrong in ({"ground": "my-own"}, {"measure": "hold_model"}, {"measure": ""}, {"days": "-1"}, {"days": "1e9"}):
        assert browser.send_form("/enforcement/order", {**fields, **wrong}).status_code == 422
    made = browser.send_form("/enforcement/order", fields)
    assert made.status_code == 303
    assert "limit" in browser.get(made.headers["location"]).text.lower()
    assert len(room.casework.enforcement.of_case(case)) == 1


def test_a_measure_by_hand_names_what_it_is_about_and_removing_needs_that(room: Room) -> None:
    case, unknown = _case(room), room.case("hand_1", f"account-{secrets.token_hex(4)}", origin=Origin.HAND)
    browser = room.as_(ENFORCER, name="ben")
    fields = {"measure": "remove_content", "ground": "grooming", "days": ""}
    refused = browser.send_form("/enforcement/order", {**fields, "case": unknown})
    assert refused.status_code == 422
    assert "There is nothing to remove" in refused.text
    assert browser.send_form("/enforcement/order", {**fields, "case": case}).status_code == 303
    (made,) = room.casework.enforcement.of_case(case)
    assert made.references == tuple(one.told.reference for one in room.casework.cases.items(case))
    assert room.casework.enforcement.of_case(unknown) == ()


def test_what_a_fingerprint_decided_is_agreed_to_by_one_person_and_applied_by_another(room: Room) -> None:
    case = room.casework.cases.show(_case(room))
    cause = Cause(f"dec_{secrets.token_hex(10)}:csam", case.id, case.subject, "csam", is_by_hash=True)
    with room.workshop.home.database.writing() as connection:
        made = room.casework.enforcement.propose(connection, cause, actor="system")
    (ban,) = [one for one in made if one.measure is Measure.BAN]
    path, seen = f"/enforcement/{ban.id}", {"seen": str(ban.version)}
    one, two = room.as_(ENFORCER, name="ben"), room.as_(ENFORCER, name="cleo")
    assert "Agree to it" in one.get(path).text
    assert one.send_form(f"{path}/apply", seen).status_code == 303
    assert "You agreed to it" in one.get(path).text
    assert "ben agreed to it" in two.get(path).text
    again = {"seen": str(_now(room, ban).version)}
    assert [browser.send_form(f"{path}/apply", again).status_code for browser in (one, two)] == [409, 303]
    assert _now(room, ban).applied_by == "cleo"


def test_measures_are_listed_page_by_page(room: Room) -> None:
    made = {_measure(room, Measure.WARN, 5).id for _ in range(3)}
    shown = room.as_(Role.AUDITOR).get("/enforcement?measure=warn&state=in_force").text
    assert all(one in shown for one in made)
    assert room.as_(Role.AUDITOR).get("/enforcement?after=x~y&state=no").status_code == 200


@pytest.mark.parametrize(
    "path", ["/enforcement/enf_1", "/enforcement/..%2f", "/appeals/apl_x", "/holds/ab", "/openings/x"]
)
def test_what_is_not_there_is_not_there(room: Room, path: str) -> None:
    assert room.as_().get(path).status_code == 404


def _appeal(room: Room) -> Appeal:
    made = _measure(room, Measure.LIMIT, 7)
    return room.casework.appeals.receive(Filing(made.id, made.subject, CANARY), actor="website")


def test_an_appeal_is_decided_by_somebody_who_had_no_part_in_it(room: Room) -> None:
    appeal = _appeal(room)
    own, other = room.as_(ENFORCER, name="ben"), room.as_(ENFORCER, name="cleo")
    assert own.send_form(f"/appeals/{appeal.id}/take").status_code == 409
    assert other.send_form(f"/appeals/{appeal.id}/take").status_code == 303
    assert room.as_(ENFORCER, name="dora").send_form(f"/appeals/{appeal.id}/take").status_code == 409
    seen = str(room.casework.appeals.show(appeal.id).version)
    fields = {"seen": seen, "outcome": "granted", "reason": "mistake"}
    assert other.send_form(f"/appeals/{appeal.id}/decide", {**fields, "reason": "justified"}).status_code == 409
    assert other.send_form(f"/appeals/{appeal.id}/decide", fields).status_code == 303
    assert other.send_form(f"/appeals/{appeal.id}/decide", fields).status_code == 409
    assert room.casework.enforcement.show(appeal.enforcement).state.value == "lifted"


def test_an_appeal_is_never_shown_with_its_words_unless_whoever_decides_asks(room: Room) -> None:
    appeal = _appeal(room)
    browser = room.as_(ENFORCER, name="cleo")
    assert CANARY not in browser.get("/appeals").text + browser.get(f"/appeals/{appeal.id}").text
    assert browser.send_form(f"/appeals/{appeal.id}/read").status_code == 409  # this console has no review key
    assert room.as_(Role.AUDITOR).send_form(f"/appeals/{appeal.id}/read").status_code == 403


def test_who_asks_for_the_next_appeal_gets_one_that_nobody_has(room: Room) -> None:
    first, second = _appeal(room), _appeal(room)
    gone = [room.as_(ENFORCER, name=name).send_form("/appeals/next").headers["location"] for name in ("eva", "finn")]
    assert len(set(gone)) == 2
    assert gone[0].startswith("/appeals/apl_")
    assert {first.id, second.id}


@pytest.fixture(scope="module")
def sealed(room: Room, tmp_path_factory: pytest.TempPathFactory) -> list:  # type: ignore[type-arg]
    """Register two custodians, and return their private keys."""
    folder, keys = tmp_path_factory.mktemp("custodians"), []
    for name in ("carol", "dan"):
        room.workshop.vault.custodians.generate(name, out=folder / name, passphrase=None)
        keys.append(read_custodian_key(folder / name, []))
    room.workshop.vault.custodians.require(2)
    return keys


def _evidence(room: Room) -> tuple[EvidenceId, CaseId]:
    case = _case(room)
    return room.workshop.vault.put(secrets.token_bytes(50), Label(case=case)), case


def test_evidence_is_opened_by_two_custodians_who_did_not_ask(room: Room, sealed: list) -> None:  # type: ignore[type-arg]
    evidence, case = _evidence(room)
    asking = room.as_(REPORTER, name="rosa", stepped_up=True)
    made = asking.send_form("/openings", {"evidence": evidence, "case": case, "purpose": "report", "minutes": "30"})
    assert made.status_code == 303, made.text
    opening = made.headers["location"].rpartition("/")[2]
    assert evidence in asking.get(f"/openings/{opening}").text
    custodians = [room.as_(CUSTODIAN, name=name, stepped_up=True) for name in ("carol", "dan")]
    package = custodians[0].get(f"/grants/{opening}/package")
    assert package.headers["content-type"] == "application/octet-stream"
    given = [grant(Request.from_bytes(package.content), key).to_bytes() for key in sealed]
    both = room.as_(REPORTER, CUSTODIAN, name="rosa", stepped_up=True)
    assert both.send_form(f"/grants/{opening}", files={"file": ("g", given[0], "x/y")}).status_code == 422
    for browser, file in zip(custodians, given, strict=True):
        assert not room.casework.openings.show(opening).is_readable(NOW)
        assert browser.send_form(f"/grants/{opening}", files={"file": ("g", file, "x/y")}).status_code == 303
    assert room.casework.openings.show(opening).is_readable(NOW)
    assert "Open now" in custodians[0].get("/grants").text
    assert asking.send_form(f"/openings/{opening}/end").status_code == 303
    assert not room.casework.openings.show(opening).is_readable(NOW)


@pytest.mark.usefixtures("sealed")
def test_asking_and_granting_need_the_second_factor_just_now(room: Room) -> None:
    evidence, case = _evidence(room)
    fields = {"evidence": evidence, "case": case, "purpose": "report", "minutes": "30"}
    assert room.as_(REPORTER).send_form("/openings", fields).status_code == 403
    assert room.as_(CUSTODIAN).send_form("/grants/open_x", files={"file": ("g", b"x", "x/y")}).status_code == 403


@pytest.mark.usefixtures("sealed")
def test_a_custodian_refuses_and_it_is_over(room: Room) -> None:
    evidence, case = _evidence(room)
    fields = {"evidence": evidence, "case": case, "purpose": "report", "minutes": "30"}
    made = room.as_(REPORTER, name="rosa", stepped_up=True).send_form("/openings", fields)
    opening = made.headers["location"].rpartition("/")[2]
    carol = room.as_(CUSTODIAN, name="carol", stepped_up=True)
    assert carol.send_form(f"/grants/{opening}", files={"file": ("g", b"{}", "x/y")}).status_code == 422
    assert carol.send_form(f"/grants/{opening}/refuse", {"reason": "because"}).status_code == 422
    assert carol.send_form(f"/grants/{opening}/refuse", {"reason": "not-needed"}).status_code == 303
    assert carol.get(f"/grants/{opening}/package").status_code == 409


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "wrong", [{"minutes": "9999"}, {"purpose": "two words"}, {"evidence": "x"}, {"case": "case_x"}]
)
def test_an_opening_that_cant_be_asked_for_is_told(room: Room, wrong: dict[str, str]) -> None:
    evidence, case = _evidence(room)
    fields = {"evidence": evidence, "case": case, "purpose": "report", "minutes": "30", **wrong}
    assert room.as_(REPORTER, stepped_up=True).send_form("/openings", fields).status_code == 422


@pytest.mark.usefixtures("sealed")
def test_evidence_is_held_and_a_hold_of_the_law_is_not_released(room: Room) -> None:
    evidence, _ = _evidence(room)
    browser, path = room.as_(REPORTER, stepped_up=True), f"/holds/{evidence}"
    placed = browser.send_form(path, {"basis": "us_report", "reference": "report-4711", "begins": "2026-11-20"})
    assert placed.status_code == 303, placed.text
    (hold,) = room.casework.holds.list(evidence=evidence)
    assert hold.expires_at == dt.datetime(2027, 11, 20, tzinfo=dt.UTC)
    assert evidence in browser.get("/holds").text
    assert browser.send_form(f"{path}/{hold.id}/release", {"reference": "x"}).status_code == 422
    extended = {"until": "2028-01-01", "reference": "ours-1"}
    assert browser.send_form(f"{path}/{hold.id}/extend", extended).status_code == 303
    assert len(room.casework.holds.list(evidence=evidence)) == 2


@pytest.mark.usefixtures("sealed")
def test_the_page_says_what_a_hold_covers_and_holds_all_of_the_case_unless_somebody_wants_less(room: Room) -> None:
    evidence, case = _evidence(room)
    reported = room.workshop.vault.put(secrets.token_bytes(50), Label(case=case))
    browser, path = room.as_(REPORTER), f"/holds/{evidence}"
    page = " ".join(browser.get(path).text.split())
    assert f'value="{case}" checked' in page
    assert f"All that case {case[5:13]} has: 2 pieces" in page
    assert "Nothing else of its case is held" in page
    fields = {"basis": "counsel", "reference": "letter-1"}
    other, _ = _evidence(room)
    assert browser.send_form(path, {**fields, "with": _case(room)}).status_code == 422
    assert browser.send_form(path, {**fields, "with": ""}).status_code == 303
    assert [len(room.casework.holds.list(evidence=one)) for one in (evidence, reported, other)] == [1, 0, 0]
    for _ in range(2):  # a second click holds nothing twice
        assert browser.send_form(path, {**fields, "reference": "letter-2", "with": case}).status_code == 303
    assert [len(room.casework.holds.list(evidence=one)) for one in (evidence, reported, other)] == [2, 1, 0]


@pytest.mark.usefixtures("sealed")
def test_a_hold_of_other_evidence_is_not_touched_through_this(room: Room) -> None:
    (mine, _), (other, _) = _evidence(room), _evidence(room)
    rosa = Person("rosa", frozenset({REPORTER}))
    hold = room.casework.holds.place(rosa, other, Basis.COUNSEL, reference="counsel-1")
    browser = room.as_(REPORTER, stepped_up=True)
    assert browser.send_form(f"/holds/{mine}/{hold.id}/release", {"reference": "x"}).status_code == 404
    assert room.casework.holds.show(hold.id).is_active(NOW)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "wrong", [{"basis": "mine"}, {"reference": "two words"}, {"begins": "2036-01-01"}, {"reference": ""}]
)
def test_a_hold_that_cant_be_is_told(room: Room, wrong: dict[str, str]) -> None:
    evidence, _ = _evidence(room)
    fields = {"basis": "counsel", "reference": "counsel-1", **wrong}
    assert room.as_(REPORTER).send_form(f"/holds/{evidence}", fields).status_code == 422
    assert room.casework.holds.list(evidence=evidence) == []


@pytest.mark.usefixtures("sealed")
def test_destroying_takes_two_people_and_the_second_factor(room: Room) -> None:
    evidence, _ = _evidence(room)
    rosa, sam = (room.as_(REPORTER, name=name, stepped_up=True) for name in ("rosa", "sam"))
    fields = {"ground": "erasure_request", "reference": "request-9", "counsel": "letter-9"}
    assert room.as_(REPORTER).send_form(f"/holds/{evidence}/destruction", fields).status_code == 403
    assert rosa.send_form(f"/holds/{evidence}/destruction", fields).status_code == 303
    (asked,) = room.casework.destructions.list(evidence=evidence)
    assert "a second person" in rosa.get("/holds").text
    assert rosa.send_form(f"/destructions/{asked.id}", {"decision": "approve"}).status_code == 409
    assert sam.send_form(f"/destructions/{asked.id}", {"decision": "refuse", "reason": "because"}).status_code == 422
    assert sam.send_form(f"/destructions/{asked.id}", {"decision": "approve"}).status_code == 303
    assert sam.send_form(f"/destructions/{asked.id}", {"decision": "approve"}).status_code == 409
    assert room.casework.destructions.show(asked.id).state.value == "approved"


def test_exports_say_that_one_person_works_alone_where_the_rules_alone_say_so(room: Room, tmp_path: Path) -> None:
    alone = tmp_path / "rules.yaml"
    alone.write_text(default_source().replace("single_operator: false", "single_operator: true"), encoding="utf-8")
    found = []
    for settings in (Settings(), Settings(case_rules=alone), Settings(single_operator=True)):
        casework = open_casework(replace(room.workshop, settings=settings))
        found.append(casework.exports._archive.is_single_operator)
    assert found == [False, True, True]


def test_nobody_overrules_a_decided_report_from_its_page(room: Room) -> None:
    told = Submission(Category.HARMFUL_MODEL, Target.MODEL, "model-17", kind=Kind.NOTICE, note="please look")
    ticket = room.casework.reports.submit(told, Sender(source="192.0.2.7")).ticket
    browser, path = room.as_(Role.SPECIALIST), f"/reports/{ticket}"
    browser.send_form(f"{path}/decide", {"status": "acted", "seen": "received"})
    assert 'name="status"' not in browser.get(path).text
    refused = browser.send_form(f"{path}/decide", {"status": "no_action", "seen": "acted"})
    assert refused.status_code == 409
    assert "reverse the decision" in refused.text
    assert room.casework.reports.show(ticket).status.value == "acted"


def test_a_granted_appeal_says_that_the_decision_behind_it_stands(room: Room) -> None:
    case, decision = room.casework.cases.show(_case(room)), f"dec_{secrets.token_hex(10)}"
    cause = Cause(f"{decision}:ncii_adult", case.id, case.subject, "ncii_adult", ("chk_1#0",), people=("amira",))
    with room.workshop.home.database.writing() as connection:
        told = {"is_automatic": 0, "is_single": 0, "reversed_by": "", "reversed_reason": "", "at": timestamp(NOW)}
        row = {"id": decision, "case_id": case.id, "person": "amira", "queue": "", "rules": "rules", **told}
        connection.execute(sa.insert(case_decisions), row)
        made = room.casework.enforcement.propose(connection, cause, actor="amira")
    (warned,) = [one for one in made if one.measure is Measure.WARN]
    room.casework.enforcement.apply(BEN, warned.id)
    appeal = room.casework.appeals.receive(Filing(warned.id, case.subject, CANARY), actor="website")
    browser, path = room.as_(ENFORCER, name="cleo"), f"/appeals/{appeal.id}"
    browser.send_form(f"{path}/take")
    assert "The decision stands" not in browser.get(path).text
    seen = str(room.casework.appeals.show(appeal.id).version)
    fields = {"seen": seen, "outcome": "granted", "reason": "mistake"}
    assert browser.send_form(f"{path}/decide", fields).status_code == 303
    shown = browser.get(path).text
    assert "The decision stands" in shown
    assert decision in shown
    assert room.casework.cases.show(case.id).state.value == "escalated"


def test_a_report_that_was_closed_by_hand_is_taken_up_again_with_a_reason(room: Room) -> None:
    sent = Submission(Category.HARMFUL_MODEL, Target.MODEL, f"model-{secrets.token_hex(4)}")
    ticket = room.casework.reports.submit(sent, Sender("flagger")).ticket
    room.casework.reports.decide(ticket, Status.ACTED, actor="ben")
    client, path = room.as_(REPORTER), f"/reports/{ticket}"
    assert "Why it is taken up again" in client.get(path).text
    for wrong, status in (({}, 409), ({"seen": "acted", "reason": "a sentence of mine"}, 422)):
        assert client.send_form(f"{path}/reopen", wrong).status_code == status
    fields = {"seen": "acted", "reason": "mistaken"}
    assert [client.send_form(f"{path}/reopen", fields).status_code for _ in range(2)] == [303, 409]
    assert room.casework.reports.show(ticket).status is Status.IN_REVIEW
    (case,) = {hit.case for hit in room.casework.cases.find(ticket)}
    assert room.casework.cases.show(case).undecided == 1
    told = [one.event for one in room.workshop.ledger.events() if one.event.kind == "report.reopened"]
    assert [one.details for one in told] == [{"ticket": ticket, "reason": "mistaken"}]


def test_jobs_that_were_given_up_are_tried_again_or_taken_note_of_by_who_looks_after_the_system(own_room: Room) -> None:
    outbox, database = outbox_of(own_room.workshop), own_room.workshop.home.database
    with database.writing() as connection:
        for number in range(3):
            outbox.enqueue(connection, "webhook.deliver", {"number": number})
    for job in outbox.lease({"webhook.deliver"}, 60):
        outbox.failed(job, "Timeout", for_good=True)
    client = own_room.as_(Role.ADMIN)
    assert "jobs are tried no more" in client.get("/health").text
    first, second, _ = (job.id for job in outbox.dead())
    assert client.send_form(f"/jobs/{first}/acknowledge", {"reason": "because"}).status_code == 422
    for job in (first, second):
        assert client.send_form(f"/jobs/{job}/acknowledge", {"reason": "not-needed"}).status_code == 303
    assert second in client.get("/jobs?which=acknowledged").text
    assert second not in client.get("/jobs").text
    assert client.send_form("/jobs/retry").status_code == 303
    assert "jobs are tried no more" not in client.get("/health").text
    assert {job.id for job in outbox.dead()} == {first, second}
    assert client.send_form(f"/jobs/{second}/retry").status_code == 303
    assert client.send_form(f"/jobs/{second}/retry").status_code == 409
    assert [job.acknowledged is not None for job in outbox.dead()] == [True]
    assert own_room.as_(Role.SPECIALIST).get("/jobs").status_code == 403
    assert own_room.kinds().count("job.acknowledged") == 2
    assert own_room.kinds().count("job.retried") == 2


def test_lists_of_reports_dangers_and_jobs_go_on_behind_the_last_row_and_lose_none(own_room: Room) -> None:
    outbox, database = outbox_of(own_room.workshop), own_room.workshop.home.database
    lead = Person("lena", frozenset({Role.REVIEWER}))
    with database.writing() as connection:
        for number in range(53):
            outbox.enqueue(connection, "webhook.deliver", {"number": number})
            case = own_room.casework.cases.open(
                Subject(SubjectKind.ACCOUNT, f"{number:032x}"),
                [NewItem(Origin.HAND, f"hand_{number}", Form.TEXT, "hand", Action.HOLD, NOW)],
                connection,
                actor="system",
            )
            danger = own_room.casework.dangers.open(lead, case, connection, kind=DangerKind.CHILD)
    for _ in range(4):
        for job in outbox.lease({"webhook.deliver"}, 60):
            outbox.failed(job, "Timeout", for_good=True)
    for number in range(53):
        sent = Submission(Category.HARMFUL_MODEL, Target.MODEL, f"model-{number}")
        own_room.casework.reports.submit(sent, Sender("flagger"))
    due = sa.update(reports).where(reports.c.reference.like("model-1%")).values(due_at=timestamp(NOW))
    with database.writing() as connection:
        connection.execute(due)
    own_room.casework.dangers.close(lead, danger.id, Outcome.NO_DANGER)
    for path, named in (
        ("/reports", r'href="/reports/(R-[^"]+)"'),
        ("/dangers", r'href="/dangers/(dgr_[^"]+)"'),
        ("/jobs", r'action="/jobs/([^/"]+)/retry"'),
    ):
        client = own_room.as_()
        first = client.get(path).text
        further = re.search(r'rel="next" href="([^"]+)"', first)
        assert further is not None, path
        rest = client.get(further[1].replace("&amp;", "&")).text
        seen = [list(dict.fromkeys(re.findall(named, page))) for page in (first, rest)]
        assert [len(one) for one in seen] == [50, 3], path
        assert not set(seen[0]) & set(seen[1])
        assert 'rel="next"' not in rest
        assert client.get(f"{path}?after=%00~x~y").status_code == 200
