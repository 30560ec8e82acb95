"""Pages about the installation: ledger, health, policies, banks, reports."""

import datetime as dt
import json
import secrets
from typing import Any

import pytest

from safehold.cases import Role
from safehold.cases.awaiting import PRESERVE
from safehold.console.withdrawals import WithdrawalRefusedError, Withdrawals
from safehold.gateway.policy_file import default_gateway_policy
from safehold.gateway.reports import Category, Kind, Sender, Submission, Target
from safehold.home.outbox import Outbox
from safehold.matching import BankTraits
from safehold.vocabulary import Algorithm, Event, FixedClock, HarmClass, Tier

from .room import Room

AUDITOR, EDITOR, APPROVER = Role.AUDITOR, Role.POLICY_EDITOR, Role.POLICY_APPROVER


def _policy(**changes: Any) -> str:
    tree = json.loads(default_gateway_policy().canonical)
    tree["version"] = secrets.token_hex(4)
    tree["thresholds"].update(changes)
    return json.dumps(tree)


def test_the_ledger_is_shown_newest_first_and_leads_to_each_event(room: Room) -> None:
    room.workshop.ledger.append(Event("box.opened", "ada", details={"number": 7}))
    page = room.as_(AUDITOR).get("/ledger")
    assert page.status_code == 200
    assert page.text.index("box.opened") < page.text.index("ledger.created")
    last = len(room.kinds()) - 1
    assert "Leaf hash" in room.as_(AUDITOR).get(f"/ledger/events/{last}").text


@pytest.mark.parametrize("seq", ["99999", "-1", "x", "1e3", "%2e%2e"])
def test_an_event_that_is_not_there_is_not_there(room: Room, seq: str) -> None:
    assert room.as_(AUDITOR).get(f"/ledger/events/{seq}").status_code == 404


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "after=99999999999", "kind=%3Cscript%3E", "actor=a%20b", "at=2026-99-99"]
)
def test_a_question_that_nothing_answers_is_answered_all_the_same(room: Room, query: str) -> None:
    page = room.as_(AUDITOR).get(f"/ledger?{query}")
    assert page.status_code == 200
    assert "<script>" not in page.text.replace('<script src="', "")


def test_verification_goes_on_beside_the_page_that_began_it(own_room: Room) -> None:
    browser = own_room.as_(AUDITOR)
    assert "Not verified since" in browser.get("/ledger/verification").text
    answer = browser.send_form("/ledger/verification")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ledger/verification")
    assert browser.get("/ledger/verification").status_code == 200
    own_room.instruments.verification.wait(60)
    assert own_room.instruments.verification.current() is not None


def test_health_names_the_kind_of_database_and_what_is_missing_and_no_path_of_the_machine(own_room: Room) -> None:
    page = own_room.as_(Role.ADMIN).get("/health").text
    assert "SQLite answers" in page
    assert str(own_room.workshop.home.path) not in page
    assert own_room.workshop.home.database.name not in page
    assert "openings need two" in page
    assert "nothing passed unexamined" in page


@pytest.mark.parametrize("is_given_up", [True, False])
def test_health_says_that_confirmed_evidence_does_not_reach_the_vault(own_room: Room, *, is_given_up: bool) -> None:
    home = own_room.workshop.home
    outbox = Outbox(home.database, FixedClock(home.clock.now() - dt.timedelta(days=1, seconds=1)))
    assert "Evidence" not in own_room.as_(Role.ADMIN).get("/health").text
    with home.database.writing() as connection:
        outbox.enqueue(connection, PRESERVE, {"item": "item_1"})
    for job in outbox.lease({PRESERVE}, 60) if is_given_up else ():
        outbox.failed(job, "OSError", for_good=True)
    page = own_room.as_(Role.ADMIN).get("/health").text
    assert ("could not be preserved" if is_given_up else "waited for the vault") in page
    assert "safehold job retry" in page
    for job in outbox.dead():
        assert (
            own_room.as_(Role.ADMIN).send_form(f"/jobs/{job.id}/acknowledge", {"reason": "not-needed"}).status_code
            == 303
        )
        assert "Evidence" not in own_room.as_(Role.ADMIN).get("/health").text


def test_minutes_in_which_something_passed_unexamined_are_counted(own_room: Room) -> None:
    own_room.workshop.ledger.append(Event("check.failed_open", "service", details={"check": "chk_1"}))
    assert "in 1 minute of 30 days" in own_room.as_(Role.ADMIN).get("/health").text


def test_a_policy_goes_its_way_by_two_people(own_room: Room) -> None:
    editor, approver = own_room.as_(EDITOR, name="ada"), own_room.as_(APPROVER, name="ben", stepped_up=True)
    sent = editor.send_form("/policies", {"text": _policy(pdq=20)})
    assert sent.status_code == 303
    where = sent.headers["location"]
    assert editor.send_form(f"{where}/shadow").status_code == 303
    shown = approver.get(where).text
    assert "thresholds.pdq" in shown
    assert "Approve" in shown
    assert approver.send_form(f"{where}/approve").status_code == 303
    assert approver.send_form(f"{where}/activate").status_code == 303
    assert [one.state.value for one in own_room.instruments.store.list()] == ["active"]
    assert approver.send_form("/policies/rollback").status_code == 303
    assert own_room.instruments.store.active() is None


def test_nobody_approves_what_they_proposed_whatever_their_roles(room: Room) -> None:
    both = room.as_(EDITOR, APPROVER, name="ada", stepped_up=True)
    where = both.send_form("/policies", {"text": _policy()}).headers["location"]
    both.send_form(f"{where}/shadow")
    assert "somebody else approves it" in both.get(where).text
    refused = room.as_(EDITOR, APPROVER, name="Ada", stepped_up=True).send_form(f"{where}/approve")
    assert refused.status_code == 409
    assert room.instruments.store.show(where.rpartition("/")[2]).approved_by is None


def test_approving_and_activating_need_the_second_factor_just_now(room: Room) -> None:
    where = room.as_(EDITOR).send_form("/policies", {"text": _policy()}).headers["location"]
    for step in ("approve", "activate"):
        assert room.as_(APPROVER, name="ben").send_form(f"{where}/{step}").status_code == 403
    assert room.as_(APPROVER, name="ben").send_form("/policies/rollback").status_code == 403


def test_a_policy_is_tried_on_what_is_recorded(room: Room) -> None:
    where = room.as_(EDITOR).send_form("/policies", {"text": _policy()}).headers["location"]
    assert "0 tried" in room.as_(EDITOR).send_form(f"{where}/try").text


@pytest.mark.parametrize("text", ["", "no: policy", "\x00", "<script>alert(1)</script>", "- " * 100])
def test_what_is_no_policy_is_told_and_stored_nowhere(room: Room, text: str) -> None:
    before = room.instruments.store.list()
    answer = room.as_(EDITOR).send_form("/policies", {"text": text})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert room.instruments.store.list() == before


def test_a_policy_comes_as_a_file_too(room: Room) -> None:
    files = {"file": ("../../etc/<img src=x>.yaml", _policy().encode(), "text/html")}
    assert room.as_(EDITOR).send_form("/policies", files=files).status_code == 303


def _bank(room: Room) -> str:
    from safehold.matching.listings import read_listing

    listed = room.workshop.home.path / "list.txt"
    listed.write_text("5a" * 32 + "\n" + "6b" * 32 + "\n")
    traits = BankTraits(harm_class=HarmClass.TEST, legal_basis="made up", source="nobody", tier=Tier.TRUSTED)
    name = f"made-up-{secrets.token_hex(4)}"
    room.workshop.banks.import_listing(name, read_listing(listed, algorithm=Algorithm.SHA256), traits)
    return name


def test_banks_are_shown_without_their_entries(room: Room) -> None:
    bank = _bank(room)
    browser = room.as_(AUDITOR)
    shown = browser.get("/banks").text + browser.get(f"/banks/{bank}").text + browser.get("/banks/test").text
    assert bank in shown
    assert "5a5a5a" not in shown
    assert browser.get("/banks/..%2f..").status_code == 404
    assert browser.get("/banks/other").status_code == 404


def test_an_entry_is_taken_back_by_two_people_and_once(room: Room) -> None:
    bank = _bank(room)
    editor, second = room.as_(EDITOR, name="ada"), room.as_(APPROVER, name="ben", stepped_up=True)
    proposed = editor.send_form(f"/banks/{bank}/withdrawals", {"entry": "1", "reason": "false-match"})
    assert proposed.status_code == 303
    assert sum(room.workshop.banks.show(bank).entries.values()) == 2
    number = len(room.kinds()) - 1
    path = f"/banks/{bank}/withdrawals/{number}"
    own = room.as_(EDITOR, APPROVER, name="ADA", stepped_up=True)
    assert own.send_form(path, {"decision": "withdraw"}).status_code == 409
    assert second.send_form(path, {"decision": "withdraw"}).status_code == 303
    assert sum(room.workshop.banks.show(bank).entries.values()) == 1
    assert second.send_form(path, {"decision": "withdraw"}).status_code == 404
    assert room.kinds()[-3:] == ["bank.withdrawal_approved", "bank.withdrawn", "bank.withdrawal_done"]


def test_a_withdrawal_that_was_killed_half_way_is_finished_by_repeating_it(room: Room) -> None:
    bank = _bank(room)
    withdrawals = Withdrawals(room.workshop)
    for entry in (0, 1):
        number = withdrawals.propose(bank, entry, reason="false-match", actor="ada")
        proposal = next(one for one in withdrawals.waiting() if one.number == number)
        withdrawals._record("bank.withdrawal_approved", proposal, "ben", unless=())  # as far as the first came
        if entry:
            room.workshop.banks.withdraw(bank, ["6b" * 32], reason="false-match")  # and this one a step further
        second = room.as_(APPROVER, name="cleo", stepped_up=True)
        assert "not carried out yet" in second.get(f"/banks/{bank}").text
        path = f"/banks/{bank}/withdrawals/{number}"
        assert second.send_form(path, {"decision": "decline"}).status_code == 409
        assert second.send_form(path, {"decision": "withdraw"}).status_code == 303
        assert room.kinds()[-1] == "bank.withdrawal_done"
    assert room.workshop.banks.show(bank).entries == {}


def test_of_two_who_decide_at_once_one_is_told_so(room: Room) -> None:
    bank = _bank(room)
    withdrawals = Withdrawals(room.workshop)
    number = withdrawals.propose(bank, 1, reason="false-match", actor="ada")
    proposal = next(one for one in withdrawals.waiting() if one.number == number)
    withdrawals.decline(proposal, actor="ben")
    with pytest.raises(WithdrawalRefusedError):
        withdrawals.approve(proposal, actor="cleo")
    assert sum(room.workshop.banks.show(bank).entries.values()) == 2


@pytest.mark.parametrize(
    ("entry", "reason"), [("9", "false-match"), ("x", "false-match"), ("1", ""), ("1", "two words"), ("1", "a/b.jpg")]
)
def test_what_cant_be_taken_back_is_told(room: Room, entry: str, reason: str) -> None:
    bank = _bank(room)
    before, fields = room.kinds(), {"entry": entry, "reason": reason}
    assert room.as_(EDITOR).send_form(f"/banks/{bank}/withdrawals", fields).status_code == 422
    assert room.kinds() == before


def _report(room: Room, **more: Any) -> str:
    told: dict[str, Any] = {"kind": Kind.NOTICE, "note": "zanzibar-xylophone-4711"} | more
    submission = Submission(Category.HARMFUL_MODEL, Target.MODEL, "model-17", **told)
    return room.casework.reports.submit(submission, Sender(source="192.0.2.7")).ticket


def test_reports_are_shown_with_their_clocks_and_never_with_their_words(room: Room) -> None:
    ticket = _report(room)
    browser = room.as_(Role.SPECIALIST)
    shown = browser.get("/reports").text + browser.get(f"/reports/{ticket}").text
    assert ticket in shown
    assert "zanzibar" not in shown
    assert "192.0.2.7" not in shown


def test_a_report_is_decided_once_on_what_was_seen(room: Room) -> None:
    ticket = _report(room)
    browser = room.as_(Role.SPECIALIST)
    fields = {"status": "acted", "seen": "received"}
    assert browser.send_form(f"/reports/{ticket}/decide", fields).status_code == 303
    assert browser.send_form(f"/reports/{ticket}/decide", {**fields, "status": "no_action"}).status_code == 409
    assert room.casework.reports.show(ticket).status.value == "acted"
    assert room.as_(Role.REVIEWER).send_form(f"/reports/{ticket}/decide", fields).status_code == 403


@pytest.mark.parametrize("ticket", ["R-AAAAA-AAAAA", "..%2f", "r", "%00"])
def test_a_report_that_is_not_there_is_not_there(room: Room, ticket: str) -> None:
    assert room.as_(Role.SPECIALIST).get(f"/reports/{ticket}").status_code == 404


def test_the_ledger_tells_nobody_what_somebody_else_was_shown(room: Room) -> None:
    for actor in ("boris", "amira"):
        room.workshop.ledger.append(Event("exposure.began", actor, details={"number": 1}))
    auditor = room.as_(Role.AUDITOR)
    listed = auditor.get("/ledger?kind=exposure.began").text
    assert "somebody" in listed
    assert "boris" not in listed
    assert "exposure.began" not in table(auditor.get("/ledger?actor=boris").text)
    place = next(one.seq for one in room.workshop.ledger.events() if one.event.actor == "boris")
    assert "boris" not in auditor.get(f"/ledger/events/{place}").text
    assert "amira" in listed, "one's own stays one's own to see"


def table(page: str) -> str:
    """Return the rows of a page's table."""
    return page.partition("<tbody>")[2].partition("</tbody>")[0]
